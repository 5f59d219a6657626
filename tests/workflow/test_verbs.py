"""Right paths beside the wrong ones: links, files, limits, standing of signatures, processes, lists."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from indelible.catalogue.loading import read, shipped_files
from indelible.kernel.audit.queries import clock
from indelible.kernel.records.queries import get
from indelible.kernel.records.types import RecordFilter
from indelible.kernel.workflow import actions, processes, queries
from indelible.kernel.workflow.checks import parse
from indelible.kernel.workflow.faults import Faulty
from tests.conftest import Database
from tests.people import ANA, OMAR, PETRA, RAJ, VIC
from tests.workflow.carrying import DRAFT, PLAN, Hand, checked, planned

Refused = Callable[..., Any]
NOT_HERE = {"not_applicable": "nothing of the kind is touched"}


def reported(owner: Hand) -> Any:
    """A deviation that waits for its classification."""
    now = clock()
    fields = {
        "title": "Room 4 too warm",
        "occurred_at": (now - timedelta(hours=2)).isoformat(timespec="seconds"),
        "discovered_at": (now - timedelta(hours=1)).isoformat(timespec="seconds"),
        "area": "Room 4",
        "product": NOT_HERE,
        "facts": "26.1 degrees from 02:00 to 03:30.",
        "immediate_action": "Moved the pallets to room 5.",
        "lots": [{"lot": "A-17", "status": "on hold"}],
        "systems": NOT_HERE,
        "documents": NOT_HERE,
    }
    return owner.sign(owner.create("deviation", fields), "report")


CAUSE = {
    "cause_category": "machine",
    "cause": "The damper stuck.",
    "impact": "None: within the excursion allowance.",
    "other_lots": "Lots B-1 and B-2 were in room 5 throughout.",
    "correction": "Damper freed.",
    "capa_decision": "CAPA raised",
    "capa_decision_reason": "Second time this year.",
}


@pytest.mark.urs("URS-QDV-01", "URS-QDV-02", "URS-QCA-03")
def test_a_deviation_is_closed_only_when_its_capa_has_ended(company: Database, refused: Refused) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = reported(ana)
    with refused("field_missing"):
        petra.sign(record, "classify")
    with refused("not_allowed"):
        ana.sign(record, "classify", {"classification": "minor", "classification_reason": "Short."})
    record = petra.sign(
        record, "classify", {"classification": "major", "classification_reason": "Second time."}
    )
    with refused("field_missing"):
        petra.sign(record, "reclassify", reason="it was less than thought")
    with refused("reason_missing"):
        petra.sign(record, "reclassify", {"classification": "minor", "classification_reason": "Short."})
    with refused("field_not_yours"):
        ana.edit(record, {"extended_until": "2027-01-01"})
    record = petra.sign(
        record,
        "extend",
        {"extended_until": (clock() + timedelta(days=50)).date().isoformat()},
        reason="laboratory is late",
    )
    record = ana.sign(ana.edit(record, CAUSE), "propose")
    with refused("condition_unmet"):
        petra.sign(record, "close", {"qa_assessment": "Agreed."})
    record = petra.sign(record, "return_investigation", reason="no CAPA was raised yet")
    record = ana.take(record, "raise_capa")
    record = ana.sign(record, "propose")
    with refused("link_open") as caught:
        petra.sign(record, "close", {"qa_assessment": "Agreed."})
    document = queries.record_document(petra.actor, record.number)
    capa = document["links"][0]
    assert capa["kind"] == "raised" and capa["number"] in caught.value.detail
    assert document["due"] is not None
    started = queries.record_document(ana.actor, capa["number"])
    assert started["fields"] == {"title": "Room 4 too warm", "problem": "26.1 degrees from 02:00 to 03:30."}
    child = get(ana.actor, capa["number"])
    petra.sign(child, "cancel", reason="covered by the yearly overhaul")
    assert petra.sign(record, "close", {"qa_assessment": "Agreed."}).state == "closed"


@pytest.mark.urs("URS-QDV-02", "URS-QCA-03")
def test_a_deviation_is_not_closed_while_the_successor_of_its_failed_capa_is_open(
    company: Database, refused: Refused
) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = petra.sign(
        reported(ana), "classify", {"classification": "major", "classification_reason": "Second time."}
    )
    record = ana.sign(ana.take(ana.edit(record, CAUSE), "raise_capa"), "propose")
    first = get(ana.actor, queries.record_document(ana.actor, record.number)["links"][0]["number"])
    first = petra.sign(planned(ana, of=ana.edit(first, {"source": "deviation"})), "approve_plan")
    rows = [{**row, "done": "2026-01-31", "evidence": "Room plan 4"} for row in first.values["actions"]]
    first = ana.sign(ana.edit(first, {"actions": rows}), "finish")
    first = petra.sign(first, "replace", {"result": "Two rejects."}, reason="target missed in lot B")
    assert first.state == "failed"
    links = queries.record_document(petra.actor, first.number)["links"]
    successor = next(link["number"] for link in links if link["kind"] == "followed_by")
    with refused("link_open") as caught:
        petra.sign(record, "close", {"qa_assessment": "Agreed."})
    assert successor in caught.value.detail
    told = {w["name"]: w for w in queries.record_document(petra.actor, record.number)["withheld"]}
    assert told["close"]["rule"] == "URS-QCA-03"
    petra.sign(get(petra.actor, successor), "cancel", reason="the line is taken down")
    assert petra.sign(record, "close", {"qa_assessment": "Agreed."}).state == "closed"


@pytest.mark.urs("URS-LNK-02")
def test_a_step_back_withdraws_and_a_change_makes_it_an_earlier_revision(company: Database) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = checked(ana, petra)

    def standings() -> dict[str, str]:
        told = queries.record_document(ana.actor, record.number)["signatures"]
        return {s["step"]: s["standing"] for s in told}

    assert set(standings().values()) == {"stands"}
    record = petra.sign(record, "reopen", {"result": "Two rejects."}, reason="target missed in lot B")
    assert standings() == {
        "submit": "stands",
        "propose": "withdrawn",
        "approve_plan": "withdrawn",
        "finish": "withdrawn",
        "reopen": "stands",
    }
    record = ana.edit(record, {"root_cause": "The draught from the new door."}, reason="second investigation")
    now = standings()
    assert now["propose"] == now["approve_plan"] == "earlier revision"
    assert now["submit"] == "stands"


@pytest.mark.urs("URS-QCA-03")
def test_what_comes_with_the_step_is_said_anew_in_the_second_round(
    company: Database, refused: Refused
) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = checked(ana, petra)
    record = petra.sign(record, "reopen", {"result": "Two rejects."}, reason="target missed in lot B")
    with refused("resubmitted"):
        ana.sign(record, "propose")
    record = ana.edit(record, {"root_cause": "The draught from the new door."}, reason="second investigation")
    record = petra.sign(ana.sign(record, "propose"), "approve_plan")
    record = ana.sign(record, "finish")
    with refused("field_missing"):
        petra.sign(record, "effective")
    record = petra.edit(record, {"result": "None in six lots."}, reason="second check was made")
    assert petra.sign(record, "effective").state == "closed"


@pytest.mark.urs("URS-OPS-05")
def test_a_value_beyond_its_limits_is_kept_flagged_followed_and_verified(
    company: Database, refused: Refused
) -> None:
    omar, vic = Hand(OMAR), Hand(VIC)
    record = omar.create("weighing", {"balance": "B-7", "mass": {"value": "12.0", "unit": "mg"}})
    document = queries.record_document(omar.actor, record.number)
    assert [(f["value"]["value"], f["retyped_in"]) for f in document["flags"]] == [("12.0", None)]
    follower = document["links"][0]
    assert follower["kind"] == "explained_by" and follower["open"]
    with refused("reason_missing"):
        omar.edit(record, {"mass": {"value": "9.90", "unit": "mg"}})
    record = omar.edit(record, {"mass": {"value": "9.90", "unit": "mg"}}, reason="the pan was not clean")
    with refused("retyped_unverified"):
        omar.sign(record, "finish")
    record = vic.sign(record, "verify_retyped")
    record = omar.sign(record, "finish")
    document = queries.record_document(omar.actor, record.number)
    assert [(f["value"]["value"], f["retyped_in"], f["verified"]) for f in document["flags"]] == [
        ("12.0", 2, True)
    ]
    assert document["fields"]["mass"] == {"value": "9.90", "unit": "mg"}
    with refused("link_open"):
        vic.sign(record, "accept")


@pytest.mark.urs("URS-OPS-05")
def test_a_later_value_beyond_its_limits_is_followed_too_and_a_signer_counts_once(
    company: Database, refused: Refused
) -> None:
    omar, vic = Hand(OMAR), Hand(VIC)
    record = omar.create("weighing", {"balance": "B-7"})
    record = omar.edit(record, {"mass": {"value": "9.0", "unit": "mg"}})
    assert [link["kind"] for link in queries.record_document(omar.actor, record.number)["links"]] == [
        "explained_by"
    ]
    record = omar.edit(record, {"mass": {"value": "9.60", "unit": "mg"}}, reason="the pan was not clean")
    record = vic.sign(record, "verify_retyped")
    with refused("signed_before"):
        vic.sign(record, "reject", reason="the balance is not calibrated")


@pytest.mark.urs("URS-AUT-02")
def test_the_owner_does_not_extend_the_own_investigation(company: Database, refused: Refused) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = reported(ana)
    record = petra.sign(record, "classify", {"classification": "minor", "classification_reason": "Short."})
    record = actions.reassign(ana.actor, record.number, "petra", reason="Petra leads it from here on")
    with refused("own_record"):
        petra.sign(record, "extend", {"extended_until": "2027-01-01"}, reason="laboratory is late")


@pytest.mark.urs("URS-AUT-01")
def test_an_action_owner_writes_in_own_rows_only(company: Database, refused: Refused) -> None:
    ana, petra, omar = Hand(ANA), Hand(PETRA), Hand(OMAR)
    rows = [PLAN["actions"][0], {**PLAN["actions"][0], "what": "Train", "owner": "raj"}]
    record = petra.sign(planned(ana, actions=rows), "approve_plan")
    done = {"done": "2026-01-31", "evidence": "Room plan 4"}
    with refused("field_not_yours"):
        omar.edit(record, {"actions": [record.values["actions"][0], {**record.values["actions"][1], **done}]})
    with refused("field_not_yours"):
        omar.edit(
            record,
            {"actions": [{**record.values["actions"][0], "due": "2027-12-31"}, record.values["actions"][1]]},
            reason="more time",
        )
    record = omar.edit(
        record, {"actions": [{**record.values["actions"][0], **done}, record.values["actions"][1]]}
    )
    assert record.values["actions"][0]["done"] == "2026-01-31"


def test_links_by_either_name(company: Database, refused: Refused) -> None:
    ana, raj = Hand(ANA), Hand(RAJ)
    capa, deviation, other = ana.create("capa", DRAFT), reported(ana), reported(ana)
    with refused("unknown_link"):
        actions.link_records(ana.actor, capa.number, "carries", deviation.number)
    with refused("not_allowed"):
        actions.link_records(raj.actor, capa.number, "raised_by", deviation.number)
    with refused("not_there"):
        actions.link_records(ana.actor, capa.number, "raised_by", "DEV-2026-09999")
    actions.link_records(ana.actor, capa.number, "raised_by", deviation.number)
    actions.link_records(ana.actor, other.number, "raised", capa.number)
    with refused("link_stands"):
        actions.link_records(ana.actor, capa.number, "raised_by", deviation.number)
    kinds = {link["kind"] for link in queries.record_document(ana.actor, capa.number)["links"]}
    assert kinds == {"raised_by"}
    assert len(queries.record_document(ana.actor, capa.number)["links"]) == 2


def test_files_at_a_field_and_at_the_record(company: Database, refused: Refused) -> None:
    ana, raj = Hand(ANA), Hand(RAJ)
    record = ana.create("capa", DRAFT)

    def attach(hand: Hand, content: bytes, **more: Any) -> Any:
        return actions.attach_file(
            hand.actor, record.number, name="plan.pdf", content=io.BytesIO(content), **more
        )

    ignoring = ("files_blob",)
    with refused("not_allowed"):
        attach(raj, b"%PDF-1", field="evidence")
    with refused("field_closed"):
        attach(ana, b"%PDF-1", field="completion")
    with refused("unknown_field"):
        attach(ana, b"%PDF-1", field="title")
    first = attach(ana, b"%PDF-1", field="evidence")
    assert attach(ana, b"%PDF-1", field="evidence").pk == first.pk
    with refused("reason_missing", ignoring=ignoring):
        attach(ana, b"%PDF-2", field="evidence")
    attach(ana, b"%PDF-2", field="evidence", reason="page two was missing")
    attach(ana, b"%PDF-3")
    document = queries.record_document(ana.actor, record.number)
    assert len(document["fields"]["evidence"]) == 2
    assert [(a["field"], a["version"]) for a in document["attachments"]] == [
        ("evidence", 1),
        ("evidence", 2),
        ("", 1),
    ]


@pytest.mark.urs("URS-AUD-08")
def test_a_new_version_leaves_begun_records_under_theirs(company: Database, refused: Refused) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = ana.create("capa", DRAFT)
    data = read(next(p for p in shipped_files() if p.stem == "capa").read_bytes())
    assert actions.publish_process(petra.actor, parse(data), reason="the same again").version == 1
    data["steps"]["submit"]["sign"]["meaning"] = "Report"
    changed = parse(data)
    with refused("not_allowed"):
        actions.publish_process(ana.actor, changed, reason="a better word for it")
    with refused("reason_missing"):
        actions.publish_process(petra.actor, changed, reason="")
    assert actions.publish_process(petra.actor, changed, reason="a better word for it").version == 2
    old = queries.record_document(ana.actor, record.number)
    assert (old["process_version"], old["steps"][0]["signature"]["meaning"]) == (
        1,
        "Responsibility for the report",
    )
    new = ana.create("capa", DRAFT)
    assert queries.record_document(ana.actor, new.number)["process_version"] == 2
    assert queries.process("capa")["version"] == 2
    data["links"]["follows"]["to"] = ["unheard_of"]
    with pytest.raises(Faulty):
        actions.publish_process(petra.actor, parse(data), reason="a better word for it")


@pytest.mark.urs("URS-AUD-08")
def test_a_process_changed_underneath_stops_its_records(
    company: Database, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = Hand(ANA)
    record = ana.create("capa", DRAFT)
    triggers = ("indelible_capture", "indelible_append_only")
    for trigger in triggers:
        company.superuser(f"alter table workflow_process disable trigger {trigger}")
    company.superuser(
        "update workflow_process set title = 'X', declaration = declaration || '{\"title\": \"X\"}'"
    )
    for trigger in triggers:
        company.superuser(f"alter table workflow_process enable always trigger {trigger}")
    monkeypatch.setattr(processes, "_BY_FINGERPRINT", {})
    with refused("process_damaged"):
        ana.edit(record, {"title": "Another"}, reason="it reads better")


def test_lists_and_work_name_what_waits_and_why(company: Database) -> None:
    ana, petra, omar = Hand(ANA), Hand(PETRA), Hand(OMAR)
    record = planned(ana)
    assert [(w["number"], w["why"]) for w in queries.my_work(petra.actor)] == [
        (record.number, "Waits for you: Approve the plan")
    ]
    record = petra.sign(record, "approve_plan")
    assert [(w["number"], w["why"]) for w in queries.my_work(omar.actor)] == [
        (record.number, "You own an action")
    ]
    assert [w["why"] for w in queries.my_work(ana.actor)] == ["You own it"]
    page = queries.list_records(ana.actor, RecordFilter(process="capa", state="implementation"))
    assert [item["number"] for item in page["items"]] == [record.number]


def test_processes_are_told_as_the_interface_says(company: Database) -> None:
    capa = queries.process("capa")
    approve = next(step for step in capa["steps"] if step["name"] == "approve_plan")
    assert approve["from"] == ["planned"] and approve["roles"] == ["qa_approver"]
    assert approve["signature"] == {"meaning": "Approval of the plan"}
    assert {p["code"] for p in queries.processes()} == {"capa", "deviation", "integrity_finding", "weighing"}
    assert capa["states"][0] == "draft" and capa["final"] == ["closed", "failed", "void"]


def test_a_record_page_costs_few_queries(company: Database) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    petra = Hand(PETRA)
    record = petra.sign(
        checked(Hand(ANA), petra), "reopen", {"result": "Two rejects."}, reason="target missed"
    )
    queries.record_document(petra.actor, record.number)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        queries.record_document(petra.actor, record.number)
    assert len(asked) <= 8, [q["sql"][:90] for q in asked]
