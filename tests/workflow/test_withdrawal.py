"""A signature is taken back by its signer alone, before release, by a new one that leaves it visible (URS-LNK-04)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from indelible.kernel.access import actions as access
from indelible.kernel.access.machines import actor_of
from indelible.kernel.access.models import MachineCredential
from indelible.kernel.access.types import Scope
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import actions as identity
from indelible.kernel.records.models import Record
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.signatures.models import Signature
from indelible.kernel.workflow import actions, queries
from indelible.kernel.workflow.withdrawal import name_of
from tests.access.programs import allowed
from tests.conftest import Database
from tests.people import ANA, INES, PETRA, RAJ, UMA, TestPerson, signed_in
from tests.workflow.carrying import PLAN, Hand, checked, planned
from tests.workflow.test_verbs import CAUSE, reported

pytestmark = pytest.mark.urs("URS-LNK-04")
WHY = "the wrong lot was assessed"


def approved(ana: Hand, petra: Hand) -> Record:
    """A CAPA whose plan Petra approved."""
    return petra.sign(planned(ana), "approve_plan")


def told(actor: Actor, record: Record) -> dict[str, tuple[str, Any]]:
    """By step, standing and what it takes back."""
    found = queries.record_document(actor, record.number)["signatures"]
    return {one["step"]: (one["standing"], one["withdraws"]) for one in found}


def given_by(person: TestPerson, record: Record) -> str:
    """The step that takes back a signature of this person, the last one unless said."""
    found = list(
        Signature.objects.filter(record=record, user_id=person.user_id, withdraws=None).order_by("id")
    )
    return name_of(found[-1])


def back(hand: Hand, record: Record, **more: Any) -> Record:
    """Takes back the person's last signature that counts here."""
    name = queries.record_document(hand.actor, record.number)["withdrawal"]["name"]
    return hand.sign(record, name, reason=more.pop("reason", WHY), **more)


# ----------------------------------------------------------------- wrong paths


def test_nobody_takes_back_what_another_signed(company: Database, refused: Any) -> None:
    ana, petra, raj = Hand(ANA), Hand(PETRA), Hand(RAJ)
    record = approved(ana, petra)
    name = given_by(PETRA, record)
    for other in (raj, ana):
        with refused("not_allowed") as caught:
            other.sign(record, name, reason=WHY)
        assert "whoever gave it" in caught.value.detail
    with refused("nothing_to_withdraw") as caught:  # hers was built on
        ana.sign(record, given_by(ANA, record), reason=WHY)
    assert "“Approve the plan” was taken after you signed" in caught.value.detail
    ines = signed_in(INES)  # reads everything, and signed nothing
    with refused("not_allowed"):
        actions.take_step(ines, record.number, name, revision=record.revision, reason=WHY)
    assert told(petra.actor, record)["approve_plan"] == ("stands", None)
    with refused("unknown_step"):
        petra.sign(record, f"{name}0", reason=WHY)


def test_a_reason_and_all_components_are_asked(company: Database, refused: Any) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = approved(ana, petra)
    name = given_by(PETRA, record)
    with refused("reason_missing"):
        petra.sign(record, name)
    with refused("components_later"):
        petra.take(record, name, reason=WHY)
    with refused("stale_revision"):
        petra.sign(record, name, reason=WHY, revision=record.revision - 1)
    with refused("field_closed"):
        petra.sign(record, name, {"risk": "low"}, reason=WHY)
    with refused("unknown_step"):  # nobody asked for a withdrawal, so there is none to refuse
        actions.decline_signature(petra.actor, record.number, name, revision=record.revision, reason=WHY)
    assert Signature.objects.count() == 3


