"""Delegation: for a stated task and time, accepted, approved by a third, and never more than its delegator may (URS-AUT-05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from indelible.jobs.verification import examine
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import actions as identity
from indelible.kernel.records import queries as records
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import delegations, mandates
from indelible.kernel.workflow.models import Delegation
from indelible.kernel.workflow.queries import my_work
from indelible.kernel.workflow.situations import case_of
from tests import people
from tests.api.calling import Caller
from tests.api.deviations import FIRST
from tests.conftest import Database, seal_all
from tests.people import ANA, EVE, INES, OMAR, PETRA, RAJ, SAM, TOM, UMA, VIC, signed_in
from tests.web.conftest import signed_in as visitor
from tests.workflow.carrying import Hand

pytestmark = pytest.mark.urs("URS-AUT-05")
TASK = "approvals while Petra is on holiday"
CLASS = {"classification": "minor", "classification_reason": "One vial, found at once, lot on hold."}


def offered(actor: Any = None, to: str = "raj", **over: Any) -> Delegation:
    now = clock()
    given: dict[str, Any] = {
        "process": "deviation",
        "steps": ["classify", "extend"],
        "begins_at": now,
        "ends_at": now + timedelta(days=5),
        "task": TASK,
        **over,
    }
    return delegations.offer(actor or signed_in(PETRA), to, **given)


def running(**over: Any) -> Delegation:
    found = offered(**over)
    delegations.accept(signed_in(RAJ), found.pk)
    return delegations.approve(signed_in(UMA), found.pk)


def reported() -> Any:
    """A deviation of Ana that waits to be classified."""
    ana = Hand(ANA)
    return ana.sign(ana.create("deviation", FIRST), "report")


def test_the_delegate_signs_as_themselves_for_the_delegator(stocked: Database, tmp_path: Path) -> None:
    running()
    record, raj = reported(), Hand(RAJ)
    assert [row["why"] for row in my_work(raj.actor) if row["number"] == record.number] == [
        "For Petra Novak: Classify"
    ]
    record = raj.sign(record, "classify", CLASS)
    signed = signatures.signatures_of(record).last()
    assert signed is not None and (signed.user_id, signed.name) == ("raj", "Raj Ramanathan")
    assert signed.role == "QA approver, for Petra Novak (petra)"
    assert b"QA approver, for Petra Novak (petra)" in bytes(signed.manifest)
    assert (signed.evidence or {})["for"]["user_id"] == "petra"
    told = stocked.rows(
        "select user_id, on_behalf_of from audit.act where record = %s and object = 'classify'",
        [record.number],
    )
    assert told == [("raj", "petra")]
    assert "for Petra Novak" in visitor(INES).text(visitor(INES).get(f"/records/{record.number}/audit-trail"))
    seal_all(stocked, tmp_path)
    assert examine(stocked.url("verify"), stocked.home, sealer_folder=tmp_path).findings == ()


def test_who_may_offer_what_to_whom(stocked: Database, refused: Any) -> None:
    petra, sam, ana, raj = (signed_in(one) for one in (PETRA, SAM, ANA, RAJ))
    now = clock()
    with refused("not_authorised"):
        offered(sam)
    with refused("not_yours_to_give"):
        offered(ana)
    with refused("reason_filler"):
        offered(petra, task="xxx")
    with refused("unknown_process"):
        offered(petra, process="nothing")
    with refused("person_unknown"):
        offered(petra, to="ghost")
    for faulty in (
        {"steps": []},
        {"steps": ["classify", "fly"]},
        {"ends_at": now - timedelta(days=1)},
        {"ends_at": now + timedelta(days=93)},
    ):
        with refused("delegation_wrong"):
            offered(petra, **faulty)
    for unfit in ("petra", "sam", "tom", "ines"):
        with refused("delegate_unfit"):
            offered(petra, to=unfit)
    identity.deactivate_person(sam, "vic", reason="left the company on Friday")
    with refused("delegate_unfit"):
        offered(petra, to="vic")
    with refused("not_yours_to_give"):
        offered(raj, to="omar")


def test_untrained_and_unknown_delegates_do_not_take_it_on(stocked: Database, refused: Any) -> None:
    """Whoever could not sign themselves signs for nobody."""
    found = offered(to="omar")
    omar = signed_in(OMAR)
    identity.issue_secret(signed_in(SAM), "omar", reason="forgot the password, was at the desk")
    with refused("delegate_unfit"):
        delegations.accept(replace(omar), found.pk)


def test_accepted_by_the_delegate_and_approved_by_a_third(stocked: Database, refused: Any) -> None:
    petra, raj, uma, ana = (signed_in(one) for one in (PETRA, RAJ, UMA, ANA))
    found = offered(petra)
    with refused("delegation_unknown"):
        delegations.approve(uma, found.pk)
    with refused("delegation_unknown"):
        delegations.accept(petra, found.pk)
    with refused("delegation_unknown"):
        delegations.accept(raj, 2**70)
    delegations.accept(raj, found.pk)
    with refused("delegation_unknown"):
        delegations.accept(raj, found.pk)
    with refused("delegation_party"):
        delegations.approve(petra, found.pk)
    with refused("not_authorised"):
        delegations.approve(ana, found.pk)
    record, hand = reported(), Hand(RAJ)
    people.shown(hand.actor, record.number)
    with refused("not_allowed"):
        hand.sign(record, "classify", CLASS)
    delegations.approve(uma, found.pk)
    with refused("delegation_unknown"):
        delegations.approve(uma, found.pk)
    hand.sign(record, "classify", CLASS)


def test_nothing_beyond_it_and_nothing_after_it(stocked: Database, refused: Any) -> None:
    found = running(steps=["extend"])
    record, raj = reported(), Hand(RAJ)
    people.shown(raj.actor, record.number)
    with refused("not_allowed"):
        raj.sign(record, "classify", CLASS)
    found.refresh_from_db()
    other = running(ends_at=clock() + timedelta(seconds=3))
    assert case_of(raj.actor, record).mandate("classify") is not None
    while clock() < other.ends_at:
        pass
    with refused("not_allowed"):
        raj.sign(record, "classify", CLASS)
    third = running()
    delegations.end(signed_in(PETRA), third.pk, reason="back from holiday early")
    with refused("not_allowed"):
        raj.sign(record, "classify", CLASS)
    petra = signed_in(PETRA)
    with refused("delegation_unknown"):
        delegations.end(petra, third.pk, reason="once more to be sure")


def test_it_is_worth_no_more_than_its_delegator(stocked: Database, refused: Any) -> None:
    """Judged at each use: Petra's role ended, so did what she delegated."""
    running()
    record, raj, sam = reported(), Hand(RAJ), signed_in(SAM)
    people.shown(raj.actor, record.number)
    identity.end_grant(sam, people.grant_of(PETRA), reason="moves to another department")
    with refused("not_allowed"):
        raj.sign(record, "classify", CLASS)
    identity.deactivate_person(sam, "petra", reason="left the company on Friday")
    with refused("not_allowed"):
        raj.sign(record, "classify", CLASS)


