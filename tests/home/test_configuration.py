"""Settings of the operator: order of sources, secrets from files, slips that must not be silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from indelible.home import configuration, keys
from indelible.home.layout import Home, HomeProblem


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "var")
    made.create()
    return made


def test_a_variable_wins_over_the_file(home: Home) -> None:
    home.configuration.write_text('port = 9001\npublic_url = "https://qms.example.com"\n')
    assert configuration.load(home, {}).port == 9001
    loaded = configuration.load(home, {"INDELIBLE_PORT": "9002", "PORT": "9003"})
    assert (loaded.port, loaded.encrypted) == (9002, True)
    assert loaded.allowed_hosts[0] == "qms.example.com"


def test_plain_port_is_honoured(home: Home) -> None:
    assert configuration.load(home, {"PORT": "9003"}).port == 9003


def test_a_secret_can_be_a_file_and_never_shows(home: Home, tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:canary@h/d\n")
    loaded = configuration.load(home, {"INDELIBLE_DATABASE_URL_FILE": str(secret)})
    assert loaded.database_url == "postgresql://u:canary@h/d"
    assert not loaded.embedded
    assert "canary" not in repr(loaded)


def test_the_service_never_reads_the_owners_address(home: Home) -> None:
    environment = {"INDELIBLE_DATABASE_OWNER_URL": "postgresql://owner:canary@h/d"}
    assert not hasattr(configuration.load(home, environment), "database_owner_url")
    assert configuration.maintenance_url(home, "database_owner_url", environment).endswith("canary@h/d")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"INDELIBLE_PORT": "eight"}, "INDELIBLE_PORT must be a whole number"),
        ({"INDELIBLE_PORT": "70000"}, "between 1 and 65535"),
        ({"INDELIBLE_WORKERS": "0"}, "Between 1 and 64"),
        ({"INDELIBLE_LOG_LEVEL": "LOUD"}, "log level"),
        ({"INDELIBLE_PUBLIC_URL": "qms.example.com"}, "INDELIBLE_PUBLIC_URL"),
        ({"INDELIBLE_DATABASE_URL_FILE": "/no/such/file"}, "cannot be read"),
    ],
)
def test_a_wrong_value_is_one_sentence(home: Home, environment: dict[str, str], words: str) -> None:
    with pytest.raises(HomeProblem, match=words):
        configuration.load(home, environment)


@pytest.mark.parametrize(
    "text", ["porte = 1\n", "port = [1\n", 'port = "x"\n', "port = true\n", "audit_trail = false\n"]
)
def test_a_slip_in_the_file_is_not_silent(home: Home, text: str) -> None:
    home.configuration.write_text(text)
    with pytest.raises(HomeProblem):
        configuration.load(home, {})


def test_keys_are_made_once_and_closed(home: Home) -> None:
    keys.create(home)
    before = {path.name: path.read_bytes() for path in home.keys.iterdir()}
    keys.create(home)
    assert {path.name: path.read_bytes() for path in home.keys.iterdir()} == before
    assert len(before) == len(set(before.values())) == 9
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in home.keys.iterdir())
    assert len(keys.trail_secret(home)) == 32
    assert keys.app_signing_key(home).public_key() != keys.sealer_key(home).public_key()


def test_a_missing_key_and_an_open_one_are_refused(home: Home) -> None:
    with pytest.raises(HomeProblem, match="missing"):
        keys.sealer_key(home)
    keys.create(home)
    (home.keys / keys.SEALER_KEY).chmod(0o644)
    with pytest.raises(HomeProblem, match="chmod 600"):
        keys.sealer_key(home)