def test_what_is_released_or_was_built_on_stays(company: Database, refused: Any) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = petra.sign(checked(ana, petra), "effective", {"result": "No reject in ten lots."})
    with refused("nothing_to_withdraw") as caught:
        petra.sign(record, given_by(PETRA, record), reason=WHY)
    assert "released" in caught.value.detail
    other = petra.sign(checked(ana, petra), "reopen", {"result": "Two rejects."}, reason="target missed")
    with refused("nothing_to_withdraw") as caught:
        petra.sign(other, given_by(PETRA, other), reason=WHY)
    assert "led the record back" in caught.value.detail


def test_who_left_withdraws_nothing_and_the_signature_stands(company: Database, refused: Any) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = approved(ana, petra)
    identity.deactivate_person(signed_in(UMA), "petra", reason="left the company on Friday")
    name = given_by(PETRA, record)
    with refused("not_signed_in"):  # the closed account is seen before anything else is asked
        actions.take_step(petra.actor, record.number, name, revision=record.revision, reason=WHY)
    assert told(ana.actor, record)["approve_plan"] == ("stands", None)


def test_a_program_of_the_signer_has_no_way_to_it(company: Database, refused: Any) -> None:
    ana = Hand(ANA)
    record = planned(ana)
    credential = allowed(ANA, scope=Scope(processes=("capa",), operations=("step",)))
    access.draw_machine(ana.actor, credential)
    program = actor_of(MachineCredential.objects.get(pk=credential), source="192.0.2.9")
    with refused("not_allowed"):  # it acts under a name of its own, which signed nothing
        actions.take_step(program, record.number, given_by(ANA, record), revision=record.revision, reason=WHY)


def test_a_withdrawal_is_not_withdrawn_nor_made_twice(company: Database, refused: Any) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = approved(ana, petra)
    name = given_by(PETRA, record)
    record = petra.sign(record, name, reason=WHY)
    own = name_of(Signature.objects.latest("id"))
    for again in (name, own):
        with refused("nothing_to_withdraw"):
            petra.sign(record, again, reason=WHY)
    assert Signature.objects.exclude(withdraws=None).count() == 1


def test_a_second_press_takes_back_no_second_signature(company: Database, refused: Any) -> None:
    """Ana signed twice before anybody went on: the page left open, pressed again, means the one it showed."""
    ana = Hand(ANA)
    record = planned(ana)
    name = given_by(ANA, record)
    record = ana.sign(record, name, reason=WHY)
    with refused("nothing_to_withdraw"):
        ana.sign(record, name, reason=WHY)
    assert record.state == "investigation" and told(ana.actor, record)["submit"] == ("stands", None)


def test_who_went_on_by_writing_is_not_taken_back_either(company: Database, refused: Any) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = approved(ana, petra)
    rows = [{**row, "done": "2026-01-31", "evidence": "Room plan 4"} for row in record.values["actions"]]
    record = ana.edit(record, {"actions": rows})
    with refused("nothing_to_withdraw") as caught:
        petra.sign(record, given_by(PETRA, record), reason=WHY)
    assert "ana has gone on" in caught.value.detail


def test_the_database_lets_nobody_blank_or_delete_one(company: Database) -> None:
    record = approved(Hand(ANA), Hand(PETRA))
    before = list(signatures.signatures_of(record).values_list("digest", "meaning"))
    for statement in (
        "delete from signatures_signature",
        "update signatures_signature set meaning = ''",
        "update signatures_signature set withdraws_id = id",
        "truncate signatures_signature",
    ):
        for login in ("app", "owner"):
            with psycopg.connect(company.url(login)) as opened, pytest.raises(psycopg.Error):
                opened.execute(statement)  # type: ignore[arg-type]
    assert list(signatures.signatures_of(record).values_list("digest", "meaning")) == before


# ----------------------------------------------------------------- the right path