@pytest.mark.urs("URS-AUT-02", "URS-AUT-05")
def test_what_the_delegator_may_not_judge_nobody_judges_for_them(stocked: Database, refused: Any) -> None:
    people.granted("petra", "author")
    running()
    petra, raj = Hand(PETRA), Hand(RAJ)
    record = petra.sign(petra.create("deviation", FIRST), "report")
    people.shown(raj.actor, record.number)
    with refused("own_work"):
        raj.sign(record, "classify", CLASS)


def test_ending_is_for_the_two_and_administration(stocked: Database, refused: Any) -> None:
    found, ana = running(), signed_in(ANA)
    raj = signed_in(RAJ)
    with refused("not_authorised"):
        delegations.end(ana, found.pk, reason="it is in the way")
    with refused("reason_missing"):
        delegations.end(raj, found.pk, reason="")
    delegations.end(raj, found.pk, reason="too much work of my own")
    assert mandates.standing(Delegation.objects.get(pk=found.pk), clock()) == "ended"


def test_refusing_to_sign_for_another_says_for_whom(stocked: Database) -> None:
    running()
    record, raj = reported(), Hand(RAJ)
    workflow.decline_signature(
        raj.actor, record.number, "classify", revision=record.revision, reason="facts are thin"
    )
    told = stocked.rows("select on_behalf_of from audit.act where action = 'signature.decline'")
    assert told == [("petra",)] and records.get(raj.actor, record.number).state == "classification"


