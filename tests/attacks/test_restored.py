"""Somebody restores yesterday: it is named what was lost, nothing is signed, and one person alone changes nothing."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from indelible.cli import sealing as command_sealing
from indelible.home.layout import Home
from indelible.jobs.sealer import LedgerBroken, NotSealed
from indelible.kernel.audit import queries, seal
from indelible.kernel.identity import actions
from tests import people
from tests.attacks.restoring import (
    WHY,
    Refused,
    Restored,
    folder,
    refusing,
    restored,
    sentences,
)
from tests.attacks.scene import set_scene
from tests.conftest import Database
from tests.web.conftest import Visitor

assert restored  # a fixture
pytestmark = pytest.mark.urs("URS-BCK-02")


# ---------------------------------------------------------------- what is found


def test_the_sealer_names_the_interval_and_the_twenty_entries_and_signs_nothing(restored: Restored) -> None:
    said = refusing(restored.scene)
    assert "was put back to an earlier time, or entries were deleted" in said
    assert f"ledger entries {restored.kept} to {restored.size - 1} (20)" in said
    assert "Record numbers go on above" in said and restored.number in said
    found = queries.broken()
    assert found is not None and found["lost"] == 20
    since, until = (datetime.fromisoformat(found[key]) for key in ("since", "until"))
    assert since < until and since.utcoffset() is not None and f"{since:%Y-%m-%d %H:%M:%S} UTC" in said
    refusing(restored.scene)
    told = restored.scene.database.rows("select count(*) from audit.event where kind = 'epoch'")
    assert told == [(1,)], "the same break is told once"


def test_verify_names_it_before_the_sealer_has_looked_and_after(restored: Restored) -> None:
    report = restored.scene.examine()
    assert report.open and f"Lost: ledger entries {restored.kept} to {restored.size - 1} (20)" in sentences(
        report
    )
    refusing(restored.scene)
    report = restored.scene.examine()
    assert "epoch due" in {one.check for one in report.open} and restored.number in sentences(report)
    assert "epoch due" not in {one.check for one in restored.scene.examine(without=["epoch due"]).open}


def test_a_page_says_why_nothing_is_sealed(restored: Restored) -> None:
    refusing(restored.scene)
    visitor = Visitor()
    visitor.sign_in(people.ANA)
    page = visitor.text(visitor.get("/trail-state"))
    assert "is not the one that was signed last" in page and restored.number in page
    restored.settle()
    assert "is not the one that was signed last" not in visitor.text(visitor.get("/trail-state"))


def test_a_record_number_that_was_lost_is_not_given_again_even_before_anybody_decides(
    restored: Restored,
) -> None:
    refusing(restored.scene)
    assert restored.scene.create("First record after the restore") > restored.number


def test_the_service_looks_before_it_takes_a_request(
    restored: Restored, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = restored.scene
    monkeypatch.setattr(command_sealing, "database_address", lambda _home, role: scene.database.url(role))
    monkeypatch.setattr(Home, "sealer", property(lambda _home: scene.sealer_folder))
    command_sealing.recognise(scene.database.home)
    assert "Nothing is signed" in capsys.readouterr().err and queries.broken() is not None
    assert scene.create("First record after the restore") > restored.number


def test_ids_of_entries_go_on_above_the_lost_ones(restored: Restored) -> None:
    state = seal.read_state(restored.scene.sealer_folder, seal.signer(restored.scene.database.home).verifier)
    assert state is not None
    refusing(restored.scene)
    restored.scene.create("First record after the restore")
    (newest,) = restored.scene.database.rows("select max(id) from audit.act")[0]
    assert newest > state.known.entry


def test_a_state_from_before_this_version_still_finds_what_was_lost(restored: Restored) -> None:
    file = restored.scene.sealer_folder / seal.STATE_FILE
    old = json.loads(file.read_text())
    file.write_text(json.dumps({key: old[key] for key in ("note", "size", "edge", "last")}))
    said = refusing(restored.scene)
    assert f"ledger entries {restored.kept} to {restored.size - 1} (20)" in said
    assert "a time nobody kept" in said and "does not know them" in said


def test_a_ledger_that_was_rewritten_is_settled_by_nobody(restored: Restored, refused: Refused) -> None:
    restored.scene.past_triggers("audit.leaf", "update audit.leaf set hash = sha256('x') where seq = 3")
    with pytest.raises(NotSealed) as caught:
        restored.scene.seal()
    assert not isinstance(caught.value, LedgerBroken)
    sam = people.signed_in(people.SAM)
    with refused("epoch_not_due", urs="URS-BCK-02"):
        actions.propose_epoch(sam, reason=WHY)


# ---------------------------------------------------------------- who may settle it


def test_where_nothing_is_to_settle_nobody_settles(
    stocked: Database, tmp_path: Path, refused: Refused
) -> None:
    set_scene(stocked, folder(tmp_path))
    sam, uma = people.signed_in(people.SAM), people.signed_in(people.UMA)
    with refused("epoch_not_due", urs="URS-BCK-02"):
        actions.propose_epoch(sam, reason=WHY)
    with refused("epoch_not_due"):
        actions.approve_epoch(uma)


@pytest.mark.parametrize("reason", ["", "   ", "n/a", "re"])
def test_without_a_reason_nobody_proposes(restored: Restored, refused: Refused, reason: str) -> None:
    refusing(restored.scene)
    sam = people.signed_in(people.SAM)
    with refused("reason_filler" if reason.strip() else "reason_missing", urs="URS-AUD-05"):
        actions.propose_epoch(sam, reason=reason)
    refusing(restored.scene)


def test_only_who_administers_proposes_and_only_security_or_quality_approves(
    restored: Restored, refused: Refused
) -> None:
    refusing(restored.scene)
    for person in (people.ANA, people.PETRA, people.INES):
        actor = people.signed_in(person)
        with refused("not_authorised", urs="URS-AUT-01"):
            actions.propose_epoch(actor, reason=WHY)
    uma = people.signed_in(people.UMA)
    with refused("epoch_not_proposed", urs="URS-BCK-02"):
        actions.approve_epoch(uma)
    actions.propose_epoch(uma, reason=WHY)
    for person in (people.SAM, people.RAJ, people.INES):
        actor = people.signed_in(person)
        with refused("not_authorised"):
            actions.approve_epoch(actor)
    refusing(restored.scene)


def test_one_person_does_not_do_both(restored: Restored, refused: Refused) -> None:
    refusing(restored.scene)
    uma = people.signed_in(people.UMA)
    actions.propose_epoch(uma, reason=WHY)
    with refused("second_person", urs="URS-AUT-04"):
        actions.approve_epoch(uma)
    other_session = people.signed_in(people.UMA)
    with refused("second_person"):
        actions.approve_epoch(other_session)
    refusing(restored.scene)


def test_acts_that_no_person_stands_behind_let_nothing_begin(restored: Restored) -> None:
    """A database administrator writes both acts by hand, with copied tokens."""
    refusing(restored.scene)
    actions.propose_epoch(people.signed_in(people.SAM), reason=WHY)
    restored.scene.sql(
        "insert into audit.act (id, xid, at, db, token, action, reason, user_id, name, role, object, outcome)"
        " select nextval('audit.entry_id_seq'), pg_current_xact_id(), now(), 'indelible_app',"
        " replace(replace(token, '|sam|', '|uma|'), split_part(token, '|', 4), repeat('0', 32)), 'epoch.approve', '',"
        " 'uma', 'Uma Lindqvist', 'security_unit', object || '/' || id, 'done' from audit.act where action = 'epoch.propose'"
    )
    refusing(restored.scene)


def test_an_approval_of_another_break_lets_nothing_begin(restored: Restored) -> None:
    """Approved, and then another backup is put back before the sealer looks."""
    refusing(restored.scene)
    actions.propose_epoch(people.signed_in(people.SAM), reason=WHY)
    actions.approve_epoch(people.signed_in(people.UMA))
    restored.scene.past_triggers("audit.leaf", f"delete from audit.leaf where seq = {restored.kept - 1}")
    assert f"ledger entries {restored.kept - 1} to" in refusing(restored.scene)
