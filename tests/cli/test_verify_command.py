"""`indelible verify` as an operator runs it: exit code, words, JSON; clean, attacked, and while the service runs."""

from __future__ import annotations

import json

import psycopg
import pytest

from indelible.home.layout import Home
from indelible.home.postgres import Server
from tests.cli.conftest import Command, free_port

pytestmark = pytest.mark.urs("URS-AUD-12", "URS-VAL-09")


def test_a_fresh_installation_is_clean_also_while_it_serves_and_after(empty: Command) -> None:
    assert empty("init").returncode == 0
    done = empty("verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["clean"] is True and report["findings"] == []
    assert report["examined"]["ledger entries"] == report["sealed_entries"] > 0
    with empty.serving(free_port()):
        beside = empty("verify")
        assert beside.returncode == 0, beside.stdout + beside.stderr
        assert "Clean: " in beside.stdout
    after = empty("verify")
    assert after.returncode == 0, after.stdout + after.stderr


def test_an_attack_is_exit_1_and_named_and_never_a_traceback(empty: Command) -> None:
    assert empty("init").returncode == 0
    with Server(Home(empty.home)) as server:
        with psycopg.connect(server.url("superuser"), autocommit=True) as attacker:
            attacker.execute("alter table identity_person disable trigger all")
            attacker.execute("update identity_person set name = 'Mallory' where id = 1")
            attacker.execute("alter table identity_person enable trigger all")
            attacker.execute("alter table identity_person enable always trigger indelible_capture")
            attacker.execute("alter table identity_person enable always trigger indelible_no_truncate")
        done = empty("verify")
    assert done.returncode == 1
    assert "identity_person 1" in done.stdout and "Mallory" in done.stdout and "not whole" in done.stdout
    assert "Traceback" not in done.stderr
    as_json = empty("verify", "--json")
    assert as_json.returncode == 1
    assert {one["check"] for one in json.loads(as_json.stdout)["findings"]} == {"state", "structure"}


def test_a_lost_key_is_one_sentence(empty: Command) -> None:
    assert empty("init").returncode == 0
    (empty.home / "keys" / "sealer.pem").unlink()
    done = empty("verify")
    assert done.returncode == 1
    assert "sealer.pem" in done.stderr and "Traceback" not in done.stderr
