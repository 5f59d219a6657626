"""A person's credentials page by page: what a device answered is posted as the page's script would post it (URS-CRD-04, -06)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import credentials
from indelible.kernel.identity.models import Passkey
from indelible.kernel.signatures.models import Acceptance, AccessReview, IssuanceCheck
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.people import ANA, LIN, PETRA, SAM, UMA
from tests.signatures.keys import enrolled, submit_by
from tests.signatures.signing import all_of, capa, submit
from tests.web.conftest import Visitor, signed_in

PAGE = "/account/credentials"


def asked(visitor: Visitor, address: str, fields: dict[str, Any] | None = None, *, page: str = PAGE) -> Any:
    """The question that the page's script fetches."""
    answer = visitor.post(address, fields, page=page)
    assert answer.headers["Content-Type"] == "application/json", visitor.text(answer)
    return answer.json()


@pytest.mark.urs("URS-CRD-04", "URS-CRD-06")
def test_enrolled_tested_and_ended_by_its_person(stocked: Database) -> None:
    ana, key = signed_in(ANA), SecurityKey()
    question = asked(ana, f"{PAGE}/passkeys/question")
    answer = json.dumps(key.create(question["options"]))
    given = {"handle": question["handle"], "answer": answer, "label": "Blue key", "password": ANA.password}
    assert ana.post(f"{PAGE}/passkeys", given, page=PAGE).status_code == 302
    again = ana.post(f"{PAGE}/passkeys", given, page=PAGE)
    assert again.status_code == 409 and "Start again" in ana.text(again)
    made = Passkey.objects.get()
    question = asked(ana, f"{PAGE}/passkeys/{made.pk}/test/question")
    given = {"handle": question["handle"], "answer": "no JSON"}
    assert ana.post(f"{PAGE}/passkeys/test", given, page=PAGE).status_code == 422
    ended = {"cause": "lost", "reason": "", "suspect_since": "2026-01-05"}
    at = f"{PAGE}/passkeys/{made.pk}/end"
    assert ana.post(at, ended, page=PAGE).status_code == 422
    assert ana.post(at, {**ended, "reason": "left in the train"}, page=PAGE).status_code == 302
    made.refresh_from_db()
    assert made.ended_cause == "lost" and str(made.suspect_since).startswith("2026-01-05")
    uma = signed_in(UMA)
    assert "what was done since" in uma.text(uma.get("/people/ana"))
    assert ana.post(f"{PAGE}/passkeys/{made.pk}/test/question", page="/sign-in").status_code == 401


