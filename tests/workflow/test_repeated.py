"""The same once more: a second press, and what was sent back and comes again unchanged (URS-SIG-08, -09)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from indelible.kernel.records.queries import get
from indelible.kernel.workflow import actions, queries
from tests.conftest import Database
from tests.people import ANA, PETRA
from tests.workflow.carrying import PLAN, Hand, planned
from tests.workflow.test_verbs import CAUSE, reported

CLASS = {"classification": "major", "classification_reason": "Second time."}


@pytest.mark.urs("URS-SIG-08", "URS-SIG-02")
def test_a_step_that_leads_nowhere_is_signed_once(company: Database, refused: Any) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = petra.sign(reported(ana), "classify", CLASS)
    again = {"classification": "minor", "classification_reason": "One pallet only."}
    record = petra.sign(record, "reclassify", again, reason="one pallet only")
    with refused("signed_already"):
        petra.sign(record, "reclassify", again, reason="one pallet only")
    other = {"classification": "major", "classification_reason": "A second pallet."}
    record = petra.sign(record, "reclassify", other, reason="a second pallet")
    assert len(queries.record_document(petra.actor, record.number)["signatures"]) == 4


@pytest.mark.urs("URS-SIG-09")
def test_what_was_sent_back_does_not_come_again_unchanged(company: Database, refused: Any) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = petra.sign(planned(ana), "return_plan", reason="the cause is not shown")
    with refused("resubmitted") as caught:
        ana.sign(record, "propose")
    assert "“Return the plan” sent it back" in caught.value.detail
    record = ana.edit(record, PLAN)  # the same values make no revision
    with refused("resubmitted"):
        ana.sign(record, "propose")
    record = ana.edit(record, {"root_cause": "The draught from the door."}, reason="shown by measuring")
    assert ana.sign(record, "propose").state == "planned"


@pytest.mark.urs("URS-SIG-09")
def test_a_record_that_was_asked_for_is_a_change(company: Database, refused: Any) -> None:
    """Returned because the CAPA was missing: raising it is what was asked."""
    ana, petra = Hand(ANA), Hand(PETRA)
    record = petra.sign(reported(ana), "classify", CLASS)
    record = ana.sign(ana.edit(record, CAUSE), "propose")
    record = petra.sign(record, "return_investigation", reason="the CAPA is not raised")
    with refused("resubmitted"):
        ana.sign(record, "propose")
    record = ana.take(record, "raise_capa")
    assert ana.sign(record, "propose").state == "review"


@pytest.mark.urs("URS-SIG-09")
def test_a_link_or_a_file_is_a_change(company: Database, refused: Any) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    for change in ("link", "file"):
        record = petra.sign(planned(ana), "return_plan", reason="the evidence is not there")
        with refused("resubmitted"):
            ana.sign(record, "propose")
        if change == "link":
            other = ana.create("deviation", {"title": "Vial 7"})
            actions.link_records(ana.actor, record.number, "raised_by", other.number, reason="found there")
        else:
            actions.attach_file(ana.actor, record.number, name="a.txt", content=BytesIO(b"9.1 mg"))
        assert ana.sign(get(ana.actor, record.number), "propose").state == "planned"