def test_by_pages(stocked: Database) -> None:
    petra, raj, uma = visitor(PETRA), visitor(RAJ), visitor(UMA)
    today, later = clock().date(), clock().date() + timedelta(days=5)
    form = {
        "to": "raj",
        "steps": ["deviation classify"],
        "first_day": today.isoformat(),
        "last_day": "",
        "task": TASK,
    }
    lacking = petra.post("/delegations", form, page="/delegations")
    assert lacking.status_code == 422 and 'value="deviation classify" checked' in petra.text(lacking)
    mixed = petra.post(
        "/delegations", {**form, "steps": ["deviation classify", "capa approve_plan"]}, page="/delegations"
    )
    assert mixed.status_code == 422 and "one process" in petra.text(mixed)
    none = petra.post(
        "/delegations", {**form, "steps": [], "last_day": later.isoformat()}, page="/delegations"
    )
    assert none.status_code == 422 and "Name steps of" in petra.text(none)
    form["last_day"] = later.isoformat()
    assert petra.post("/delegations", form, page="/delegations").status_code == 302
    place = f"/delegations/{Delegation.objects.get().pk}"
    assert "1 delegation waits for you" in raj.text(raj.get("/"))
    assert raj.post(place, {"verb": "accept"}, page="/delegations").status_code == 302
    own = petra.post(place, {"verb": "approve"}, page="/delegations")
    assert own.status_code == 403 and "third person" in petra.text(own)
    assert "1 delegation waits for you" in uma.text(uma.get("/"))
    assert uma.post(place, {"verb": "approve"}, page="/delegations").status_code == 302
    assert "in force" in raj.text(raj.get("/delegations"))
    assert "Let another take" not in uma.text(uma.get("/delegations"))
    record = reported()
    step = raj.text(raj.get(f"/records/{record.number}/steps/classify"))
    assert "Petra Novak" in step and "Your signature" in step
    assert raj.post(place, {"verb": "end", "reason": "back early"}, page="/delegations").status_code == 302
    assert visitor(EVE).text(visitor(EVE).get("/delegations")).count("Raj Ramanathan") == 0


def test_over_the_interface(stocked: Database) -> None:
    petra, raj, uma, tom = Caller(PETRA), Caller(RAJ), Caller(UMA), Caller(TOM)
    day = clock().date()
    wanted = {
        "to": "raj",
        "process": "deviation",
        "steps": ["classify"],
        "first_day": day.isoformat(),
        "last_day": (day + timedelta(days=3)).isoformat(),
        "task": TASK,
    }
    made = petra.post("/delegations", wanted)
    assert made.status == 201 and made.body["delegate"] == "raj", made
    place = f"/delegations/{made.body['id']}"
    assert tom.get("/delegations").body["items"] == []
    assert tom.post(f"{place}/acceptance").is_problem(404, "URS-AUT-05")
    assert raj.post(f"{place}/acceptance").status == 200
    assert uma.post(f"{place}/approval").body["approved_by"] == "uma"
    assert Caller(INES).get("/delegations").body["items"][0]["steps"] == ["classify"]
    assert petra.post(f"{place}/end", {"reason": "back from holiday early"}).body["ended_at"]
    assert Caller(VIC).get("/delegations").body["items"] == []
