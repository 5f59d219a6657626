"""The record's pages met from the wrong side: a clear answer, nothing changed, nothing of what was typed lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.conftest import Database, snapshot
from tests.people import ANA, OMAR, PETRA, RAJ
from tests.web.conftest import Visitor, signed_in
from tests.web.test_walk import REPORT, open_deviation

COUNTED = ("identity_lockout", "identity_session_seen")


@contextmanager
def nothing_changed(database: Database) -> Iterator[None]:
    """Every regulated table says the same afterwards, the count of failed proofs apart."""
    before = snapshot(database)
    yield
    after = snapshot(database)
    for table in before:
        assert table in COUNTED or before[table] == after[table], f"{table} changed"


def refused(person: Visitor, answer: Any, status: int, urs: str) -> str:
    """The page of a refusal: its status, its rule, its assurance; and the page's text."""
    text = person.text(answer)
    assert answer.status_code == status, text
    assert urs in text and "Nothing was changed." in text
    return text


@pytest.fixture
def record(ana: Visitor) -> str:
    return open_deviation(ana)


@pytest.mark.urs("URS-OPS-04")
def test_the_second_of_two_is_told_what_changed(ana: Visitor, record: str, stocked: Database) -> None:
    first = {**REPORT, "f.area": "Cold store A", "revision": "1", "reason": "room was missing"}
    assert ana.post(f"{record}/edit", first, page=f"{record}/edit").status_code == 302
    second = {**REPORT, "f.area": "Cold store B", "revision": "1", "reason": "room was wrong"}
    with nothing_changed(stocked):
        text = refused(ana, ana.post(f"{record}/edit", second, page=f"{record}/edit"), 409, "URS-OPS-04")
    assert "What changed while you were writing" in text
    assert all(value in text for value in ("Cold store A", "Cold store B", "room was wrong"))
    assert 'name="revision" value="2"' in text
    again = {**second, "revision": "2"}
    assert ana.post(f"{record}/edit", again, page=f"{record}/edit").status_code == 302


@pytest.mark.urs("URS-AUD-05")
@pytest.mark.parametrize("reason", ["", "   ", ".", "x", "update", "\u200b\u200b"])
def test_a_reason_that_says_nothing(ana: Visitor, record: str, stocked: Database, reason: str) -> None:
    typed = {**REPORT, "f.area": "Elsewhere", "revision": "1", "reason": reason}
    with nothing_changed(stocked):
        text = refused(ana, ana.post(f"{record}/edit", typed, page=f"{record}/edit"), 422, "URS-AUD-05")
    assert 'value="Elsewhere"' in text


def test_a_first_entry_needs_no_reason(ana: Visitor, record: str) -> None:
    typed = {**REPORT, "na.systems": "", "na.documents": "", "revision": "1"}
    del typed["na.systems"], typed["na.documents"]
    created = ana.post("/processes/deviation/new", typed, page="/processes/deviation/new")
    later = {**REPORT, "revision": "1", "reason": ""}
    path = created.headers["Location"]
    assert ana.post(f"{path}/edit", later, page=f"{path}/edit").status_code == 302


@pytest.mark.urs("URS-OPS-05")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("f.occurred_at", "yesterday"),
        ("f.occurred_at", "2026-03-29 02:30"),
        ("f.occurred_at", "2999-01-01 00:00"),
        ("f.title", "x" * 201),
        ("f.title", "NUL \x00 inside"),
        ("f.facts", "y" * 100_001),
        ("f.lots.0.status", "lost"),
    ],
)
def test_a_value_that_does_not_fit(ana: Visitor, stocked: Database, field: str, value: str) -> None:
    with nothing_changed(stocked):
        answer = ana.post(
            "/processes/deviation/new", {**REPORT, field: value}, page="/processes/deviation/new"
        )
        text = refused(ana, answer, 422, "URS-OPS-05")
    assert 'aria-invalid="true"' in text
    assert REPORT["f.area"] in text and value.replace("\x00", "\ufffd")[:150] in text.replace(
        "\x00", "\ufffd"
    )


@pytest.mark.urs("URS-TIM-04")
def test_the_hour_that_happens_twice(ana: Visitor) -> None:
    def saved(**more: str) -> str:
        typed = {**REPORT, "f.occurred_at": "2025-10-26 02:30", "f.discovered_at": "2025-10-26 06:00", **more}
        path = ana.post("/processes/deviation/new", typed, page="/processes/deviation/new").headers[
            "Location"
        ]
        return ana.text(ana.get(path))

    assert "02:30:00 +02:00" in saved()
    assert "02:30:00 +01:00" in saved(**{"f.occurred_at.fold": "1"})


