"""Two people at the same record at the same moment: one wins, the other is told, nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

from indelible.kernel.audit.types import Refusal
from indelible.kernel.records.queries import get
from indelible.kernel.workflow import actions, queries
from tests.conftest import Database
from tests.people import ANA, PETRA, RAJ
from tests.workflow.carrying import DRAFT, Hand, planned


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """The rule each call was refused by, "" where it was done; all begin together."""
    start, told = Barrier(len(calls)), [""] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            call()
        except Refusal as refusal:
            told[place] = refusal.rule.code
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


@pytest.mark.urs("URS-OPS-01", "URS-OPS-04", "URS-AUD-04")
def test_approval_and_return_at_once_end_in_one_of_the_two(company: Database) -> None:
    ana, petra, second = Hand(ANA), Hand(PETRA), Hand(PETRA)
    record = planned(ana)
    told = at_once(
        lambda: petra.sign(record, "approve_plan"),
        lambda: second.sign(record, "return_plan", reason="the cause is not shown"),
    )
    assert sorted(told) == ["", "out_of_sequence"]
    document = queries.record_document(ana.actor, record.number)
    signed = any(s["step"] == "approve_plan" for s in document["signatures"])
    assert document["state"] == ("implementation" if signed else "investigation")


@pytest.mark.urs("URS-OPS-04")
def test_of_two_saves_one_is_kept_and_the_other_told(company: Database) -> None:
    first, second = Hand(ANA), Hand(ANA)
    record = first.create("capa", DRAFT)
    told = at_once(
        lambda: first.edit(record, {"title": "Vial 8"}, reason="it was another vial"),
        lambda: second.edit(record, {"title": "Vial 9"}, reason="it was another vial"),
    )
    assert sorted(told) == ["", "stale_revision"]
    assert get(first.actor, record.number).revision == 2


def test_two_who_link_crosswise_do_not_block_each_other(company: Database) -> None:
    ana, raj = Hand(ANA), Hand(RAJ)
    one, two = ana.create("deviation", {"title": "One"}), ana.create("deviation", {"title": "Two"})
    told = at_once(
        lambda: actions.link_records(ana.actor, one.number, "related", two.number),
        lambda: actions.link_records(ana.actor, two.number, "related", one.number),
    )
    assert told == ["", ""]
    assert len(queries.record_document(raj.actor, one.number)["links"]) == 2
