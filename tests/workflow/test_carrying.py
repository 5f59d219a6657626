"""A CAPA and a deviation carried from first entry to their end by the verbs, as the SOP says."""

from __future__ import annotations

import pytest

from indelible.kernel.workflow import queries
from tests.conftest import Database
from tests.people import ANA, PETRA
from tests.workflow.carrying import DRAFT, Hand, checked


@pytest.mark.urs("URS-QCA-01", "URS-OPS-01", "URS-MAN-05")
def test_a_capa_from_first_entry_to_effective(company: Database) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = checked(ana, petra)
    record = petra.sign(record, "effective", {"result": "No reject in three lots."})
    document = queries.record_document(petra.actor, record.number)
    assert document["state"] == "closed"
    assert [s["meaning"] for s in document["signatures"]] == [
        "Responsibility for the report",
        "Authorship of the plan",
        "Approval of the plan",
        "Implementation complete",
        "Effectiveness confirmed",
    ]
    assert {s["standing"] for s in document["signatures"]} == {"stands"}, document["signatures"]
    assert document["steps"] == document["withheld"] == []
    assert document["retain_until"][:4].isdigit()


@pytest.mark.urs("URS-QCA-03")
def test_a_failed_check_starts_a_successor_linked_both_ways(company: Database) -> None:
    ana, petra = Hand(ANA), Hand(PETRA)
    record = checked(ana, petra)
    failed = petra.sign(record, "replace", {"result": "Two rejects."}, reason="target missed in lot B")
    links = queries.record_document(petra.actor, failed.number)["links"]
    assert [(link["kind"], link["state"]) for link in links] == [("followed_by", "draft")]
    successor = queries.record_document(ana.actor, links[0]["number"])
    assert [(link["kind"], link["number"]) for link in successor["links"]] == [("follows", failed.number)]
    assert successor["fields"] == DRAFT
    assert successor["owner"] == "ana"
    assert queries.record_document(ana.actor, failed.number)["state"] == "failed"
