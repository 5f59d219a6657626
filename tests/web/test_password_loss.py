"""Losses of passwords and authenticators on the pages of people: reported, refused in words, listed for review (URS-CRD-04)."""

from __future__ import annotations

import pytest

from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.models import Credential, OneTimeCode
from indelible.kernel.signatures.types import Components
from tests import people
from tests.conftest import Database
from tests.identity.test_one_time import code, enrolled
from tests.people import ANA, LIN, RAJ, SAM, UMA
from tests.signatures.signing import MEANING, all_of, capa, submit
from tests.web.conftest import Visitor, signed_in

PAGE, HERS = "/account/credentials", "/people/ana"
GIVEN = {"cause": "suspect", "reason": "typed into a page that was not ours", "suspect_since": "2026-01-05"}
WRONG = (
    ({"cause": ""}, "What happened"),
    ({"cause": "replaced"}, "What happened"),
    ({"suspect_since": "5 January"}, "Since which day?"),
    ({"suspect_since": "2126-01-05"}, "Not since a day or time to come"),
    ({"reason": ""}, "reason"),
)


def in_force() -> Credential | None:
    return Credential.objects.filter(person__user_id="ana", ended_at=None).first()


def refused_each(visitor: Visitor, at: str, page: str, wrong: tuple[tuple[dict[str, str], str], ...]) -> None:
    """Nothing of what is wrong ends anything, and each says what is."""
    for said, told in wrong:
        answer = visitor.post(at, {**GIVEN, "verb": "end", **said}, page=page)
        assert answer.status_code == 422 and told in visitor.text(answer), said


@pytest.mark.urs("URS-CRD-04")
def test_a_person_reports_their_own_password_and_is_signed_out(stocked: Database) -> None:
    ana = signed_in(ANA)
    assert "End my password" in ana.text(ana.get(PAGE))
    refused_each(ana, f"{PAGE}/password", PAGE, WRONG)
    assert in_force() is not None
    assert ana.post(f"{PAGE}/password", GIVEN, page=PAGE).status_code == 302
    ended = Credential.objects.get(person__user_id="ana", ended_cause="suspect")
    assert in_force() is None and str(ended.suspect_since).startswith("2026-01-05")
    assert ana.get(PAGE).status_code == 401, "the session was begun with it"
    assert Visitor().sign_in(ANA).status_code == 401


@pytest.mark.urs("URS-CRD-04", "URS-CRD-03")
def test_who_came_in_by_a_one_time_secret_reports_that(stocked: Database) -> None:
    secret = identity.issue_secret(people.signed_in(UMA), "ana", reason="forgot it on holiday")
    ana = Visitor()
    assert ana.post("/sign-in", {"user_id": "ana", "password": secret}).status_code == 302
    assert ana.post(f"{PAGE}/password", GIVEN, page=PAGE).status_code == 302
    assert in_force() is None


@pytest.mark.urs("URS-CRD-04", "URS-AUT-01")
def test_administration_reports_one_and_what_was_signed_is_listed_for_who_may_know(stocked: Database) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    submit(ana, record, all_of(ANA))
    raj, uma = signed_in(RAJ), signed_in(UMA)
    assert raj.post(f"{HERS}/password", GIVEN, page="/people/ana").status_code == 403
    assert "End the password" not in raj.text(raj.get(HERS))
    assert "End the password" in uma.text(uma.get(HERS))
    refused_each(uma, f"{HERS}/password", HERS, WRONG)
    assert in_force() is not None
    assert uma.post(f"{HERS}/password", GIVEN, page=HERS).status_code == 302
    assert uma.post(f"{HERS}/password", GIVEN, page=HERS).status_code == 404, "ended twice"
    shown = uma.text(uma.get(HERS))
    assert "ended: Somebody else may know it" in shown and "Uma Lindqvist" in shown
    assert record.number in shown[shown.index("Signed with it since then") :][:900]
    lin = signed_in(LIN)
    assert record.number not in lin.text(lin.get(HERS))


@pytest.mark.urs("URS-CRD-04", "URS-ACC-03")
def test_the_last_of_administration_is_told_to_change_it(stocked: Database) -> None:
    sam, uma = signed_in(SAM), signed_in(UMA)
    assert sam.post(f"{PAGE}/password", GIVEN, page=PAGE).status_code == 302
    answer = uma.post(f"{PAGE}/password", GIVEN, page=PAGE)
    assert answer.status_code == 409 and "change it now" in uma.text(answer)
    assert uma.get(PAGE).status_code == 200


@pytest.mark.urs("URS-CRD-04")
@pytest.mark.parametrize("by", [ANA, UMA])
def test_an_authenticator_ends_as_lost_and_leads_to_what_was_signed_with_it(
    stocked: Database, by: people.TestPerson
) -> None:
    before = people.signed_in(ANA)
    visitor, secret = signed_in(by), enrolled()
    record = capa(before)
    submit(before, record, Components("ana", ANA.password, code(secret), MEANING))
    at, page = (f"{PAGE}/one-time-code", PAGE) if by is ANA else (f"{HERS}/one-time-code", HERS)
    wrong = tuple(one for one in WRONG if one[0] != {"cause": "replaced"})
    refused_each(visitor, at, page, wrong)
    assert OneTimeCode.objects.get().ended_at is None
    given = {**GIVEN, "verb": "end", "cause": "lost"}
    assert visitor.post(at, given, page=page).status_code == 302
    kept = OneTimeCode.objects.get()
    assert (kept.ended_by, kept.ended_cause) == (by.user_id, "lost")
    again = signed_in(by)
    shown = again.text(again.get(page))
    assert "ended: Lost" in shown and record.number in shown[shown.index("Signed with it since then") :][:900]
    assert again.post(at, given, page=page).status_code == 404, "ended twice"
