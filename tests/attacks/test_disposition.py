"""A finding stays named for ever; two people's signatures in the ledger settle it, and nothing less (URS-VAL-09)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from indelible.jobs import tasks, verification
from indelible.kernel.audit import findings
from indelible.kernel.audit.types import Actor
from indelible.kernel.workflow import actions
from tests import people
from tests.attacks.rows import edit_with_triggers
from tests.attacks.scene import Scene
from tests.signatures.signing import all_of

pytestmark = pytest.mark.urs("URS-VAL-09")
CODE = "integrity_finding"


@pytest.fixture
def finding(scene: Scene) -> Iterator[verification.Finding]:
    """A title changed by hand in the database, which can never be unfound."""
    edit_with_triggers(scene)
    (found,) = scene.examine().findings
    yield found


def _assessed(finding_id: str) -> tuple[str, int]:
    raj = people.signed_in(people.RAJ)
    fields = {
        "title": "Title of a deviation changed by hand",
        "finding_id": finding_id,
        "found": "Direct SQL by postgres",
        "cause": "Maintenance script of 3 March, change request 118",
        "affected": "One title; no decision rested on it",
        "verdict": "explained and without effect",
        "measures": "Script withdrawn, login of the script closed",
    }
    made = actions.create_record(raj, CODE, fields)
    _step(raj, made.number, "assess", people.RAJ, "Assessment of the finding")
    return made.number, made.revision


def _step(actor: Actor, number: str, step: str, person: people.TestPerson, meaning: str) -> None:
    signature = all_of(person, meaning=meaning)
    actions.take_step(actor, number, step, revision=people.shown(actor, number), signature=signature)


def _dispose(number: str, person: people.TestPerson = people.PETRA) -> None:
    _step(people.signed_in(person), number, "dispose", person, "Disposition of the finding")


def test_two_signatures_in_the_ledger_settle_a_finding_that_stays_named(
    scene: Scene,
    finding: verification.Finding,
) -> None:
    number, _ = _assessed(finding.id)
    scene.seal()
    assert [one.id for one in scene.examine().open] == [finding.id], "one signature settles nothing"
    _dispose(number)
    scene.seal()
    report = scene.examine()
    assert report.open == () and report.findings == (finding,)
    assert report.settled[finding.id].record == number
    words = report.in_words()
    assert f"Settled in {number}, signed by Petra Novak and Raj Ramanathan." in words
    assert "1 finding is settled, each by two people" in words and finding.sentence in words
    said = report.as_json()
    assert said["clean"] is True and said["findings"][0]["disposition"]["record"] == number


def test_a_disposition_of_another_finding_settles_nothing(
    scene: Scene,
    finding: verification.Finding,
) -> None:
    number, _ = _assessed("0" * 32)
    _dispose(number)
    scene.seal()
    assert scene.examine().open == (finding,)


def test_a_disposition_that_is_not_sealed_yet_settles_nothing(
    scene: Scene,
    finding: verification.Finding,
) -> None:
    _dispose(_assessed(finding.id)[0])
    assert finding in scene.examine().open


@pytest.mark.parametrize(
    "forge",
    [
        lambda scene, number: scene.past_triggers(
            "records_record", f"update records_record set state = 'disposed' where number = '{number}'"
        ),
        lambda scene, number: scene.sql(
            f"update records_record set state = 'disposed' where number = '{number}'"
        ),
    ],
    ids=["past the triggers", "by hand"],
)
def test_a_forged_disposition_is_a_finding_more(
    scene: Scene,
    finding: verification.Finding,
    forge: Callable[[Scene, str], Any],
) -> None:
    number, _ = _assessed(finding.id)
    forge(scene, number)
    scene.seal()
    report = scene.examine()
    assert finding in report.open and len(report.open) > 1
    assert any(number in one.object for one in report.open)


def test_a_signature_copied_to_the_disposition_settles_nothing(
    scene: Scene,
    finding: verification.Finding,
) -> None:
    """One person assessed; a superuser adds the other's signature from another record and moves the state on."""
    number, _ = _assessed(finding.id)
    columns = 'evidence, step, meaning, user_id, name, role, organisation, signed_at, zone, "offset", components, period_id, manifest'
    scene.sql(
        f"insert into signatures_signature (record_id, revision_id, person_id, position, digest, act, {columns}) select"
        f" (select id from records_record where number = '{number}'), (select max(id) from records_revision where record_id ="
        f" (select id from records_record where number = '{number}')), person_id, 99, md5('x') || md5('y'), 1, {columns}"
        " from signatures_signature order by id limit 1",
        f"update records_record set state = 'disposed' where number = '{number}'",
    )
    scene.seal()
    assert finding in scene.examine().open


def test_the_jobs_tell_a_finding_once_and_what_is_settled_no_more(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = partial(verification.examine, sealer_folder=scene.sealer_folder)
    monkeypatch.setattr(tasks, "examine", ours)
    monkeypatch.setattr(tasks, "database_address", lambda home, role: scene.database.url(role))
    tasks.verify_quickly(0)
    assert findings.told() is None, "nothing was found: a quick look is no entry"
    tasks.verify_everything(0)
    whole = findings.told()
    assert whole is not None and whole.whole and whole.findings == () and whole.size > 10
    edit_with_triggers(scene)
    tasks.verify_quickly(900)
    tasks.verify_quickly(1800)
    told = findings.told()
    assert told is not None and not told.whole
    assert [one.object.split(" ")[0] for one in told.findings] == ["event"]
    entries = "select count(*) from audit.act where action = 'security.trail_finding'"
    assert scene.database.rows(entries) == [(1,)], "told once"
    (finding,) = told.findings
    _dispose(_assessed(finding.id)[0])
    scene.seal()
    tasks.verify_everything(2700)
    after = findings.told()
    assert after is not None and after.whole and (after.findings, after.settled) == ((), 1)
    assert findings.told(whole=True) == after
