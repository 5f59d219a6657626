"""Copies and drawings handed out by pages: the link on a record's page gives the record, a wrong one is told."""

from __future__ import annotations

import json

import pytest

from tests.api.calling import Caller
from tests.browser import stock
from tests.conftest import Database
from tests.people import ANA, PETRA, UMA
from tests.web.conftest import Visitor, signed_in
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


@pytest.mark.urs("URS-CRT-03")
def test_who_answers_to_the_agency_takes_the_file_of_a_signature(stocked: Database) -> None:
    number = stock.reported().rpartition("/")[2]
    first = Caller(ANA).get(f"/records/{number}").body["signatures"][0]["id"]
    address = f"/records/{number}/signatures/{first}/testimony"
    ana, uma = signed_in(ANA), signed_in(UMA)
    assert address not in ana.text(ana.get(f"/records/{number}"))
    assert ana.post(address, {"reason": "curious"}, page=f"/records/{number}").status_code == 403
    assert address in uma.text(uma.get(f"/records/{number}"))
    petra = signed_in(PETRA)
    assert address in petra.text(petra.get(f"/records/{number}"))
    assert address not in petra.text(petra.get(f"/records/{number}/steps/classify"))
    assert uma.post(address, {"reason": ""}, page=f"/records/{number}").status_code == 422
    file = uma.post(address, {"reason": "asked for by the agency, letter 4711"}, page=f"/records/{number}")
    assert json.loads(file.content)["signer"]["user_id"] == "ana"
    assert "attachment" in file.headers["Content-Disposition"]
    same = Caller(UMA).post(address, {"reason": "asked for by the agency, letter 4711"})
    assert same.status == 200 and same.body["binding"]["holds"] is True
