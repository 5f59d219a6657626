"""A deviation through the pages, from first entry to QA's closure, by plain forms and no JavaScript."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Database
from tests.people import ANA, PETRA
from tests.web.conftest import Visitor, signed_in

REPORT = {
    "f.title": "Freezer F-7 above −15 °C",
    "f.occurred_at": "2026-02-03 04:10",
    "f.discovered_at": "2026-02-03 06:30:00",
    "f.area": "Cold store",
    "na.product": "no product was in the freezer",
    "f.facts": "Alarm at 04:10, door found ajar.\r\nNo material inside.",
    "f.immediate_action": "Door closed, logger read.",
    "f.lots.0.lot": "L-1",
    "f.lots.0.product": "",
    "f.lots.0.status": "on hold",
    "na.systems": "only the freezer named above",
    "na.documents": "no document was touched",
}


def open_deviation(ana: Visitor) -> str:
    response = ana.post("/processes/deviation/new", REPORT, page="/processes/deviation/new")
    assert response.status_code == 302, ana.text(response)
    return str(response.headers["Location"])


@pytest.mark.urs("URS-MAN-01", "URS-MAN-05", "URS-SIG-02", "URS-AUD-06", "URS-TIM-04")
def test_report_sign_classify(ana: Visitor, stocked: Database) -> None:
    record = open_deviation(ana)
    shown = ana.text(ana.get(record))
    assert (
        "Freezer F-7 above" in shown and "Not applicable" in shown and "3 Feb 2026, 04:10:00 +01:00" in shown
    )
    edited = {**REPORT, "f.area": "Cold store, room 2", "revision": "1", "reason": "room was missing"}
    assert ana.post(f"{record}/edit", edited, page=f"{record}/edit").status_code == 302
    shown = ana.text(ana.get(record))
    assert "<s" in shown and "Cold store</s>" in shown and "room was missing" in shown
    step = f"{record}/steps/report"
    page = ana.text(ana.get(step))
    assert "legally binding equivalent" in page and 'name="user_id"' in page and 'value="ana"' not in page
    signed = ana.post(step, {"revision": "2", "user_id": "ana", "password": ANA.password}, page=step)
    assert signed.status_code == 302, ana.text(signed)
    shown = ana.text(ana.get(record))
    assert (
        "Ana Alvarez" in shown
        and "Responsibility for the report" in shown
        and "Acme Sterile Products Ltd" in shown
    )
    assert re.search(r"\d\d:\d\d:\d\d UTC", shown)
    petra = signed_in(PETRA)
    step = f"{record}/steps/classify"
    page = petra.text(petra.get(step))
    assert "f.classification" in page
    taken = petra.post(
        step,
        {
            "revision": "2",
            "f.classification": "minor",
            "f.classification_reason": "no product",
            "user_id": "petra",
            "password": PETRA.password,
        },
        page=step,
    )
    assert taken.status_code == 302, petra.text(taken)
    assert "Investigation" in petra.text(petra.get(record))


@pytest.mark.urs("URS-LNK-04", "URS-SIG-02")
def test_a_signature_is_taken_back_on_its_page(ana: Visitor, stocked: Database) -> None:
    record = open_deviation(ana)
    signed = {"revision": "1", "user_id": "ana", "password": ANA.password}
    assert ana.post(f"{record}/steps/report", signed, page=f"{record}/steps/report").status_code == 302
    offered = re.search(r'href="([^"]*/steps/withdraw-signature-\d+)"', ana.text(ana.get(record)))
    assert offered
    step = offered[1]
    page = ana.text(ana.get(step))
    assert "Withdraw “Report”" in page and "the record goes back to Draft" in page
    assert "Refuse to sign" not in page
    petra = signed_in(PETRA)
    assert f'href="{step}"' not in petra.text(petra.get(record))
    reason = {"revision": "1", "password": ANA.password, "reason": "the wrong freezer"}
    refused = petra.post(step, {**reason, "password": PETRA.password, "user_id": "petra"}, page=record)
    assert refused.status_code == 403 and "whoever gave it" in petra.text(refused)
    assert petra.get(step).status_code == 403
    for way in ("put", "answer", "refusal"):
        answered = petra.post(f"{step}/{way}", reason, page=record)
        assert answered.status_code in (403, 404, 409, 422), way
    assert ana.post(step, {**reason, "reason": ""}, page=step).status_code == 422
    denied = stocked.rows("select user_id, rule from audit.act where outcome = 'denied'")
    assert ("petra", "URS-AUT-01 not_allowed") in denied
    assert ana.post(step, reason, page=step).status_code == 302
    shown = ana.text(ana.get(record))
    assert "Withdrawal of ‘Responsibility for the report’" in shown and "its signer took it back" in shown
    assert "itself is unsigned" in shown and f'href="{step}"' not in shown
    again = ana.post(step, reason, page=record)
    assert again.status_code == 409 and "withdrawn already" in ana.text(again)
    trail = ana.text(ana.get(f"{record}/audit-trail"))
    assert "Withdraw a signature" in trail and "the wrong freezer" in trail