def test_both_stay_visible_and_the_state_goes_back(company: Database) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = planned(ana)
    entered = queries.record_document(ana.actor, record.number)["entered"]
    record = petra.sign(record, "approve_plan")
    offered = queries.record_document(petra.actor, record.number)["withdrawal"]
    assert (
        offered["to"] == "planned"
        and offered["signature"]["meaning"] == "Withdrawal of ‘Approval of the plan’"
    )
    assert queries.record_document(ana.actor, record.number)["withdrawal"] is None
    record = back(petra, record)
    first, second = Signature.objects.order_by("-id")[:2][::-1]
    assert record.state == "planned" and second.withdraws == first
    assert told(petra.actor, record) == {
        "submit": ("stands", None),
        "propose": ("stands", None),
        "approve_plan": ("withdrawn", None),
        name_of(first): ("stands", first.pk),
    }
    document = queries.record_document(ana.actor, record.number)
    assert document["entered"] == entered, "no clock starts anew"
    assert queries.told(record.state_entered_at) == entered["planned"]
    assert not signatures.verify_signature(first) and not signatures.verify_signature(second)
    record = petra.sign(record, "approve_plan")
    assert record.state == "implementation"
    assert [s["standing"] for s in queries.record_document(ana.actor, record.number)["signatures"]] == [
        "stands",
        "stands",
        "withdrawn",
        "stands",
        "stands",
    ]


def test_one_after_the_other_back_to_the_draft(company: Database) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = back(petra, approved(ana, petra))
    record = back(ana, record, reason="the criterion is wrong")
    assert record.state == "investigation"
    record = back(ana, record, reason="reported in error")
    assert record.state == "draft" and told(ana.actor, record)["submit"] == ("withdrawn", None)
    record = ana.sign(ana.edit(record, {"title": "Vial 8 underweight"}, reason="it was vial 8"), "submit")
    record = ana.sign(ana.edit(record, PLAN), "propose")
    assert petra.sign(record, "approve_plan").state == "implementation"


def test_what_was_entered_with_it_becomes_again_what_it_was(company: Database, refused: Any) -> None:
    """No class, and no later due date, without a signature of QA behind it."""
    ana, petra = Hand(ANA), Hand(PETRA)
    values = {"classification": "critical", "classification_reason": "Sterility."}
    record = petra.sign(reported(ana), "classify", values)
    due = queries.record_document(petra.actor, record.number)["due"]
    again = {"classification": "minor", "classification_reason": "One pallet only."}
    record = petra.sign(record, "reclassify", again, reason="one pallet only")
    record = back(petra, record)
    assert record.state == "investigation" and record.values["classification"] == "critical"
    assert {k: told(petra.actor, record)[k][0] for k in ("classify", "reclassify")} == {
        "classify": "stands",
        "reclassify": "withdrawn",
    }
    raj = Hand(RAJ)
    later = (clock() + timedelta(days=300)).date().isoformat()
    record = petra.sign(record, "extend", {"extended_until": later}, reason="the supplier answers late")
    assert queries.record_document(petra.actor, record.number)["due"] > due
    record = back(petra, record)
    assert queries.record_document(raj.actor, record.number)["due"] == due
    record = back(petra, record)
    assert record.state == "classification" and "classification" not in record.values
    with refused("field_missing"):  # what was withdrawn is nobody's judgement any more
        petra.sign(record, "classify", reason="as before")
    record = petra.sign(record, "classify", values)
    assert (
        ana.sign(ana.edit(record, CAUSE | {"capa_decision": "CAPA not needed"}), "propose").state == "review"
    )


def test_nobody_wins_time_by_it(company: Database) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = reported(ana)
    first = queries.record_document(petra.actor, record.number)
    record = ana.sign(back(ana, record), "report")
    second = queries.record_document(petra.actor, record.number)
    assert second["entered"]["classification"] == first["entered"]["classification"]
    assert (
        second["due"] == first["due"]
        and queries.told(record.state_entered_at) == first["entered"]["classification"]
    )
    record = petra.sign(record, "return_report", reason="the area is missing")
    record = ana.sign(ana.edit(record, {"area": "Room 4, door"}, reason="the door was meant"), "report")
    third = queries.record_document(petra.actor, record.number)
    assert third["entered"]["classification"] > first["entered"]["classification"], "another round"
