"""A company's own PostgreSQL instead of the embedded one: init by its administrator's address, then the service."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from indelible.home.layout import Home
from indelible.home.postgres import Server
from tests.cli.conftest import Command, free_port, status

pytestmark = [pytest.mark.own_server, pytest.mark.slow]


@pytest.fixture(scope="module")
def own() -> Iterator[dict[str, str]]:
    """A separately started server; the variables a company would set, owner and administrator included."""
    parent = Path(tempfile.mkdtemp(prefix="io-"))
    parent.chmod(0o755)
    try:
        with Server(Home(parent / "var"), {"fsync": "off"}) as server:
            secret = {"app": "a-secret", "owner": "o-secret", "seal": "s-secret", "verify": "v-secret"}
            variables = {
                f"INDELIBLE_DATABASE_{role.upper()}_URL": _address(server, role, word)
                for role, word in secret.items()
            }
            variables["INDELIBLE_DATABASE_URL"] = variables.pop("INDELIBLE_DATABASE_APP_URL")
            yield {**variables, "INDELIBLE_DATABASE_ADMIN_URL": server.url("superuser", "postgres")}
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def _address(server: Server, role: str, password: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(server.url(role))
    return psycopg.conninfo.make_conninfo("", **{**parts, "dbname": "qms", "password": password})


def test_without_the_owner_or_another_address_one_sentence_says_which(
    empty: Command, own: dict[str, str]
) -> None:
    for missing in ("INDELIBLE_DATABASE_OWNER_URL", "INDELIBLE_DATABASE_SEAL_URL"):
        done = empty("init", **{name: value for name, value in own.items() if name != missing})
        assert done.returncode == 1
        assert missing in done.stderr
        assert "Traceback" not in done.stderr


def test_init_and_serve_on_it(empty: Command, own: dict[str, str]) -> None:
    done = empty("init", **own)
    assert done.returncode == 0, done.stderr
    assert not (empty.home / "database").exists()
    serving = {name: own[name] for name in own if "OWNER" not in name and "ADMIN" not in name}
    port = free_port()
    with empty.serving(port, **serving):
        assert status(port, "/healthz") == 200
    assert empty("doctor", **serving).returncode == 0
    with psycopg.connect(own["INDELIBLE_DATABASE_VERIFY_URL"]) as connection:
        row = connection.execute("select count(*) from audit.act where action like 'system.st%'").fetchone()
        assert row is not None
        assert row[0] >= 2


def test_the_service_refuses_an_owners_login(empty: Command, own: dict[str, str]) -> None:
    assert empty("init", **own).returncode in {0, 1}
    done = empty("serve", **{**own, "INDELIBLE_DATABASE_URL": own["INDELIBLE_DATABASE_OWNER_URL"]})
    assert done.returncode == 1
    assert "The service does not start" in done.stderr
