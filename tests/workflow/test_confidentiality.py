"""A record of a confidentiality class is, for everybody else, like one that does not exist: by every side door (URS-AUT-06)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indelible.exports import actions as exports
from indelible.exports.bundle.actions import bundle
from indelible.exports.bundle.held import Order
from indelible.jobs.verification import examine
from indelible.kernel.identity import actions as identity
from indelible.kernel.records import actions as record_actions
from indelible.kernel.records import queries as records
from indelible.kernel.records import trail
from indelible.kernel.records.slice import sees_whole_trail
from indelible.kernel.records.types import RecordFilter, TrailFilter
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow.queries import my_work, record_document
from indelible.kernel.workflow.situations import case_of
from tests import people
from tests.access.programs import program
from tests.api.calling import Caller
from tests.api.deviations import FIRST
from tests.api.test_records import upload
from tests.conftest import Database, seal_all
from tests.people import ANA, EVE, INES, OMAR, PETRA, RAJ, SAM, UMA, signed_in
from tests.web.conftest import signed_in as visitor
from tests.workflow.carrying import Hand

pytestmark = pytest.mark.urs("URS-AUT-06")
WHY = "it names the health of a person"


def confined(code: str = "HR") -> str:
    """A deviation of Ana in a class that is open to her alone; its number."""
    identity.open_class(signed_in(PETRA), "ana", code, reason=WHY)
    ana = Hand(ANA)
    record = ana.create("deviation", {**FIRST, "title": "Needle stick in the changing room"})
    return workflow.confine(signed_in(ANA), record.number, code, reason=WHY).number


def test_who_opens_a_class_to_whom(stocked: Database, refused: Any) -> None:
    petra, sam = signed_in(PETRA), signed_in(SAM)
    with refused("not_authorised"):
        identity.open_class(sam, "ana", "HR", reason=WHY)
    with refused("own_rights"):
        identity.open_class(petra, "petra", "HR", reason=WHY)
    with refused("person_unknown"):
        identity.open_class(petra, "ghost", "HR", reason=WHY)
    with refused("reason_missing"):
        identity.open_class(petra, "ana", "HR", reason=" ")
    for code in ("", "two words", "x" * 41):
        with refused("class_wrong"):
            identity.open_class(petra, "ana", code, reason=WHY)
    identity.open_class(petra, "ana", "HR", reason=WHY)
    with refused("class_held"):
        identity.open_class(petra, "ana", "HR", reason=WHY)
    with refused("class_unknown"):
        identity.close_class(petra, "omar", "HR", reason=WHY)
    identity.deactivate_person(sam, "omar", reason="left the company on Friday")
    with refused("person_inactive"):
        identity.open_class(petra, "omar", "HR", reason=WHY)


def test_who_confines_and_never_out_of_their_own_sight(stocked: Database, refused: Any) -> None:
    number = Hand(ANA).create("deviation", FIRST).number
    ana, omar, petra = signed_in(ANA), signed_in(OMAR), signed_in(PETRA)
    with refused("not_allowed"):
        workflow.confine(omar, number, "HR", reason=WHY)
    with refused("reason_missing"):
        workflow.confine(ana, number, "HR", reason="")
    with refused("class_wrong"):
        workflow.confine(petra, number, "HR", reason=WHY)
    identity.open_class(petra, "omar", "HR", reason=WHY)
    with refused("class_wrong"):
        workflow.confine(petra, number, "HR", reason=WHY)  # Ana, who owns it, would not find it again
    identity.open_class(petra, "ana", "HR", reason=WHY)
    again = signed_in(ANA)
    assert workflow.confine(again, number, "HR", reason=WHY).confidentiality == "HR"
    told = stocked.rows(
        "select user_id, reason from audit.act where action = 'record.confine' and outcome = 'done'"
    )
    assert told == [("ana", WHY)]
    assert (
        workflow.confine(signed_in(PETRA), number, "", reason="nobody is named any more").confidentiality
        is None
    )
    assert records.get(signed_in(EVE), number).number == number


def test_every_side_door_says_it_is_not_there(stocked: Database, refused: Any, tmp_path: Path) -> None:
    number = confined()
    ana, omar, uma, sam = (signed_in(one) for one in (ANA, OMAR, UMA, SAM))
    for actor in (omar, uma, sam):
        with refused("not_there"):
            record_actions.open_record(actor, number)
        assert records.count(actor, RecordFilter()) == 0
        assert records.page(actor, RecordFilter(q="needle")).items == []
        assert records.counts_by_state(actor) == {}
        assert [one for one in my_work(actor) if one["number"] == number] == []
        assert not [
            i for i in trail.entries(actor, TrailFilter()) if i["record"] == number and i["outcome"] == "done"
        ]
        assert list(trail.entries(actor, TrailFilter(record=number, outcome="done"))) == []
        with refused("not_there"):
            exports.copy_record(actor, number, "json")
        with refused("not_there"):
            workflow.edit_record(actor, number, {"area": "Line 9"}, revision=1)
        with refused("not_there"):
            bundle(actor, Order(numbers=[number]))
        assert not sees_whole_trail(actor)
    other = Hand(OMAR).create("deviation", FIRST).number
    with refused("not_there"):
        workflow.link_records(omar, other, "related", number)
    workflow.link_records(ana, number, "related", other)
    shown = record_document(omar, other)
    assert shown["links"] == [] and number not in str(shown)
    for seeing in (signed_in(ANA), signed_in(PETRA), signed_in(INES)):
        assert records.get(seeing, number).confidentiality == "HR"
        assert [i["record"] for i in trail.entries(seeing, TrailFilter(record=number))]
    seal_all(stocked, tmp_path)
    assert examine(stocked.url("verify"), stocked.home, sealer_folder=tmp_path).findings == ()


def test_the_trail_of_a_record_does_not_name_what_it_was_linked_to(stocked: Database) -> None:
    """Of an act that linked a hidden record neither its number is told nor is the act found by it."""
    number = confined()
    ana, omar, petra = signed_in(ANA), signed_in(OMAR), signed_in(PETRA)
    seen = Hand(ANA).create("deviation", FIRST).number
    workflow.link_records(ana, seen, "related", number)
    acts = [one for one in trail.entries(omar, TrailFilter(record=seen)) if one["action"] == "record.link"]
    assert [one["object"] for one in acts] == [""] and number not in str(acts)
    assert list(trail.entries(omar, TrailFilter(record=seen, q=number))) == []
    assert number not in str(Caller(OMAR).get(f"/records/{seen}/audit-trail").body)
    for reader in (ana, petra):
        told = list(trail.entries(reader, TrailFilter(record=seen, q=number)))
        assert [one["object"] for one in told if one["action"] == "record.link"] == [number]


def test_over_the_interface_it_answers_like_what_does_not_exist(stocked: Database) -> None:
    number = confined()
    sha256 = upload(Caller(ANA), number, "note.txt", b"who was hurt").body["attachments"][0]["sha256"]
    omar, nowhere = Caller(OMAR), f"{number[:-5]}99999"
    for path in (
        "",
        "/audit-trail",
        "/signatures",
        "/revisions",
        f"/attachments/{sha256}",
        "/copy?format=json",
    ):
        hidden, absent = omar.get(f"/records/{number}{path}"), omar.get(f"/records/{nowhere}{path}")
        assert hidden.is_problem(404, "URS-AUT-06"), path
        assert hidden.content.replace(number.encode(), nowhere.encode()) == absent.content
    assert number not in str(omar.get("/records?q=needle").body)
    assert number not in str(omar.get("/audit-trail?q=needle").body)
    assert number not in str(Caller(SAM).get("/audit-trail?action=record.confine").body)


def test_closed_it_is_gone_at_the_next_request_and_a_program_has_no_more(stocked: Database) -> None:
    number = confined()
    page, tool = Caller(ANA), program(ANA)
    assert page.get(f"/records/{number}").status == 200 == tool.get(f"/records/{number}").status
    identity.close_class(signed_in(PETRA), "ana", "HR", reason="works elsewhere now")
    assert page.get(f"/records/{number}").is_problem(404) and tool.get(f"/records/{number}").is_problem(404)


def test_a_program_of_qa_has_no_class_that_was_not_opened(stocked: Database) -> None:
    number = confined()
    people.granted("petra", "author")
    assert Caller(PETRA).get(f"/records/{number}").status == 200
    assert program(PETRA).get(f"/records/{number}").is_problem(404)


def test_a_hidden_record_still_holds_what_it_keeps_open(stocked: Database) -> None:
    """What a guard must not overlook it sees; whom it may not be named to does not read its number."""
    number = confined()
    omar = Hand(OMAR)
    mine = omar.create("deviation", FIRST)
    workflow.link_records(signed_in(ANA), number, "related", mine.number)
    case = case_of(omar.actor, mine)
    assert [link.source.number for link in case.links] == [number]


def test_by_pages(stocked: Database) -> None:
    petra, ana, omar = visitor(PETRA), visitor(ANA), visitor(OMAR)
    place, page = "/people/ana/classes", "/people/ana"
    wrong = petra.post(place, {"verb": "open", "code": "two words", "reason": WHY}, page=page)
    assert wrong.status_code == 422 and 'value="two words"' in petra.text(wrong)
    assert petra.post(place, {"verb": "open", "code": "HR", "reason": WHY}, page=page).status_code == 302
    assert "HR" in petra.text(petra.get(page))
    number = Hand(ANA).create("deviation", FIRST).number
    at = f"/records/{number}"
    assert "Who may know of it" in ana.text(ana.get(at)) and "Who may know of it" not in omar.text(
        omar.get(at)
    )
    lacking = ana.post(f"{at}/confidentiality", {"confidentiality": "HR", "reason": ""}, page=at)
    assert lacking.status_code == 422
    done = ana.post(f"{at}/confidentiality", {"confidentiality": "HR", "reason": WHY}, page=at)
    assert done.status_code == 302 and "Confidential" in ana.text(ana.get(at))
    assert omar.get(at).status_code == 404
    closed = {"verb": "end", "code": "HR", "reason": "works elsewhere now"}
    assert petra.post(place, closed, page=page).status_code == 302
    assert ana.get(at).status_code == 404


def test_classes_over_the_interface(stocked: Database) -> None:
    petra = Caller(PETRA)
    made = petra.post("/people/ana/classes", {"code": "HR", "reason": WHY})
    assert made.status == 201 and made.body["code"] == "HR", made
    assert Caller(INES).get("/people/ana/classes").body["items"][0]["given_by"] == "petra"
    number = Caller(ANA).post("/records", {"process": "deviation", "fields": FIRST}).body["number"]
    put = Caller(ANA).call(
        "PUT", f"/records/{number}/confidentiality", {"confidentiality": "HR", "reason": WHY}
    )
    assert put.status == 200 and put.body["confidentiality"] == "HR", put
    assert petra.post("/people/ana/classes/HR/end", {"reason": "works elsewhere now"}).status == 200
    assert Caller(ANA).get(f"/records/{number}").is_problem(404, "URS-AUT-06")


def test_what_a_confidential_record_opens_is_confidential_too(stocked: Database) -> None:
    """The CAPA of a deviation carries its title and its facts."""
    number = confined()
    ana = Hand(ANA)
    petra = Hand(PETRA)
    record = petra.sign(
        ana.sign(records.get(ana.actor, number), "report"),
        "classify",
        {"classification": "major", "classification_reason": "Second time."},
    )
    ana.take(record, "raise_capa")
    (link,) = record_document(ana.actor, number)["links"]
    assert records.get(ana.actor, link["number"]).confidentiality == "HR"
    assert Caller(RAJ).get(f"/records/{link['number']}").is_problem(404)
