"""Copies and drawings handed out by pages: the link on a record's page gives the record, a wrong one is told."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Database
from tests.web.conftest import Visitor
from tests.web.test_walk import open_deviation


@pytest.mark.urs("URS-AUD-09")
def test_the_links_of_a_record_page_hand_out_its_copies(ana: Visitor, stocked: Database) -> None:
    record = open_deviation(ana)
    assert f'href="{record}/copy?format=pdf"' in ana.text(ana.get(record))
    pdf = ana.get(f"{record}/copy?format=pdf")
    assert pdf.status_code == 200 and pdf.content.startswith(b"%PDF-")
    assert "attachment" in pdf.headers["Content-Disposition"] and pdf.headers["Cache-Control"].endswith(
        "no-store"
    )
    copy = json.loads(ana.get(f"{record}/copy?format=json").content)
    assert copy["record"]["number"] == record.rpartition("/")[2]
    taken = stocked.rows("select count(*) from audit.act where action = 'record.copy' and outcome = 'done'")
    assert taken == [(2,)]
    assert ana.get(f"{record}/copy?format=docx").status_code == 404
    assert ana.get("/records/DEV-1999-00001/copy").status_code == 404


def test_how_a_process_runs_is_drawn_and_said(ana: Visitor) -> None:
    page = ana.text(ana.get("/processes/deviation/declaration"))
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page and "States of Deviation" in page