@pytest.mark.urs("URS-SIG-02", "URS-SIG-03", "URS-SIG-07")
@pytest.mark.parametrize(
    ("signer", "secret"),
    [("", ANA.password), ("ana", ""), ("ana", "not the one"), ("raj", RAJ.password), ("", "")],
)
def test_components_that_do_not_sign(
    ana: Visitor, record: str, stocked: Database, signer: str, secret: str
) -> None:
    step = f"{record}/steps/report"
    with nothing_changed(stocked):
        answer = ana.post(step, {"revision": "1", "user_id": signer, "password": secret}, page=step)
        text = refused(ana, answer, 422, "URS-SIG-0")
    assert not secret or secret not in text


@pytest.mark.urs("URS-OPS-04", "URS-SIG-05")
def test_a_signature_for_what_changed_since(ana: Visitor, record: str, stocked: Database) -> None:
    edited = {**REPORT, "f.area": "Elsewhere", "revision": "1", "reason": "room was wrong"}
    assert ana.post(f"{record}/edit", edited, page=f"{record}/edit").status_code == 302
    step = f"{record}/steps/report"
    given = {"revision": "1", "user_id": "ana", "password": ANA.password}
    with nothing_changed(stocked):
        refused(ana, ana.post(step, given, page=step), 409, "URS-OPS-04")


@pytest.mark.urs("URS-SIG-08")
def test_a_double_press_signs_once(ana: Visitor, record: str, stocked: Database) -> None:
    step = f"{record}/steps/report"
    given = {"revision": "1", "user_id": "ana", "password": ANA.password}
    assert ana.post(step, given, page=step).status_code == 302
    assert ana.post(step, given, page=record).status_code in (403, 409)
    assert stocked.rows("select count(*) from signatures_signature") == [(1,)]


@pytest.mark.urs("URS-MAN-01", "URS-MAN-03", "URS-SIG-03")
def test_the_later_signing_asks_for_the_password_alone(ana: Visitor) -> None:
    for wanted in ('name="user_id"', "your password alone is asked now"):
        record = open_deviation(ana)
        step = f"{record}/steps/report"
        assert wanted in ana.text(ana.get(step))
        signer = {"user_id": "ana"} if "user_id" in wanted else {}
        assert (
            ana.post(step, {"revision": "1", "password": ANA.password, **signer}, page=step).status_code
            == 302
        )
    shown = ana.text(ana.get(record))
    assert (
        re.search(r"\d\d:\d\d:\d\d UTC", shown) and "(Europe/Zurich)" in shown and "a later signing" in shown
    )


@pytest.mark.urs("URS-OPS-01")
def test_steps_that_are_not_there(ana: Visitor, record: str, stocked: Database) -> None:
    with nothing_changed(stocked):
        assert ana.get(f"{record}/steps/teleport").status_code == 404
        refused(ana, ana.post(f"{record}/steps/close", {"revision": "1"}, page=record), 403, "URS-AUT-01")
        refused(ana, ana.post(f"{record}/steps/propose", {"revision": "1"}, page=record), 409, "URS-OPS-01")
    told = ana.text(ana.get(f"{record}/steps/close"))
    assert "This step is not open to you now" in told and 'name="password"' not in told


@pytest.mark.urs("URS-AUT-02")
def test_nobody_approves_own_work(stocked: Database) -> None:
    petra = signed_in(PETRA)
    record = open_deviation(petra)
    step = f"{record}/steps/report"
    assert (
        petra.post(
            step, {"revision": "1", "user_id": "petra", "password": PETRA.password}, page=step
        ).status_code
        == 302
    )
    shown = petra.text(petra.get(record))
    assert "not now" in shown and "Somebody else must take it." in shown and "URS-AUT-02" in shown
    given = {"revision": "1", "f.classification": "minor", "f.classification_reason": "no product at all"}
    with nothing_changed(stocked):
        answer = petra.post(f"{record}/steps/classify", {**given, "password": PETRA.password}, page=record)
        text = refused(petra, answer, 403, "URS-AUT-02")
    assert "no product at all" in text


