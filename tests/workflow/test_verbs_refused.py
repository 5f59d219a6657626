"""Wrong paths first: each verb refused by name of the rule, nothing changed, the refusal on record."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from indelible.kernel.audit.types import job
from indelible.kernel.records.queries import get
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions, queries
from tests.conftest import Database
from tests.people import ANA, INES, LIN, OMAR, PETRA, RAJ, SAM, TOM, VIC
from tests.workflow.carrying import DRAFT, PLAN, Hand, checked, planned
from tests.workflow.test_repeated import CLASS
from tests.workflow.test_verbs import reported

Refused = Callable[..., Any]
SEEN = ("identity_session_seen",)


@pytest.mark.urs("URS-OPS-01")
def test_a_step_out_of_sequence(company: Database, refused: Refused) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = ana.sign(ana.create("capa", DRAFT), "submit")
    with refused("out_of_sequence"):
        petra.sign(record, "effective", {"result": "fine"})
    with refused("out_of_sequence"):
        ana.sign(record, "submit")
    with refused("unknown_step"):
        petra.sign(record, "close_now")


@pytest.mark.urs("URS-OPS-04")
def test_a_stale_view_saves_and_signs_nothing(company: Database, refused: Refused) -> None:
    ana = Hand(ANA)
    record = ana.create("capa", DRAFT)
    ana.edit(record, {"title": "Vials of lot A underweight"}, reason="more vials were found")
    with refused("stale_revision") as caught:
        ana.edit(record, {"problem": "Other"}, revision=1, reason="more vials were found")
    assert "title" in caught.value.detail
    with refused("stale_revision"):
        ana.sign(record, "submit", revision=1)


@pytest.mark.urs("URS-AUT-01")
def test_nothing_is_allowed_by_default(company: Database, refused: Refused) -> None:
    ana, omar, ines, sam, raj, tom, vic = map(Hand, (ANA, OMAR, INES, SAM, RAJ, TOM, VIC))
    for hand in (ines, sam, tom, vic):
        with refused("not_allowed"):
            hand.create("capa", DRAFT)
    record = planned(ana)
    for hand in (ana, raj, ines, sam):
        with refused("not_allowed"):
            hand.sign(record, "approve_plan")
    with refused("not_allowed"):
        ines.edit(record, {"title": "Mine"}, reason="I would like it so")
    with refused("out_of_sequence"):
        ana.edit(record, {"root_cause": "Another"}, reason="I thought again")
    with refused("out_of_sequence"):
        omar.edit(record, {"actions": []}, reason="I thought again")


@pytest.mark.urs("URS-AUT-01")
def test_a_role_that_ended_gives_nothing_even_to_the_owner(company: Database, refused: Refused) -> None:
    from dataclasses import replace

    ana = Hand(ANA)
    record = ana.create("capa", DRAFT)
    ana.actor = replace(ana.actor, roles=())
    with refused("not_allowed"):
        ana.edit(record, {"title": "Other"}, reason="it reads better")
    with refused("not_allowed"):
        ana.sign(record, "submit")


@pytest.mark.urs("URS-AUT-06")
def test_not_there_and_not_yours_are_one_answer(company: Database, refused: Refused) -> None:
    record = Hand(ANA).create("capa", DRAFT)
    lin = Hand(LIN)
    details = []
    for number in (record.number, "CAPA-2026-09999"):
        with refused("not_there") as caught:
            actions.edit_record(lin.actor, number, {"title": "x"}, revision=1)
        details.append(caught.value.detail.replace(number, "N"))
        with refused("not_there"):
            actions.take_step(lin.actor, number, "submit", revision=1)
        with refused("not_there"):
            actions.read_record(lin.actor, number)
        with refused("not_there"):
            actions.link_records(lin.actor, number, "raised_by", number)
        with refused("not_there"):
            actions.reassign(lin.actor, number, "lin", reason="I take it over")
    assert details[0] == details[1]
    with refused("site_not_yours"):
        lin.create("capa", DRAFT, site="BSL")


@pytest.mark.urs("URS-AUD-05")
@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ("", "reason_missing"),
        ("   ", "reason_missing"),
        ("​", "reason_missing"),
        (".", "reason_filler"),
        ("x", "reason_filler"),
        ("update", "reason_filler"),
    ],
)
def test_a_committed_value_changes_only_with_a_reason(
    company: Database, refused: Refused, reason: str, rule: str
) -> None:
    ana = Hand(ANA)
    record = ana.create("capa", DRAFT)
    with refused(rule):
        ana.edit(record, {"title": "Another"}, reason=reason)
    with refused(rule):
        ana.edit(record, {"title": None}, reason=reason)


@pytest.mark.urs("URS-AUD-05")
def test_a_step_back_needs_its_reason(company: Database, refused: Refused) -> None:
    record, petra = planned(Hand(ANA)), Hand(PETRA)
    with refused("reason_missing"):
        petra.take(record, "return_plan")
    with refused("reason_filler"):
        petra.sign(record, "cancel", reason="ok")
    assert petra.sign(record, "return_plan", reason="the cause is not shown").state == "investigation"


@pytest.mark.urs("URS-OPS-02")
def test_everything_missing_is_listed(company: Database, refused: Refused) -> None:
    ana = Hand(ANA)
    record = ana.create("capa", {"title": "Vial 7"})
    with refused("field_missing") as caught:
        ana.sign(record, "submit", {"problem": " ​⁠ "})
    assert set(caught.value.fields) == {"source", "problem"}


@pytest.mark.urs("URS-QCA-01", "URS-QCA-02", "URS-OPS-01")
def test_the_order_of_a_capa_cannot_be_turned(company: Database, refused: Refused) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = ana.sign(ana.create("capa", DRAFT), "submit")
    with refused("filled_too_early"):
        ana.edit(record, {"actions": PLAN["actions"]})
    with refused("field_closed"):
        ana.edit(record, {"problem": "Another problem"}, reason="it reads better")
    record = ana.edit(record, {**PLAN, "criterion": {"measure": "Rejects"}})
    with refused("field_missing"):
        ana.sign(record, "propose")
    record = ana.edit(record, {"criterion": PLAN["criterion"]}, reason="criterion made whole")
    record = petra.sign(ana.sign(record, "propose"), "approve_plan")
    with refused("field_closed"):
        ana.edit(record, {"criterion": {**PLAN["criterion"], "target": "2"}}, reason="easier to reach")
    with refused("field_closed"):
        ana.edit(record, {"actions": []}, reason="no action is needed")
    with refused("condition_unmet"):
        ana.sign(record, "finish")


@pytest.mark.urs("URS-QCA-02")
def test_an_early_effectiveness_check(company: Database, refused: Refused) -> None:
    petra = Hand(PETRA)
    record = checked(Hand(ANA), petra, criterion={**PLAN["criterion"], "window": 90})
    with refused("condition_unmet") as caught:
        petra.sign(record, "effective", {"result": "fine so far"})
    assert "window" in caught.value.detail
    document = queries.record_document(petra.actor, record.number)
    assert {s["name"] for s in document["steps"]} == {"reopen", "replace"}
    assert [(w["name"], w["rule"]) for w in document["withheld"]] == [("effective", "URS-OPS-01")]


@pytest.mark.urs("URS-QCA-02", "URS-AUT-02")
def test_the_check_is_by_somebody_else_than_the_owner_of_an_action(
    company: Database, refused: Refused
) -> None:
    petra = Hand(PETRA)
    rows = [{**PLAN["actions"][0], "owner": "petra"}]
    record = checked(Hand(ANA), petra, actions=rows)
    for step in ("effective", "reopen", "replace"):
        with refused("own_action"):
            petra.sign(record, step, {"result": "fine"}, reason="the check was made")


@pytest.mark.urs("URS-AUT-02")
def test_nobody_approves_own_work_by_any_way_round(company: Database, refused: Refused) -> None:
    """Petra writes the plan as owner and approver; hands it on; the authorship stays with the person."""
    petra, ana = Hand(PETRA), Hand(ANA)
    record = planned(petra)
    with refused("own_work"):
        petra.sign(record, "approve_plan")
    record = actions.reassign(petra.actor, record.number, "ana", reason="Ana leads it from here on")
    assert record.owner.user_id == "ana"
    with refused("own_work"):
        petra.sign(record, "approve_plan")
    assert any(
        w["name"] == "approve_plan" for w in queries.record_document(petra.actor, record.number)["withheld"]
    )
    del ana


@pytest.mark.urs("URS-AUT-02")
def test_writing_with_the_step_itself_makes_an_author_too(company: Database, refused: Refused) -> None:
    omar, vic = Hand(OMAR), Hand(VIC)
    record = omar.create("weighing", {"balance": "B-7", "mass": {"value": "10.00", "unit": "mg"}})
    record = actions.reassign(omar.actor, record.number, "vic", reason="Vic takes over the shift")
    with refused("own_work"):
        vic.sign(record, "reject", {"notes": "Door was open"}, reason="the door stood open")


@pytest.mark.urs("URS-SIG-08")
def test_no_job_signs(company: Database, refused: Refused) -> None:
    record = planned(Hand(ANA))
    with refused("job_signs"):
        actions.take_step(
            job("approver", 1, on_behalf_of="petra"), record.number, "approve_plan", revision=record.revision
        )


@pytest.mark.urs("URS-SIG-02", "URS-MAN-05")
def test_a_signing_that_fails_moves_nothing(company: Database, refused: Refused) -> None:
    record, petra = planned(Hand(ANA)), Hand(PETRA)
    with refused("components_first"):
        petra.take(record, "approve_plan")
    with refused("components_first"):
        petra.take(record, "approve_plan", signature=Components(None, PETRA.password))
    with refused("meaning_differs"):
        petra.take(record, "approve_plan", signature=Components("petra", PETRA.password, None, "Release"))
    with refused("signing_failed", ignoring=("identity_lockout",)):
        petra.take(record, "approve_plan", signature=Components("petra", "not this one"))
    assert petra.sign(record, "approve_plan").state == "implementation"
    classified = petra.sign(reported(Hand(ANA)), "classify", CLASS)
    with refused("signature_unasked"):
        petra.sign(classified, "raise_capa")


@pytest.mark.urs("URS-OPS-05", "URS-OPS-02")
def test_plain_slips_are_named_and_change_nothing(company: Database, refused: Refused) -> None:
    ana = Hand(ANA)
    with refused("unknown_process"):
        ana.create("unheard_of", {})
    with refused("unknown_field"):
        ana.create("capa", {"title": "Vial 7", "audit_trail": "off"})
    with refused("wrong_value") as caught:
        ana.create("capa", {"title": "Two\nlines", "source": "moon", "problem": "NUL \x00"})
    assert set(caught.value.fields) == {"title", "source", "problem"}
    record = ana.sign(ana.create("capa", DRAFT), "submit")
    with refused("wrong_value"):
        ana.edit(record, {**PLAN, "actions": [{**PLAN["actions"][0], "owner": "nobody.here"}]})
    with refused("field_not_yours"):
        ana.edit(record, {"root_cause": "Drift", "result": "It worked"})
    with refused("wrong_value"):
        ana.edit(record, {"root_cause": "x" * 100_001})


def test_a_save_that_changes_nothing_leaves_no_trace(company: Database) -> None:
    ana = Hand(ANA)
    record = ana.create("capa", DRAFT)
    before = company.rows("select count(*) from audit.act")
    again = ana.edit(record, {"title": DRAFT["title"], "problem": DRAFT["problem"]})
    assert again.revision == 1
    assert company.rows("select count(*) from audit.act") == before


def test_right_to_left_text_is_kept_as_typed(company: Database) -> None:
    ana = Hand(ANA)
    record = ana.create("capa", {**DRAFT, "title": "انحراف درجة الحرارة"})
    assert record.title == record.values["title"] == "انحراف درجة الحرارة"


@pytest.mark.urs("URS-AUT-02")
def test_an_owner_must_be_somebody_who_may_work_on_it(company: Database, refused: Refused) -> None:
    ana, raj = Hand(ANA), Hand(RAJ)
    record = ana.create("capa", DRAFT)
    for strange in ("ines", "sam", "tom", "lin", "nobody"):
        with refused("unknown_person"):
            actions.reassign(ana.actor, record.number, strange, reason="somebody has to do it")
    with refused("not_allowed"):
        actions.reassign(raj.actor, record.number, "raj", reason="somebody has to do it")
    with refused("reason_missing"):
        actions.reassign(ana.actor, record.number, "raj", reason="")


@pytest.mark.urs("URS-AUT-02")
def test_a_file_given_to_the_record_makes_an_author(company: Database, refused: Refused) -> None:
    """The signature covers it: who wrote the root cause as a file does not approve it."""
    ana, petra = Hand(ANA), Hand(PETRA)
    record = ana.sign(ana.create("capa", DRAFT), "submit")
    record = ana.edit(record, PLAN)
    actions.reassign(ana.actor, record.number, "petra", reason="she writes the cause down")
    actions.attach_file(petra.actor, record.number, name="root cause.txt", content=BytesIO(b"the door"))
    actions.reassign(petra.actor, record.number, "ana", reason="written down")
    record = ana.sign(get(ana.actor, record.number), "propose")
    with refused("own_work"):
        petra.sign(record, "approve_plan")
