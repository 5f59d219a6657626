"""The trail and true copies over the API: the same for screen and export, and taking one away is itself in the trail."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from typing import Any

import pytest
from pypdf import PdfReader

from tests.api.calling import Caller
from tests.api.deviations import opened, step
from tests.exports.test_pdf import read
from tests.people import ANA, INES, LIN


@pytest.mark.urs("URS-CPY-01", "URS-CPY-02", "URS-AUD-09", "URS-MAN-04")
@pytest.mark.parametrize("form", ["pdf", "json"])
def test_a_copy_is_written_down_with_its_digest_before_it_leaves(stocked: Any, form: str) -> None:
    ana = Caller(ANA)
    number = opened(ana).body["number"]
    signed = {"meaning": "Responsibility for the report", "password": ANA.password, "user_id": "ana"}
    assert step(ana, number, "report", **signed).status == 200
    copy = Caller(INES).get(f"/records/{number}/copy?format={form}&purpose=inspection%20of%20line%203")
    assert copy.status == 200
    digest = sha256(copy.content).hexdigest()
    assert copy.headers["X-Content-SHA256"] == digest
    rows = stocked.rows(
        "select user_id, object, record, reason, outcome from audit.act where action = 'record.copy'"
    )
    assert rows == [("ines", f"{form} copy, SHA-256 {digest}", number, "inspection of line 3", "done")]
    inside = copy.body if form == "json" else attached(copy.content)
    assert inside["record"]["number"] == number
    assert [s["name"] for s in inside["signatures"]] == ["Ana Alvarez"]
    assert inside["audit_trail"][0]["action"] == "record.create"
    assert inside["people"]["ana"] == "Ana Alvarez"
    assert "steps" not in inside["record"]
    if form == "pdf":
        words = read(copy.content)
        assert "Ana Alvarez" in words and "Responsibility for the report" in words
        assert "not for regulated use" in words.lower()


def attached(content: bytes) -> Any:
    return json.loads(PdfReader(io.BytesIO(content)).attachments["record.json"][0])


@pytest.mark.urs("URS-CPY-01")
def test_no_copy_without_its_signature_block_or_of_what_is_not_yours(stocked: Any) -> None:
    ana = Caller(ANA)
    number = opened(ana).body["number"]
    for query in ("format=pdf&signatures=false", "format=docx", "", "format=pdf&marks=no"):
        assert ana.get(f"/records/{number}/copy?{query}").is_problem(400), query
    assert Caller(LIN).get(f"/records/{number}/copy?format=pdf").is_problem(404)
    assert ana.get(f"/records/{number}/copy?format=json&purpose=x").is_problem(422, "URS-AUD-05")
    assert stocked.rows("select 1 from audit.act where action = 'record.copy' and outcome = 'done'") == []
    left_out = ana.get(f"/records/{number}/copy?format=json&trail=false").body
    assert "audit_trail" not in left_out
    assert left_out["copy"]["audit_trail"] == "left out by choice"


@pytest.mark.urs("URS-AUD-11", "URS-AUD-09")
def test_the_table_holds_what_the_pages_hold_and_its_making_is_in_the_trail(stocked: Any) -> None:
    ana, ines = Caller(ANA), Caller(INES)
    number = opened(ana, title="=HYPERLINK(1)").body["number"]
    pages, cursor = [], ""
    while cursor is not None:
        page = ines.get(f"/audit-trail?limit=7&sort=oldest&cursor={cursor}").body
        pages += page["items"]
        cursor = page["next"]
    table = ines.get("/audit-trail?format=csv&sort=oldest")
    assert table.headers["Content-Type"] == "text/csv"
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert len({(r["at (UTC)"], r["action"], r["object"]) for r in rows}) >= len(
        {(p["at"], p["title"], p["object"]) for p in pages}
    )
    assert any(r["new"] == "'=HYPERLINK(1)" for r in rows)
    entry = stocked.rows("select user_id, object from audit.act where action = 'trail.copy'")
    assert entry == [("ines", f"csv copy, SHA-256 {sha256(table.content).hexdigest()}")]
    of_record = ana.get(f"/records/{number}/audit-trail").body["items"]
    assert {item["record"] for item in of_record} == {number}
    assert of_record[0]["person"]["name"] == "Ana Alvarez"


@pytest.mark.urs("URS-AUD-11")
def test_the_trail_is_narrowed_by_each_member(stocked: Any) -> None:
    ana, ines = Caller(ANA), Caller(INES)
    number = opened(ana).body["number"]
    for query in (
        "person=ana",
        f"record={number}",
        "process=deviation",
        "field=title",
        "action=record.create",
        f"q={number}",
    ):
        items = ines.get(
            f"/audit-trail?{query}&action=record.create" if "action" not in query else f"/audit-trail?{query}"
        ).body["items"]
        assert [item["record"] for item in items] == [number], query
    assert ines.get("/audit-trail?from=2199-01-01T00:00:00Z").body["items"] == []
    assert ines.get("/audit-trail?to=2001-01-01T00:00:00Z").body["items"] == []
    assert ines.get("/audit-trail?outcome=denied&person=ana").body["items"] == []
    for query in ("from=now", "from=2026-01-01T00:00:00", "format=xlsx", "record=%00"):
        assert ines.get(f"/audit-trail?{query}").is_problem(400), query
