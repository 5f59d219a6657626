"""Device checks: a terminal proves itself, and what is bound to it is refused everywhere else (URS-DEV-01, 21 CFR 11.10(h))."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indelible.exports import actions as exports
from indelible.exports.bundle.actions import bundle
from indelible.exports.bundle.held import Order
from indelible.kernel.access import actions as access
from indelible.kernel.access import queries
from indelible.kernel.access.reach import proven_terminal
from indelible.kernel.audit.types import Actor
from indelible.kernel.workflow import actions as workflow
from tests.access.programs import program
from tests.api.calling import Caller
from tests.api.deviations import FIRST
from tests.conftest import Database, seal_all
from tests.people import ANA, INES, PETRA, SAM, UMA, signed_in
from tests.web.conftest import signed_in as visitor
from tests.workflow.carrying import Hand

pytestmark = pytest.mark.urs("URS-DEV-01")
D3 = access.Place(code="D-3", name="Dispensing booth 3", site="BSL")
WHY = "dispensing is entered at the booth"


def registered(place: access.Place = D3) -> str:
    """A terminal, enrolled by another than who registered it; its token."""
    access.register_terminal(signed_in(SAM), place, reason=WHY)
    return access.enrol_terminal(signed_in(UMA), place.code)


def bound(operation: str = "create", **over: Any) -> None:
    given: dict[str, Any] = {"terminals": ["D-3"], "networks": [], "reason": WHY, **over}
    access.decide_source(signed_in(PETRA), "deviation", operation, **given)


def test_registering_takes_two_administrators(stocked: Database, refused: Any) -> None:
    sam, uma, ana = signed_in(SAM), signed_in(UMA), signed_in(ANA)
    with refused("not_authorised"):
        access.register_terminal(ana, D3, reason=WHY)
    with refused("reason_missing"):
        access.register_terminal(sam, D3, reason="")
    for faulty in ({"code": "D 3"}, {"name": "x"}, {"site": "NIX"}, {"networks": ("10.0.0.1/8",)}):
        with refused("terminal_wrong"):
            access.register_terminal(sam, replace(D3, **faulty), reason=WHY)
    access.register_terminal(sam, D3, reason=WHY)
    with refused("terminal_taken"):
        access.register_terminal(uma, D3, reason=WHY)
    with refused("second_person"):
        access.enrol_terminal(sam, "D-3")
    with refused("not_authorised"):
        access.enrol_terminal(ana, "D-3")
    with refused("terminal_unknown"):
        access.enrol_terminal(uma, "D-4")
    token = access.enrol_terminal(uma, "D-3")
    with refused("terminal_enrolled"):
        access.enrol_terminal(uma, "D-3")
    told = stocked.superuser("select coalesce(string_agg(e::text, ' '), '') from audit.event e")[0][0]
    assert token not in told and proven_terminal(token, "192.0.2.10") == "D-3"
    access.end_terminal(uma, "D-3", reason="the booth was taken down")
    assert proven_terminal(token, "192.0.2.10") == ""
    with refused("terminal_unknown"):
        access.end_terminal(uma, "D-3", reason="once more to be sure")
    with refused("terminal_taken"):
        access.register_terminal(sam, D3, reason=WHY)


def test_a_copied_token_from_another_network_proves_nothing(stocked: Database) -> None:
    token = registered(replace(D3, networks=("10.20.0.0/16",)))
    assert proven_terminal(token, "10.20.3.4") == "D-3" == proven_terminal(token, "::ffff:10.20.3.4")
    assert proven_terminal(token, "::ffff:10.21.3.4") == ""
    assert proven_terminal(token, "10.21.3.4") == "" == proven_terminal(token, "no address")
    assert proven_terminal("", "10.20.3.4") == "" == proven_terminal("D-3", "10.20.3.4")


def test_binding_is_for_those_who_answer_for_the_process(stocked: Database, refused: Any) -> None:
    registered()
    petra, sam = signed_in(PETRA), signed_in(SAM)
    with refused("not_authorised"):
        access.decide_source(sam, "deviation", "create", terminals=["D-3"], networks=[], reason=WHY)
    with refused("reason_missing"):
        access.decide_source(petra, "deviation", "create", terminals=["D-3"], networks=[], reason=" ")
    for process, operation, terminals, networks in (
        ("no process", "create", ["D-3"], []),
        ("deviation", "sign", ["D-3"], []),
        ("deviation", "step:", ["D-3"], []),
        ("deviation", "create", ["D-9"], []),
        ("deviation", "create", [], ["10.0.0.1/8"]),
        ("deviation", "create", [], [f"10.{n}.0.0/16" for n in range(60)]),
    ):
        with refused("source_wrong"):
            access.decide_source(
                petra, process, operation, terminals=terminals, networks=networks, reason=WHY
            )


def test_an_entry_bound_to_a_terminal_is_refused_elsewhere_at_every_door(
    stocked: Database, refused: Any
) -> None:
    token = registered()
    bound()
    ana = signed_in(ANA)
    with refused("source_refused", urs="URS-DEV-01"):
        workflow.create_record(ana, "deviation", FIRST)
    caller, form = Caller(ANA), {"process": "deviation", "fields": FIRST}
    for forged in ({}, {"Indelible_Terminal": "D-3"}, {"Indelible_Terminal": token[:-2] + "xx"}):
        assert caller.call("POST", "/records", form, **forged).is_problem(403, "URS-DEV-01")
    assert program(ANA).post("/records", form).is_problem(403, "URS-DEV-01")
    made = caller.call("POST", "/records", form, Indelible_Terminal=token)
    assert made.status == 201, made
    trail = caller.get(f"/records/{made.body['number']}/audit-trail").body["items"]
    assert [one["terminal"] for one in trail if one["action"] == "record.create"] == ["D-3"]


def test_a_step_alone_can_be_bound_and_a_network_is_enough(stocked: Database, refused: Any) -> None:
    registered()
    ana = signed_in(ANA)
    number = workflow.create_record(ana, "deviation", FIRST).number
    bound("step:report", terminals=[], networks=["10.20.0.0/16"])
    with refused("source_refused"):
        workflow.take_step(ana, number, "report", revision=1)
    workflow.edit_record(ana, number, {"area": "Line 9"}, revision=1, reason="moved to line 9")
    with refused("source_refused"):
        workflow.take_step(replace(ana, source="::ffff:10.21.1.1"), number, "report", revision=2)
    with refused("not_read"):
        workflow.take_step(replace(ana, source="::ffff:10.20.1.1"), number, "report", revision=2)
    inside: Actor = replace(ana, source="10.20.1.1")
    with refused("not_read"):
        workflow.take_step(inside, number, "report", revision=2)
    bound("edit", terminals=["D-3"])
    with refused("source_refused"):
        workflow.edit_record(ana, number, {"area": "Line 8"}, revision=2, reason="moved to line 8")
    bound("edit", terminals=[])  # lifted again
    workflow.edit_record(ana, number, {"area": "Line 8"}, revision=2, reason="moved to line 8")
    assert [rule.operation for rule in queries.rules_in_force()] == ["step:report"]


def test_a_step_that_opens_a_record_is_no_second_door(stocked: Database, refused: Any) -> None:
    """Where records of a process are opened at a terminal only, a step of another process does not open one elsewhere."""
    token = registered()
    access.decide_source(signed_in(PETRA), "capa", "create", terminals=["D-3"], networks=[], reason=WHY)
    ana, petra = Hand(ANA), Hand(PETRA)
    record = ana.sign(ana.create("deviation", FIRST), "report")
    said = {"classification": "minor", "classification_reason": "One vial, found at once."}
    record = petra.sign(record, "classify", said)
    with refused("source_refused"):
        workflow.take_step(ana.actor, record.number, "raise_capa", revision=record.revision)
    here = replace(ana.actor, terminal=proven_terminal(token, ana.actor.source))
    workflow.take_step(here, record.number, "raise_capa", revision=record.revision)


def test_by_pages_the_device_itself_becomes_the_terminal(stocked: Database) -> None:
    sam, uma, petra = visitor(SAM), visitor(UMA), visitor(PETRA)
    form = {"code": "D-3", "name": "Booth 3", "site": "BSL", "networks": "", "reason": ""}
    lacking = sam.post("/terminals", form, page="/terminals")
    assert lacking.status_code == 422 and "Booth 3" in sam.text(lacking)
    assert sam.post("/terminals", {**form, "reason": WHY}, page="/terminals").status_code == 302
    own = sam.post("/terminals/D-3", {"verb": "enrol"}, page="/terminals")
    assert own.status_code == 403 and "terminal" not in own.cookies
    made = uma.post("/terminals/D-3", {"verb": "enrol"}, page="/terminals")
    assert made.status_code == 302 and made.cookies["terminal"]["httponly"]
    assert "You are at <strong>D-3</strong>" in uma.text(uma.get("/terminals"))
    rule = {"operation": "deviation create", "terminals": "D-3", "rule_networks": "", "reason": WHY}
    unknown = petra.post("/terminals/rules", {**rule, "terminals": "D-9"}, page="/terminals")
    assert unknown.status_code == 422 and "D-9" in petra.text(unknown)
    assert petra.post("/terminals/rules", rule, page="/terminals").status_code == 302
    assert "Deviation: Open records" in petra.text(petra.get("/terminals"))
    assert "Register a terminal" not in petra.text(petra.get("/terminals"))
    ana = visitor(ANA)
    refusal = ana.post("/processes/deviation/new", {"title": "Vial 7"}, page="/processes/deviation/new")
    assert refusal.status_code == 403 and "URS-DEV-01" in ana.text(refusal)
    assert uma.post("/terminals/D-3", {"verb": "end", "reason": "booth taken down"}, page="/terminals")
    assert "no registered terminal" in uma.text(uma.get("/terminals"))


def test_over_the_interface(stocked: Database) -> None:
    sam, uma, petra = Caller(SAM), Caller(UMA), Caller(PETRA)
    made = sam.post("/terminals", {"code": "D-3", "name": "Booth 3", "site": "BSL", "reason": WHY})
    assert made.status == 201 and made.body["site"] == "BSL", made
    token = uma.post("/terminals/D-3/token").body["token"]
    listed = Caller(INES).get("/terminals").body["items"]
    assert [one["code"] for one in listed] == ["D-3"] and token not in str(listed)
    rule = {"process": "deviation", "operation": "create", "terminals": ["D-3"], "reason": WHY}
    assert petra.post("/source-rules", rule).status == 201
    assert petra.get("/source-rules").body["items"][0]["terminals"] == ["D-3"]
    assert uma.post("/terminals/D-3/end", {"reason": "booth taken down"}).body["ended_at"]


def test_copies_are_bound_as_one_and_in_a_bundle(stocked: Database, refused: Any, tmp_path: Path) -> None:
    registered()
    ana, ines = signed_in(ANA), signed_in(INES)
    number = workflow.create_record(ana, "deviation", FIRST).number
    seal_all(stocked, tmp_path)
    bound("copy", terminals=["D-3"])
    for form in ("json", "pdf"):
        with refused("source_refused"):
            exports.copy_record(ana, number, form)
    with refused("source_refused"):
        bundle(ines, Order(numbers=[number]))
    assert exports.copy_record(replace(ana, terminal="D-3"), number, "json").content
