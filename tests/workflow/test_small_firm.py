"""The exception for a very small firm: approved by QA, ended by the clock, each act seen by a second person (URS-AUT-03)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.access import actions as access
from indelible.kernel.access.types import Scope
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries
from indelible.kernel.identity.models import SmallFirmException
from indelible.kernel.signatures import access_reviews
from indelible.kernel.workflow import delegations, second_reviews
from indelible.kernel.workflow.situations import case_of
from tests import people
from tests.api.calling import Caller
from tests.api.deviations import FIRST
from tests.conftest import Database
from tests.people import ANA, INES, OMAR, PETRA, RAJ, SAM, UMA, signed_in
from tests.web.conftest import signed_in as visitor
from tests.workflow.carrying import DRAFT, Hand

pytestmark = pytest.mark.urs("URS-AUT-03")
WHY = "the firm has five people, two of them on leave"


def declared(days: float = 30, by: Any = None) -> SmallFirmException:
    actor = by or signed_in(UMA)
    return identity.declare_exception(actor, "sam", ends_at=clock() + timedelta(days=days), reason=WHY)


def excepted(days: float = 30) -> SmallFirmException:
    """Sam administers and is an author, as QA approved."""
    found = identity.approve_exception(signed_in(PETRA), declared(days).pk)
    people.granted("sam", "author")
    return found


def test_without_one_the_conflict_is_named(stocked: Database, refused: Any) -> None:
    uma = signed_in(UMA)
    with refused("role_conflict") as caught:
        identity.propose_grant(uma, "sam", "author", reason=WHY)
    assert "no part in the records" in caught.value.detail
    declared()  # not approved: nothing yet
    with refused("role_conflict"):
        identity.propose_grant(uma, "sam", "author", reason=WHY)


def test_it_has_an_end_and_is_not_approved_by_the_person_or_who_declared_it(
    stocked: Database, refused: Any
) -> None:
    uma, ana, petra, sam = (signed_in(one) for one in (UMA, ANA, PETRA, SAM))
    now = clock()
    with refused("not_authorised"):
        identity.declare_exception(ana, "sam", ends_at=now + timedelta(days=9), reason=WHY)
    with refused("reason_missing"):
        identity.declare_exception(uma, "sam", ends_at=now + timedelta(days=9), reason="")
    for ends_at in (now, now + timedelta(days=181)):
        with refused("exception_wrong"):
            identity.declare_exception(uma, "sam", ends_at=ends_at, reason=WHY)
    own = declared(by=sam)
    for other in (sam, uma, ana):
        with refused("not_authorised"):
            identity.approve_exception(other, own.pk)
    with refused("exception_unknown"):
        identity.approve_exception(petra, 2**70)
    of_petra = identity.declare_exception(uma, "petra", ends_at=now + timedelta(days=9), reason=WHY)
    with refused("own_rights"):
        identity.approve_exception(petra, of_petra.pk)
    identity.approve_exception(petra, own.pk)
    with refused("exception_unknown"):
        identity.approve_exception(petra, own.pk)
    identity.deactivate_person(sam, "omar", reason="left the company on Friday")
    with refused("person_inactive"):
        identity.declare_exception(uma, "omar", ends_at=now + timedelta(days=9), reason=WHY)


def test_qas_approval_and_the_watch_are_never_part_of_it(stocked: Database, refused: Any) -> None:
    uma = signed_in(UMA)
    identity.approve_exception(signed_in(PETRA), declared().pk)
    with refused("role_conflict"):
        identity.propose_grant(uma, "sam", "qa_approver", reason=WHY)
    with refused("role_conflict"):
        identity.propose_grant(uma, "sam", "security_unit", reason=WHY)


def test_each_act_waits_for_a_second_person_and_the_record_with_it(stocked: Database, refused: Any) -> None:
    excepted()
    sam, ana, omar, ines = Hand(SAM), signed_in(ANA), Hand(OMAR), signed_in(INES)
    record = sam.create("deviation", FIRST)
    people.shown(sam.actor, record.number)
    with refused("second_review_waits") as caught:
        sam.sign(record, "report")
    assert "sam" in caught.value.detail
    withheld = case_of(sam.actor, record).available("report")
    assert withheld is not None and withheld.rule.code == "second_review_waits"
    with refused("not_allowed"):
        second_reviews.review_excepted(sam.actor, record.number, reason="looked at it myself")
    with refused("not_allowed"):
        second_reviews.review_excepted(ines, record.number, reason="read it all through")
    with refused("reason_missing"):
        second_reviews.review_excepted(ana, record.number, reason=" ")
    with refused("not_there"):
        second_reviews.review_excepted(ana, "DEV-1999-00001", reason="read it all through")
    assert second_reviews.review_excepted(ana, record.number, reason="facts agree with the logbook") == 1
    with refused("nothing_waits"):
        second_reviews.review_excepted(ana, record.number, reason="facts agree with the logbook")
    record = sam.sign(record, "report")
    petra = Hand(PETRA)
    people.shown(petra.actor, record.number)
    said = {"classification": "minor", "classification_reason": "One vial, found at once."}
    with refused("second_review_waits"):
        petra.sign(record, "classify", said)
    assert second_reviews.review_excepted(omar.actor, record.number, reason="signed at his desk") == 1
    petra.sign(record, "classify", said)


def test_its_last_step_is_never_theirs(stocked: Database, refused: Any) -> None:
    excepted()
    people.granted("sam", "verifier")
    omar, sam = Hand(OMAR), Hand(SAM)
    record = omar.create("weighing", {"balance": "B-17"})
    people.shown(sam.actor, record.number)
    with refused("excepted_last_step"):
        sam.sign(record, "reject", reason="the balance was not level")


def test_neither_a_program_nor_a_delegation_leads_around_it(stocked: Database, refused: Any) -> None:
    excepted()
    petra, sam = signed_in(PETRA), signed_in(SAM)
    given: dict[str, Any] = {
        "process": "deviation",
        "steps": ["classify"],
        "begins_at": clock(),
        "ends_at": clock() + timedelta(days=5),
        "task": "approvals while Petra is on holiday",
    }
    with refused("delegate_unfit"):
        delegations.offer(petra, "sam", **given)
    number = access.allow_machine(
        signed_in(UMA),
        "sam",
        label="Balance import",
        scope=Scope(processes=("deviation",), operations=("create",)),
        expires_at=clock() + timedelta(days=5),
        reason=WHY,
    ).pk
    caller = Caller()
    caller.token = access.draw_machine(sam, number)
    assert caller.post("/records", {"process": "deviation", "fields": FIRST}).is_problem(403, "URS-AUT-01")


def test_who_reviews_did_none_of_it(stocked: Database, refused: Any) -> None:
    """An act of somebody whose exception ended since is still their own."""
    found = excepted()
    record = Hand(SAM).create("deviation", FIRST)
    identity.end_exception(signed_in(PETRA), found.pk, reason="the firm has an author again")
    people.granted("raj", "author")
    people.granted("tom", "system_administrator")  # of two, none ends the other
    for held in queries.active_grants(queries.person_of("sam")):
        identity.end_grant(signed_in(UMA), held.pk, reason="moves to another department")
    people.granted("sam", "author")
    sam = signed_in(SAM)
    with refused("own_review"):
        second_reviews.review_excepted(sam, record.number, reason="looked at it myself")


@pytest.mark.parametrize("how", ["ended", "lapsed"])
def test_with_the_exception_ends_the_role(stocked: Database, refused: Any, how: str) -> None:
    found = excepted(days=30 if how == "ended" else 3 / 86_400)
    sam, petra = signed_in(SAM), signed_in(PETRA)
    if how == "ended":
        assert sam.holds("author") and sam.holds("system_administrator")
        told = queries.access_list(petra, clock())
        assert {one.role for one in told if one.user_id == "sam"} == {"author", "system_administrator"}
        flagged = [one.title for one in access_reviews.rights(petra) if "conflicting roles" in one.flags]
        assert flagged == ["System administrator", "Author"] or flagged == ["Author", "System administrator"]
        with refused("reason_missing"):
            identity.end_exception(petra, found.pk, reason="")
        ana = signed_in(ANA)
        with refused("not_authorised"):
            identity.end_exception(ana, found.pk, reason="it is in the way")
        identity.end_exception(petra, found.pk, reason="the firm has an author again")
        with refused("exception_unknown"):
            identity.end_exception(petra, found.pk, reason="once more to be sure")
    else:
        while clock() < found.ends_at:
            pass
    again = signed_in(SAM)
    assert not again.holds("author") and again.holds("system_administrator")
    assert {one.role for one in queries.access_list(petra, clock()) if one.user_id == "sam"} == {
        "system_administrator"
    }
    assert not [one for one in access_reviews.rights(petra) if one.person.user_id == "sam" and one.flags]
    uma = signed_in(UMA)
    with refused("role_conflict"):
        identity.propose_grant(uma, "sam", "author", reason=WHY)


def test_by_pages(stocked: Database) -> None:
    uma, petra, sam, ana = visitor(UMA), visitor(PETRA), visitor(SAM), visitor(ANA)
    place, page = "/people/sam/exception", "/people/sam"
    lacking = uma.post(place, {"verb": "declare", "ends_on": "", "reason": WHY}, page=page)
    assert lacking.status_code == 422 and "last day" in uma.text(lacking)
    day = (clock() + timedelta(days=20)).date().isoformat()
    given = {"verb": "declare", "ends_on": day, "reason": WHY}
    assert uma.post(place, given, page=page).status_code == 302
    number = re.search(r'name="exception" value="(\d+)"', petra.text(petra.get(page)))
    assert number
    for odd in ("9" * 5_000, "x", ""):
        assert petra.post(place, {"verb": "approve", "exception": odd}, page=page).status_code == 404
    approve = {"verb": "approve", "exception": number[1]}
    assert sam.post(place, approve, page=page).status_code == 403
    assert petra.post(place, approve, page=page).status_code == 302
    assert "in force" in uma.text(uma.get(page))
    grant = {"role": "author", "site": "", "reason": WHY}
    assert uma.post("/people/sam/grants", grant, page=page).status_code == 302
    proposal = re.search(r'action="(/people/sam/grants/\d+)"', petra.text(petra.get(page)))
    assert proposal and petra.post(proposal[1], {"decision": "approve"}, page=page).status_code == 302
    record = Hand(SAM).create("capa", DRAFT)
    at = f"/records/{record.number}"
    assert "I have reviewed it" not in sam.text(sam.get(at))
    told = ana.text(ana.get(at))
    assert "1 act of Sam Okafor" in told and "I have reviewed it" in told
    empty = ana.post(f"{at}/second-review", {"second_reason": ""}, page=at)
    assert empty.status_code == 422
    done = ana.post(f"{at}/second-review", {"second_reason": "problem agrees with the log"}, page=at)
    assert done.status_code == 302 and "Waits for a second person" not in ana.text(ana.get(at))
    ended = {"verb": "end", "exception": number[1], "reason": "the firm has an author again"}
    assert petra.post(place, ended, page=page).status_code == 302


def test_over_the_interface(stocked: Database) -> None:
    uma, petra = Caller(UMA), Caller(PETRA)
    day = (clock() + timedelta(days=20)).date().isoformat()
    made = uma.post("/people/sam/exceptions", {"ends_on": day, "reason": WHY})
    assert made.status == 201 and made.body["user_id"] == "sam", made
    place = f"/exceptions/{made.body['id']}"
    assert uma.post(f"{place}/approval").is_problem(403, "URS-AUT-01")
    assert petra.post(f"{place}/approval").body["approved_by"] == "petra"
    assert Caller(INES).get("/people/sam/exceptions").body["items"][0]["approved_by"] == "petra"
    assert Caller(RAJ).get("/people/sam/exceptions").is_problem(403)
    grant = {"user_id": "sam", "role": "author", "reason": WHY}
    made = uma.post("/grants", grant)
    assert made.status == 202
    assert petra.post(f"/grants/{made.body['id']}/approval").body["state"] == "active"
    number = Caller(SAM).post("/records", {"process": "capa", "fields": DRAFT}).body["number"]
    held = Caller(SAM).get(f"/records/{number}").body["withheld"]
    assert "second_review_waits" in {one["code"] for one in held}
    reviewed = Caller(ANA).post(f"/records/{number}/second-review", {"reason": "agrees with the log"})
    assert reviewed.status == 200, reviewed
    assert petra.post(f"{place}/end", {"reason": "an author again"}).body["ended_at"]


@pytest.mark.urs("URS-ACC-03", "URS-UNQ-03")
def test_it_does_not_outlive_a_leave(stocked: Database, refused: Any) -> None:
    uma = signed_in(UMA)
    approved, waiting = excepted(), declared()
    people.granted("tom", "system_administrator")  # of two, none closes the other
    identity.deactivate_person(uma, "sam", reason="left the company in May")
    identity.reactivate_person(uma, "sam", reason="came back in June")
    for one in (approved, waiting):
        one.refresh_from_db()
        assert one.ended_by == "uma"
    assert queries.exception_in_force(queries.person_of("sam")) is None
    petra = signed_in(PETRA)
    with refused("exception_unknown"):
        identity.approve_exception(petra, waiting.pk)
