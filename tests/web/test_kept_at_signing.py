"""What was typed with a signing is not lost where its answer is refused or does not come, and is shown to nobody else."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.models import Challenge
from indelible.kernel.records.models import Record
from indelible.kernel.signatures.models import AccessReview, Signature
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from tests import people
from tests.api.deviations import FIRST
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.people import ANA, PETRA, SAM, UMA, TestPerson, shown
from tests.provider import running
from tests.web.conftest import Visitor, signed_in
from tests.web.test_credentials import asked, enrolled
from tests.web.test_provider import BASE, provider, sso

__all__ = ["provider", "sso"]
LOGIN = "petra@directory"
TYPED = {"classification": "major", "classification_reason": "a second lot may be affected"}
WHY = "the count of lot L-205 came in"


def taken(person: TestPerson, record: Record, step: str, meaning: str, **given: Any) -> None:
    """A step taken and signed with all components."""
    actor = people.signed_in(person)
    revision = shown(actor, record.number)
    components = Components(person.user_id, person.password, None, meaning)
    workflow.take_step(actor, record.number, step, revision=revision, signature=components, **given)


@pytest.fixture
def page(stocked: Database) -> str:
    """The page on which QA changes the class of a deviation: with fields, a reason and a signature."""
    record = workflow.create_record(people.signed_in(ANA), "deviation", FIRST)
    taken(ANA, record, "report", "Responsibility for the report")
    first = {"classification": "minor", "classification_reason": "no patient was reached"}
    taken(PETRA, record, "classify", "Classification", fields=first)
    return f"/records/{record.number}/steps/reclassify"


def form(visitor: Visitor, page: str, means: str) -> dict[str, str]:
    """The step's form as it is filled and sent."""
    revision = re.search(r'name="revision" value="(\d+)"', visitor.text(visitor.get(page)))
    assert revision
    return {
        "revision": revision[1],
        "user_id": "petra",
        "means": means,
        "reason": WHY,
        **{f"f.{k}": v for k, v in TYPED.items()},
    }


def is_filled(text: str) -> bool:
    """Whether the form holds what was typed, and not what the record says."""
    chosen = re.search(r'value="major" selected', text)
    kept = [TYPED["classification_reason"] in text, WHY in text, chosen is not None]
    assert len(set(kept)) == 1, kept
    return kept[0]


def sent_to_provider(petra: Visitor, page: str) -> str:
    sent = petra.post(f"{page}/put", form(petra, page, "provider"), page=page)
    assert sent.status_code == 302, petra.text(sent)
    address = sent["Location"]
    assert "second" not in address and "L-205" not in address, "nothing typed stands in an address"
    return str(address)


@pytest.fixture
def petra(sso: running.Running, page: str) -> Visitor:
    """Petra, whom the provider knows."""
    identity.enter_account(people.signed_in(SAM), "petra", LOGIN)
    identity.confirm_account(people.signed_in(UMA), "petra")
    return signed_in(PETRA)


@pytest.mark.urs("URS-ACC-08", "URS-SIG-09")
def test_what_was_typed_stands_there_again_when_the_provider_does_not_confirm(
    petra: Visitor, page: str
) -> None:
    state = parse_qs(urlsplit(sent_to_provider(petra, page)).query)["state"][0]
    gave_up = petra.get(f"/sso/signed?state={state}&error=access_denied")
    assert gave_up.status_code == 503 and "access_denied" in petra.text(gave_up)
    assert is_filled(petra.text(gave_up))
    back = running.Person().goes(sent_to_provider(petra, page), "somebody.else", f"{BASE}/sso/signed")
    refused = petra.get(back.removeprefix(BASE))
    assert refused.status_code == 422 and "nothing was signed" in petra.text(refused).lower()
    assert is_filled(petra.text(refused))
    assert Signature.objects.filter(step="reclassify").count() == 0
    back = running.Person().goes(sent_to_provider(petra, page), LOGIN, f"{BASE}/sso/signed")
    assert petra.get(back.removeprefix(BASE)).status_code == 302
    assert Signature.objects.filter(step="reclassify").count() == 1


@pytest.mark.urs("URS-ACC-08", "URS-AUT-06")
def test_who_comes_back_without_an_answer_finds_it_and_nobody_else_does(
    petra: Visitor, page: str, stocked: Database
) -> None:
    state = parse_qs(urlsplit(sent_to_provider(petra, page)).query)["state"][0]
    again = petra.text(petra.get(page))
    assert is_filled(again) and "came back without" in again
    for other in (signed_in(PETRA), signed_in(ANA), signed_in(UMA)):
        assert WHY not in other.text(other.get(page)), "another session"
        assert WHY not in other.text(other.get(f"/sso/signed?state={state}&error=access_denied"))
    assert is_filled(petra.text(petra.get(page))), "and nobody else took it away"
    stocked.superuser("update identity_challenge set expires_at = expires_at - interval '6 minutes'")
    assert not is_filled(petra.text(petra.get(page)))


@pytest.mark.urs("URS-SIG-08")
def test_what_was_signed_in_another_way_meanwhile_is_not_shown_as_unsigned(petra: Visitor, page: str) -> None:
    sent_to_provider(petra, page)
    given = {**form(petra, page, ""), "password": PETRA.password}
    done = petra.post(page, given, page=page)
    assert done.status_code == 302, petra.text(done)
    assert Challenge.objects.filter(purpose="signing").exists()
    again = petra.text(petra.get(page))
    assert "came back without" not in again and not re.search(f"<textarea[^>]*>{WHY}", again)


@pytest.mark.urs("URS-SIG-01", "URS-SIG-09")
def test_a_refused_passkey_loses_nothing_of_what_was_typed(page: str) -> None:
    enrolled(PETRA, SecurityKey(), confirmed=True)
    petra = signed_in(PETRA)
    question = asked(petra, f"{page}/put", form(petra, page, "passkey"), page=page)
    wrong = json.dumps({"id": "x"})
    refused = petra.post(f"{page}/answer", {"handle": question["handle"], "answer": wrong}, page=page)
    assert refused.status_code == 422 and is_filled(petra.text(refused))
    assert Signature.objects.filter(step="reclassify").count() == 0
    stranger = signed_in(ANA)
    foreign = stranger.post(
        f"{page}/answer", {"handle": question["handle"], "answer": wrong}, page="/sign-in"
    )
    assert WHY not in stranger.text(foreign)


@pytest.mark.urs("URS-ACC-06", "URS-ACC-08")
def test_a_review_of_rights_keeps_its_decisions(petra: Visitor) -> None:
    at = "/security/access-review"
    text = petra.text(petra.get(at))
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', text)
    chosen = re.search(r'name="(right role:\d+)" value="remove"', text)
    assert digest and chosen
    fields = {"user_id": "petra", "digest": digest[1], chosen[1]: "remove", "means": "provider"}
    ticked = re.compile(re.escape(f'name="{chosen[1]}" value="remove" checked'))
    sent = petra.post(f"{at}/put", fields, page=at)
    assert ticked.search(petra.text(petra.get(at))), "came back without an answer"
    assert not ticked.search(signed_in(UMA).text(signed_in(UMA).get(at)))
    state = parse_qs(urlsplit(sent["Location"]).query)["state"][0]
    gave_up = petra.get(f"/sso/signed?state={state}&error=access_denied")
    assert gave_up.status_code == 503 and ticked.search(petra.text(gave_up))
    assert not ticked.search(petra.text(petra.get(at))), "answered, and with that forgotten"
    assert AccessReview.objects.count() == 0
