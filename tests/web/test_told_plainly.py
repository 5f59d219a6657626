"""Pages for what goes wrong: a request nobody can read, a fault of ours, a refusal outside a session, a draft without a form."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest

from tests.conftest import Database
from tests.people import ANA
from tests.web.conftest import Visitor, signed_in
from tests.web.test_walk import open_deviation


def test_a_request_for_another_name_is_not_answered(visitor: Visitor) -> None:
    answer = visitor.get("/sign-in", host="evil.example")
    assert answer.status_code == 400 and "This request cannot be read" in visitor.text(answer)
    assert "evil.example" not in visitor.text(answer)


@pytest.mark.urs("URS-AUD-04")
def test_a_fault_of_ours_is_told_without_a_trace(
    ana: Visitor, stocked: Database, caplog: pytest.LogCaptureFixture
) -> None:
    record = open_deviation(ana)
    ana.client.raise_request_exception = False
    stocked.superuser("alter table records_record rename to gone")
    with caplog.at_level(logging.ERROR):
        answer = ana.get(record)
    assert answer.status_code == 500 and "Something went wrong on our side" in ana.text(answer)
    assert "records_record" not in ana.text(answer) and "Traceback" not in ana.text(answer)
    assert any(entry.exc_info for entry in caplog.records), "the fault stands in the log, whole"


@pytest.mark.urs("URS-AUD-02")
def test_a_refusal_where_nobody_is_known_has_a_page_of_its_own(ana: Visitor, stocked: Database) -> None:
    stocked.superuser("alter table identity_session disable trigger indelible_capture")
    answer = ana.post("/sign-out", page="/about")
    text = ana.text(answer)
    assert answer.status_code == 503 and "URS-AUD-02" in text and "Nothing was changed." in text
    stocked.superuser("alter table identity_session enable always trigger indelible_capture")
    assert ana.post("/sign-out", page="/about").headers["Location"] == "/sign-in"


@pytest.mark.urs("URS-ACC-04")
def test_what_belongs_to_no_form_of_its_own_is_kept_to_be_read(stocked: Database) -> None:
    ana = signed_in(ANA)
    record, other = open_deviation(ana), open_deviation(ana)
    said = {"kind": "related", "to": other.rpartition("/")[2], "reason": "the same freezer, found on Monday"}
    stocked.superuser("update identity_session_seen set at = at - %s", (timedelta(minutes=16),))
    covered = ana.post(f"{record}/links", said)
    draft = re.search(r'name="draft" value="([^"]+)"', ana.text(covered))
    assert covered.status_code == 401 and draft is not None
    back = ana.post("/unlock", {"user_id": "ana", "password": ANA.password, "draft": draft[1]})
    assert back.status_code == 200 and "What you were writing" in ana.text(back)
    assert said["reason"] in ana.text(back) and said["to"] in ana.text(back)
    assert stocked.rows("select count(*) from records_link") == [(0,)]


@pytest.mark.urs("URS-ACC-04")
def test_a_person_covers_their_own_session(ana: Visitor) -> None:
    record = open_deviation(ana)
    assert ana.post("/lock", page=record).headers["Location"] == "/locked"
    covered = ana.get(record)
    assert covered.status_code == 401 and "Freezer" not in ana.text(covered)
    assert ana.post("/unlock", {"user_id": "ana", "password": ANA.password}).status_code == 302
    assert "Freezer" in ana.text(ana.get(record))
