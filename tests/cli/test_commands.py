"""Every command from the wrong side first: one sentence on stderr, the right exit code, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from tests.cli.conftest import Command

NEEDING_A_HOME = [["serve"], ["database-url"], ["upgrade", "--reason", "CHG-1 new version"], ["verify"]]


def one_sentence(words: str) -> bool:
    return words.startswith("indelible: ") and words.count("\n") == 1 and "Traceback" not in words


@pytest.mark.parametrize("words", NEEDING_A_HOME)
def test_without_an_installation_the_sentence_names_init(empty: Command, words: list[str]) -> None:
    done = empty(*words)
    assert done.returncode == 1
    assert one_sentence(done.stderr)
    assert "indelible init" in done.stderr
    assert not empty.home.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["serve", "--port", "eight"],
        ["serve", "--port", "70000"],
        ["serve", "--workers", "0"],
        ["database-url", "--as", "root"],
        ["database-url", "--no-such-option"],
        ["init", "--administrator", "only-an-id"],
    ],
)
def test_wrong_use_is_exit_2(empty: Command, words: list[str]) -> None:
    done = empty(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not empty.home.exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"INDELIBLE_PORT": "eight"}, "INDELIBLE_PORT"),
        ({"INDELIBLE_DATABASE_URL_FILE": "/no/such"}, "/no/such"),
        ({"INDELIBLE_PUBLIC_URL": "qms"}, "INDELIBLE_PUBLIC_URL"),
    ],
)
def test_a_wrong_setting_is_one_sentence(installed: Command, variables: dict[str, str], words: str) -> None:
    done = installed("serve", **variables)
    assert done.returncode == 1
    assert one_sentence(done.stderr)
    assert words in done.stderr


@pytest.mark.parametrize("command", ["init", "demo", "serve", "verify", "database-url", "doctor", "upgrade"])
def test_every_command_explains_itself(empty: Command, command: str) -> None:
    done = empty(command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert command in empty("--help").stdout


def test_version(empty: Command) -> None:
    assert empty("--version").stdout.startswith("indelible 0.")


@pytest.mark.urs("URS-AUT-04", "URS-CRD-03")
def test_init_names_two_people_with_different_secrets_once(empty: Command) -> None:
    done = empty(
        *("init", "--json", "--organisation", "Example Biologics", "--zone", "Europe/Zurich"),
        *("--administrator", "sam.ito:Sam Ito:sam@example.com"),
        *("--security-officer", "petra.lang:Petra Lang:petra@example.com"),
    )
    assert done.returncode == 0, done.stderr
    people = json.loads(done.stdout)["people"]
    assert [(p["user_id"], p["role"]) for p in people] == [
        ("sam.ito", "system_administrator"),
        ("petra.lang", "security_unit"),
    ]
    secrets = {p["secret"] for p in people}
    assert len(secrets) == 2
    kept = b"".join(path.read_bytes() for path in empty.home.rglob("*") if path.is_file())
    assert not any(secret.encode() in kept for secret in secrets), "a one-time secret was written down"
    again = empty("init")
    assert again.returncode == 1
    assert one_sentence(
        again.stderr.split("\n", 1)[-1] if "nobody was named" in again.stderr else again.stderr
    )


@pytest.mark.urs("URS-ACC-02")
def test_init_refuses_a_department_and_stays_repeatable(empty: Command) -> None:
    refused = empty("init", "--administrator", "qa:QA Department:qa@example.com")
    assert refused.returncode == 1
    assert "URS-" in refused.stderr
    assert empty("init").returncode == 0


def test_doctor_is_well_after_init_and_names_what_lacks(installed: Command, empty: Command) -> None:
    well = installed("doctor", "--json")
    assert well.returncode == 0, well.stdout
    found = json.loads(well.stdout)
    assert all(finding["well"] for finding in found)
    assert "GO NOWHERE" in next(one["words"] for one in found if one["what"] == "notices")
    lacking = empty("doctor")
    assert lacking.returncode == 1
    assert "indelible init" in lacking.stdout


@pytest.mark.parametrize("role", ["app", "owner", "seal", "verify", "superuser"])
def test_database_url_leads_in_by_sql(installed: Command, role: str) -> None:
    answer = json.loads(installed("database-url", "--as", role, "--json").stdout)
    assert answer["running"] is False
    assert psycopg.conninfo.conninfo_to_dict(answer["url"])["user"] == answer["role"]
    assert installed("database-url", "--as", role).stdout.strip() == answer["url"]


def test_an_own_database_names_role_and_place_never_the_secret(installed: Command) -> None:
    done = installed("database-url", "--as", "owner", INDELIBLE_DATABASE_URL="postgresql://x:canary@h/d")
    assert done.returncode == 1
    assert "indelible_owner" in done.stderr
    assert "INDELIBLE_DATABASE_OWNER_URL" in done.stderr
    assert "canary" not in done.stderr + done.stdout


def test_an_own_database_that_does_not_answer_is_one_sentence(installed: Command, tmp_path: Path) -> None:
    url = f"postgresql://indelible_app:canary@/d?host={tmp_path}"
    done = installed("serve", INDELIBLE_DATABASE_URL=url)
    assert done.returncode == 1
    assert one_sentence(done.stderr)
    assert "canary" not in done.stderr


@pytest.mark.urs("URS-AUD-08")
def test_upgrade_wants_a_reason(installed: Command) -> None:
    for words in ([], ["--reason", "update"]):
        done = installed("upgrade", *words)
        assert done.returncode == 1
        assert "URS-AUD-05" in done.stderr
    assert installed("upgrade", "--reason", "CHG-2026-004: same version installed again").returncode == 0
