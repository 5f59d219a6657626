"""Who could sign and does not says why: an attributed entry, and the record stays as it is (URS-SIG-09)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from indelible.kernel.records.models import Record
from indelible.kernel.workflow import actions
from tests import people
from tests.api.calling import Caller
from tests.conftest import Database, snapshot
from tests.people import ANA, PETRA, RAJ
from tests.signatures import signing
from tests.web.conftest import signed_in

pytestmark = pytest.mark.urs("URS-SIG-09")
Refused = Callable[..., Any]
WHY = "The weight is that of vial 8, not of vial 7."
ENTRY = "select user_id, action, object, record, reason, detail ->> 'revision' from audit.act where action = 'signature.decline'"


def test_it_is_for_who_could_sign_now_with_a_reason_at_the_revision_seen(
    stocked: Database, refused: Refused
) -> None:
    record = signing.capa(people.signed_in(ANA))
    for who, step, revision, reason, rule in (
        (RAJ, "submit", record.revision, WHY, "not_allowed"),
        (ANA, "no_such_step", record.revision, WHY, "unknown_step"),
        (ANA, "submit", record.revision + 1, WHY, "stale_revision"),
        (ANA, "submit", record.revision, " ", "reason_missing"),
        (PETRA, "approve_plan", record.revision, WHY, "out_of_sequence"),
    ):
        actor = people.signed_in(who)
        with refused(rule):
            actions.decline_signature(actor, record.number, step, revision=revision, reason=reason)


def test_it_is_an_entry_and_changes_nothing(stocked: Database) -> None:
    ana = people.signed_in(ANA)
    record = signing.capa(ana)
    before = snapshot(stocked)
    actions.decline_signature(ana, record.number, "submit", revision=record.revision, reason=WHY)
    assert snapshot(stocked) == before
    assert stocked.rows(ENTRY) == [("ana", "signature.decline", "submit", record.number, WHY, "1")]
    assert signing.submit(ana, Record.objects.get(pk=record.pk), signing.all_of(ANA)).user_id == "ana"


def test_over_http_and_on_the_page_it_stands_in_the_trail_in_words(stocked: Database) -> None:
    ana, visitor = Caller(ANA), signed_in(ANA)
    number = ana.post("/records", {"process": "capa", "fields": signing.DRAFT}).body["number"]
    place = f"/records/{number}/steps/submit"
    assert ana.post(f"{place}/refusal", {"revision": 1}).is_problem(422)
    assert ana.post(f"{place}/refusal", {"revision": 9, "reason": WHY}).is_problem(409)
    assert ana.post(f"{place}/refusal", {"revision": 1, "reason": WHY}).status == 204
    page = visitor.text(visitor.get(place))
    assert "Refuse to sign, and say why" in page
    empty = visitor.post(f"{place}/refusal", {"revision": "1", "refusal_reason": ""}, page=place)
    assert empty.status_code == 422
    said = {"revision": "1", "refusal_reason": "And the balance is not named."}
    assert visitor.post(f"{place}/refusal", said, page=place).status_code == 302
    trail = visitor.text(visitor.get(f"/records/{number}/audit-trail"))
    assert "Refused to sign: " in trail and WHY in trail and "And the balance is not named." in trail
    acts = ana.get(f"/records/{number}/audit-trail").body["items"]
    assert [
        one["reason"] for one in acts if one["action"] == "signature.decline" and one["outcome"] == "done"
    ][-1] == WHY
