"""`indelible verify` against the attack table (ledger.md 3.8): each attack is found by its check and named in words.

Every attack here is made by whoever owns the database server; what the service's own login tries is refused elsewhere.
"""

from __future__ import annotations

import json

import psycopg
import pytest

from indelible.jobs.verification import Report, checks
from tests.attacks.rows import edit_record
from tests.attacks.scene import Scene
from tests.attacks.table import ATTACKS, Attack


def assert_found(report: Report, attack: Attack) -> None:
    """The attack's own check found it, and its finding says the words."""
    named, *said = attack.words.split("|")
    hits = [
        one
        for one in report.findings
        if one.check == attack.check and named in one.object and all(words in one.sentence for words in said)
    ]
    assert hits, "\n".join(map(str, report.findings)) or "nothing was found"


@pytest.mark.urs("URS-AUD-02", "URS-AUD-03", "URS-AUD-12")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.name)
def test_each_attack_is_found_and_named(scene: Scene, attack: Attack) -> None:
    attack.do(scene)
    assert_found(scene.examine(), attack)


@pytest.mark.urs("URS-VAL-09")
@pytest.mark.parametrize("name", [check.name for check in checks()])
def test_each_check_is_needed(scene: Scene, name: str) -> None:
    """With this check left out, the test of some attack above fails."""
    attack = next(one for one in ATTACKS if one.check == name)
    attack.do(scene)
    assert_found(scene.examine(), attack)
    with pytest.raises(AssertionError):
        assert_found(scene.examine(without={name}), attack)


def test_verify_changes_nothing(scene: Scene) -> None:
    with psycopg.connect(scene.database.url("verify"), autocommit=True) as connection:
        for sql in (
            "update records_record set title = 'x'",
            "delete from audit.leaf",
            "insert into audit.checkpoint values (1, 'x', 'x', now())",
            "select audit.next_entry()",
            "select nextval('audit.entry_id_seq')",
            "truncate records_record",
            "alter table records_record disable trigger all",
            "select * from audit.secret",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(sql)
    before = scene.database.rows("select pg_current_snapshot()::text, (select count(*) from audit.act)")
    scene.examine()
    after = scene.database.rows("select pg_current_snapshot()::text, (select count(*) from audit.act)")
    assert before[0][1] == after[0][1]


def test_the_report_is_words_for_people_and_json_for_programs(scene: Scene) -> None:
    clean = scene.examine()
    assert clean.as_json()["clean"] is True
    assert "Clean: " in clean.in_words()
    edit_record(scene)
    report = scene.examine()
    read = json.loads(json.dumps(report.as_json()))
    assert read["clean"] is False
    assert {"id", "check", "object", "sentence", "disposition"} == set(read["findings"][0])
    assert scene.number in report.in_words()
    assert "not whole" in report.in_words()
