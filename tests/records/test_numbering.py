"""Numbers: none twice, no gap after a rollback, above whatever the trail knows."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from indelible.kernel.audit import actions as audit
from indelible.kernel.audit.queries import clock
from indelible.kernel.records.models import Record
from indelible.kernel.records.numbering import continue_above, draw, highest
from indelible.kernel.workflow.events import CREATE, EDIT
from tests.records.company import Company, opened


def test_a_rollback_leaves_no_gap(company: Company) -> None:
    first = opened(company.ana)
    with pytest.raises(RuntimeError), audit.act(company.ana, CREATE) as act:
        assert draw(act, "DEV", first.created_at.year).endswith("-00002")
        raise RuntimeError
    assert opened(company.ana).number.endswith("-00002")


def test_each_series_and_year_counts_for_itself(company: Company) -> None:
    with audit.act(company.ana, CREATE) as act:
        assert [
            draw(act, "CAPA", 2026),
            draw(act, "DEV", 2026),
            draw(act, "CAPA", 2027),
            draw(act, "CAPA", 2026),
        ] == [
            "CAPA-2026-00001",
            "DEV-2026-00001",
            "CAPA-2027-00001",
            "CAPA-2026-00002",
        ]


def test_the_act_bears_the_number_drawn_in_it(company: Company, database: Any) -> None:
    record = opened(company.ana)
    assert database.rows("select record from audit.act where action = 'record.create'") == [(record.number,)]


def test_writers_at_once_get_different_numbers_without_gaps(company: Company) -> None:
    def write() -> None:
        try:
            for _ in range(5):
                opened(company.ana)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    numbers = sorted(int(n.rpartition("-")[2]) for n in Record.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 31))


@pytest.mark.urs("URS-AUD-01")
def test_without_its_counter_a_series_goes_on_above_record_and_trail(company: Company, database: Any) -> None:
    for _ in range(3):
        opened(company.ana)
    year = clock().year
    with audit.act(company.ana, EDIT, record=f"DEV-{year}-00007"):
        pass
    database.superuser("set session_replication_role = replica; delete from records_counter")
    assert highest("DEV", year) == 7 and highest("D%", year) == 0
    assert opened(company.ana).number == f"DEV-{year}-00008"


def test_after_a_restore_a_series_goes_on_above_what_the_ledger_knows(company: Company) -> None:
    number = opened(company.ana).number
    year = int(number.split("-")[1])
    with audit.act(company.ana, EDIT) as act:
        assert continue_above(act, "DEV", year, 41) == 41
        assert continue_above(act, "DEV", year, 5) == 41
        assert continue_above(act, "CAPA", year, 9) == 9
    assert opened(company.ana).number == f"DEV-{year}-00042"
    with audit.act(company.ana, CREATE) as act:
        assert draw(act, "CAPA", year) == f"CAPA-{year}-00010"


def test_past_99999_a_number_grows(company: Company) -> None:
    with audit.act(company.ana, EDIT) as act:
        continue_above(act, "DEV", 2026, 99_999)
        assert draw(act, "DEV", 2026) == "DEV-2026-100000"