@pytest.mark.urs("URS-CRD-06")
def test_a_test_that_falls_due_is_reminded_of_when_one_comes_in(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = enrolled(ANA, SecurityKey())
    enrolled(ANA, SecurityKey(), confirmed=False)
    ana = signed_in(ANA)
    assert "is due before" not in ana.text(ana.get("/"))
    monkeypatch.setattr(credentials, "REMINDED_BEFORE", credentials.TESTED_FOR)  # as eleven months later
    shown = ana.text(ana.get("/"))
    assert shown.count("is due before") == 1 and "Test it." in shown
    identity.end_passkey(
        people.signed_in(ANA), "ana", made.pk, cause="replaced", reason="a newer one is here"
    )
    assert "is due before" not in ana.text(ana.get("/"))


@pytest.mark.urs("URS-CRD-04")
def test_what_was_signed_with_a_suspect_key_is_listed_for_review(stocked: Database) -> None:
    key = SecurityKey()
    made = enrolled(ANA, key)
    ana = people.signed_in(ANA)
    first, second = capa(ana), capa(ana)
    submit_by(ana, first, key, typed="ana")
    submit(ana, second, all_of(ANA))
    identity.end_passkey(
        people.signed_in(UMA),
        "ana",
        made.pk,
        cause="stolen",
        reason="stolen on the train",
        suspect_since=made.enrolled_at,
    )
    uma, lin = signed_in(UMA), signed_in(LIN)
    shown = uma.text(uma.get("/people/ana"))
    listed = shown[shown.index("Signed with it since then") :][:900]
    assert (
        first.number in listed and second.number not in listed and "Responsibility for the report" in listed
    )
    assert first.number not in lin.text(lin.get("/people/ana"))


@pytest.mark.urs("URS-CRD-04")
def test_administration_ends_a_passkey_on_the_persons_page(stocked: Database) -> None:
    made = enrolled(ANA, SecurityKey(), confirmed=False)
    uma = signed_in(UMA)
    at = f"/people/ana/passkeys/{made.pk}"
    assert uma.post(at, {"verb": "confirm"}, page="/people/ana").status_code == 302
    given = {"verb": "end", "cause": "suspect", "reason": "seen on another desk"}
    assert uma.post(at, given, page="/people/ana").status_code == 302
    assert uma.post(at, given, page="/people/ana").status_code == 404


@pytest.mark.urs("URS-POL-01", "URS-SIG-01")
def test_the_statement_is_accepted_with_a_passkey(stocked: Database) -> None:
    key = SecurityKey()
    enrolled(ANA, key)
    ana = signed_in(ANA)
    assert "With a passkey" in ana.text(ana.get("/accountability"))
    fields = {"user_id": "ana", "version": "1", "means": "passkey"}
    question = asked(ana, "/accountability/put", fields, page="/accountability")
    answer = json.dumps(key.get(question["options"]))
    given = {"handle": question["handle"], "answer": answer}
    assert ana.post("/accountability/answer", given, page="/accountability").status_code == 302
    assert Acceptance.objects.latest("id").components == "user_id,passkey"
    assert ana.post("/accountability/answer", given, page="/accountability").status_code == 409


@pytest.mark.urs("URS-ACC-06", "URS-CRD-02", "URS-SIG-01")
@pytest.mark.parametrize("at", ["/security/access-review", "/security/issuances"])
def test_review_and_check_are_signed_with_a_passkey_too(stocked: Database, at: str) -> None:
    key = SecurityKey()
    enrolled(PETRA, key, confirmed=True)
    mine = SecurityKey()
    made = enrolled(UMA, mine, confirmed=False)
    identity.confirm_passkey(people.signed_in(SAM), "uma", made.pk)
    uma, page = signed_in(UMA), ""
    page = uma.text(uma.get(at))
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    chosen = re.search(r'name="(right role:\d+)" value="keep"', page)
    assert digest and "With a passkey" in page
    fields = {"user_id": "uma", "digest": digest[1], **({chosen[1]: "keep"} if chosen else {})}
    assert uma.post(f"{at}/put", {**fields, "user_id": ""}, page=at).status_code == 422
    question = asked(uma, f"{at}/put", fields, page=at)
    foreign = {"handle": question["handle"], "answer": json.dumps(key.get(question["options"]))}
    assert uma.post(f"{at}/answer", foreign, page=at).status_code == 422
    assert uma.post(f"{at}/answer", foreign, page=at).status_code == 409, "a question is answered once"
    question = asked(uma, f"{at}/put", fields, page=at)
    given = {"handle": question["handle"], "answer": json.dumps(mine.get(question["options"]))}
    assert uma.post(f"{at}/answer", given, page=at)["Location"] == at
    kind = AccessReview if "review" in at else IssuanceCheck
    signed = kind.objects.get()
    assert signed.components == "user_id,passkey" and signed.evidence["proof"]["signature"]


@pytest.mark.urs("URS-ACC-01")
def test_the_sign_in_page_asks_the_same_of_everybody_and_takes_a_passkey(stocked: Database) -> None:
    key = SecurityKey()
    enrolled(ANA, key)
    visitor = Visitor()
    question = asked(visitor, "/sign-in/passkey", page="/sign-in")
    assert "allowCredentials" not in question["options"]
    given = {
        "handle": question["handle"],
        "answer": json.dumps(key.get(question["options"])),
        "next": "/people",
    }
    assert visitor.post("/sign-in/passkey", given)["Location"] == "/people"
    stranger = Visitor()
    assert stranger.post("/sign-in/passkey", given).status_code == 409
