"""The page signs only what it has shown to this very session: no post by a script, none on a later revision (URS-SIG-05, -08)."""

from __future__ import annotations

import pytest

from indelible.kernel.workflow import actions as workflow
from tests.conftest import Database
from tests.people import ANA
from tests.people import signed_in as actor_of
from tests.web.conftest import Visitor, signed_in
from tests.web.test_walk import open_deviation

FORM = "/processes/deviation/new"


def _sign(visitor: Visitor, record: str, revision: int) -> str:
    """Posts the signature without asking for the sign page; the answer's text, empty where it went through."""
    given = {"revision": str(revision), "user_id": "ana", "password": ANA.password}
    answer = visitor.post(f"{record}/steps/report", given, page=FORM)
    return "" if answer.status_code == 302 else visitor.text(answer)


def _signatures(stocked: Database) -> int:
    found: int = stocked.rows("select count(*) from signatures_signature")[0][0]
    return found


@pytest.mark.urs("URS-SIG-05", "URS-SIG-08")
def test_a_post_without_the_page_signs_nothing_and_says_so(ana: Visitor, stocked: Database) -> None:
    record = open_deviation(ana)
    ana.get(record)  # the record's own page is not the one that states the legal effect
    said = _sign(ana, record, 1)
    assert "was not shown" in said and "URS-SIG-05" in said and "21 CFR 11.70" in said
    assert _signatures(stocked) == 0
    assert stocked.rows("select rule from audit.act where outcome = 'denied'") == [("URS-SIG-05 not_read",)]
    assert stocked.rows("select count(*) from signatures_period") == [(0,)]
    assert _sign(ana, record, 1) == "", "the answer has shown what would be signed; now it is read"
    assert _signatures(stocked) == 1


@pytest.mark.urs("URS-SIG-05", "URS-OPS-04")
def test_what_was_shown_at_an_earlier_revision_is_not_signed_at_a_later_one(
    ana: Visitor, stocked: Database
) -> None:
    record = open_deviation(ana)
    ana.get(f"{record}/steps/report")
    number = record.rpartition("/")[2]
    changed = {"area": "Cold store, room 9"}
    workflow.edit_record(actor_of(ANA), number, changed, revision=1, reason="the room was missing")
    assert "URS-OPS-04" in _sign(ana, record, 1), "the page is stale"
    other = signed_in(ANA)
    assert "URS-SIG-05" in _sign(other, record, 2), "another session of the same person has not read it"
    assert _signatures(stocked) == 0