def test_rows_come_and_go_without_javascript(ana: Visitor, stocked: Database) -> None:
    page = "/processes/deviation/new"
    with nothing_changed(stocked):
        more = ana.text(ana.post(page, {**REPORT, "add_row": "lots"}, page=page))
        assert 'name="f.lots.1.lot"' in more and 'value="L-1"' in more
        less = ana.text(ana.post(page, {**REPORT, "remove_row": "lots.0"}, page=page))
        assert 'value="L-1"' not in less and REPORT["f.area"] in less


def test_what_people_type_is_text(ana: Visitor) -> None:
    nasty = "<img src=x onerror=alert(1)>\"'&"
    typed = {**REPORT, "f.title": nasty, "f.facts": nasty, "f.lots.0.lot": nasty}
    path = ana.post("/processes/deviation/new", typed, page="/processes/deviation/new").headers["Location"]
    for page in (path, f"{path}/edit", f"{path}/audit-trail", "/processes/deviation", "/"):
        assert "<img" not in ana.text(ana.get(page))


def test_right_to_left_text_is_kept_and_isolated(ana: Visitor) -> None:
    typed = {**REPORT, "f.title": "\u202eمجمّد F-7"}
    path = ana.post("/processes/deviation/new", typed, page="/processes/deviation/new").headers["Location"]
    assert 'class="verbatim">\u202eمجمّد F-7</span>' in ana.text(ana.get(path))


# ----------------------------------------------------------------- links, files, owner


def attach(person: Visitor, record: str, content: bytes, name: str = "log.txt", **more: str) -> Any:
    return person.post(
        f"{record}/attachments", {"file": SimpleUploadedFile(name, content), **more}, page=record
    )


@pytest.mark.urs("URS-ACC-01")
def test_files_come_back_as_they_were_and_only_with_their_record(ana: Visitor, record: str) -> None:
    assert attach(ana, record, b"<script>alert(1)</script>", "log.html", field="evidence").status_code == 302
    shown = ana.text(ana.get(record))
    found = re.search(r'href="(/records/[^"]+/attachments/[0-9a-f]{64})"', shown)
    assert found is not None and "log.html" in shown
    answer = ana.get(found[1])
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert (
        "attachment" in answer.headers["Content-Disposition"]
        and "sandbox" in answer.headers["Content-Security-Policy"]
    )
    other = open_deviation(ana)
    assert ana.get(f"{other}/attachments/{found[1].rpartition('/')[2]}").status_code == 404


@pytest.mark.parametrize(
    ("content", "more"), [(b"", {}), (b"x", {"field": "title"}), (b"x", {"field": "nothing"})]
)
def test_files_that_are_not_taken(
    ana: Visitor, record: str, stocked: Database, content: bytes, more: dict[str, str]
) -> None:
    with nothing_changed(stocked):
        assert attach(ana, record, content, **more).status_code in (403, 422)
        assert ana.post(f"{record}/attachments", {}, page=record).status_code == 422


def test_links_are_shown_at_both_ends(ana: Visitor, record: str, stocked: Database) -> None:
    other = open_deviation(ana)
    said = {"kind": "related", "to": other.rpartition("/")[2], "reason": "same freezer"}
    assert ana.post(f"{record}/links", said, page=record).status_code == 302
    assert said["to"] in ana.text(ana.get(record)) and record.rpartition("/")[2] in ana.text(ana.get(other))
    with nothing_changed(stocked):
        text = ana.text(ana.post(f"{record}/links", {**said, "to": "DEV-1999-00001"}, page=record))
        assert "DEV-1999-00001" in text and "Nothing was changed." in text
        assert text.count('value="same freezer"') == 1, "a reason stands in the form it was typed in"


def test_a_record_is_handed_on_with_a_reason(ana: Visitor, record: str, stocked: Database) -> None:
    with nothing_changed(stocked):
        refused(
            ana, ana.post(f"{record}/owner", {"owner": "omar", "reason": ""}, page=record), 422, "URS-AUD-05"
        )
        refused(
            ana,
            ana.post(f"{record}/owner", {"owner": "eve", "reason": "on leave"}, page=record),
            422,
            "URS-AUT",
        )
    done = ana.post(f"{record}/owner", {"owner": "omar", "reason": "on leave until May"}, page=record)
    assert done.status_code == 302 and OMAR.name in ana.text(ana.get(record))
