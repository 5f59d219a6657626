"""The covered page offers what its person has, and the draft comes back to its writer by each way (URS-ACC-04, -08)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.models import Lockout, Session
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_factors import key_of
from tests.identity.test_one_time import code, enrolled
from tests.people import ANA, RAJ, UMA
from tests.provider import running
from tests.web.conftest import Visitor, signed_in
from tests.web.test_doors import leave_alone
from tests.web.test_names import names
from tests.web.test_provider import BASE, LOGIN, come_in, linked
from tests.web.test_provider import provider as provider
from tests.web.test_provider import sso as sso
from tests.web.test_walk import REPORT, open_deviation

TYPED = {**REPORT, "f.area": "Half a thought", "revision": "1", "reason": "room was missing"}


def by_key(key: SecurityKey) -> Visitor:
    """A browser signed in with this key."""
    made = Visitor()
    asked = made.post("/sign-in/passkey").json()
    given = {"handle": asked["handle"], "answer": json.dumps(key.get(asked["options"]))}
    assert made.post("/sign-in/passkey", given).status_code == 302
    return made


def covered(visitor: Visitor, record: str, stocked: Database) -> tuple[str, str]:
    """The page that covers what was being written, and the draft sealed in it."""
    leave_alone(stocked)
    shown = visitor.text(visitor.post(f"{record}/edit", TYPED, page=record))
    found = re.search(r'name="draft" value="([^"]+)"', shown)
    assert found is not None and "Half a thought" not in shown
    return shown, found[1]


@pytest.mark.urs("URS-ACC-04", "URS-ACC-08")
def test_the_draft_comes_back_by_a_passkey_and_not_by_a_password(stocked: Database) -> None:
    key = key_of(ANA, UMA)
    record, ana = open_deviation(signed_in(ANA)), by_key(key)
    shown, draft = covered(ana, record, stocked)
    assert (
        "Go on with a passkey" in shown and 'name="password"' not in shown and "at your identity" not in shown
    )
    less = ana.post("/unlock", {"user_id": "ana", "password": ANA.password, "draft": draft})
    assert less.status_code == 403 and "by no less" in ana.text(less) and draft in ana.text(less)
    asked = ana.post("/unlock/passkey", {"draft": draft}, page="/locked").json()
    stranger = key_of(RAJ, UMA)
    wrong = {"handle": asked["handle"], "answer": json.dumps(stranger.get(asked["options"])), "draft": draft}
    refused = ana.post("/unlock/passkey", wrong, page="/locked")
    assert refused.status_code == 422 and "Half a thought" not in ana.text(refused)
    assert draft in ana.text(refused)
    asked = ana.post("/unlock/passkey", {"draft": draft}, page="/locked").json()
    given = {"handle": asked["handle"], "answer": json.dumps(key.get(asked["options"])), "draft": draft}
    back = ana.post("/unlock/passkey", given, page="/locked")
    assert back.status_code == 200 and "Half a thought" in ana.text(back)
    assert "Half a thought" not in ana.text(ana.get(record)), "a kept draft is shown, not saved"


@pytest.mark.urs("URS-ACC-04", "URS-ACC-08")
def test_the_code_is_asked_beside_the_password_of_whom_it_was_confirmed_for(stocked: Database) -> None:
    ana, secret = signed_in(ANA), enrolled()
    record = open_deviation(ana)
    shown, draft = covered(ana, record, stocked)
    assert names(shown, "/unlock") == {"user_id", "password", "otp"}
    given = {"user_id": "ana", "password": ANA.password, "draft": draft}
    assert ana.post("/unlock", given, page="/locked").status_code == 422
    back = ana.post("/unlock", {**given, "otp": code(secret)}, page="/locked")
    assert back.status_code == 200 and "Half a thought" in ana.text(back)


@pytest.mark.urs("URS-ACC-04", "URS-ACC-08")
def test_the_draft_comes_back_through_the_provider_to_its_writer_who_signs_in_there_anew(
    sso: Any, stocked: Database
) -> None:
    linked()
    ana, person = Visitor(), running.Person()
    come_in(ana, person)
    record = open_deviation(signed_in(ANA))
    shown, draft = covered(ana, record, stocked)
    assert "Go on with your account at localhost" in shown and 'name="password"' not in shown
    sent = ana.post("/sso/unlock", {"draft": draft, "next": record}, page="/locked")
    assert "prompt=login" in sent["Location"] and "max_age=0" in sent["Location"]
    # an account that stands open at the provider proves nothing about who sits here
    cached = sent["Location"].replace("prompt=login&max_age=0", "")
    silent = ana.get(person.goes(cached, LOGIN, f"{BASE}/sso/return").removeprefix(BASE))
    assert silent.status_code == 401 and "Half a thought" not in ana.text(silent)
    assert draft in ana.text(silent), "the draft waits on"
    # somebody else who signs in there does not get it
    sent = ana.post("/sso/unlock", {"draft": draft}, page="/locked")
    other = running.Person().goes(sent["Location"], "somebody.else", f"{BASE}/sso/return").removeprefix(BASE)
    answer = ana.get(other)
    assert answer.status_code == 401 and "Half a thought" not in ana.text(answer)
    # nor another browser with the right answer
    sent = ana.post("/sso/unlock", {"draft": draft}, page="/locked")
    right = person.goes(sent["Location"], LOGIN, f"{BASE}/sso/return").removeprefix(BASE)
    assert Visitor().get(right).status_code == 409
    lured = Visitor()
    lured.client.cookies["session"] = ana.client.cookies["session"].value
    assert lured.get(right).status_code == 409
    back = ana.get(right)
    assert back.status_code == 200 and "Half a thought" in ana.text(back)
    assert "Half a thought" not in ana.text(ana.get(record))
    assert ana.get(right).status_code == 409  # once
    assert Lockout.objects.get(person__user_id="ana").failures == 0


@pytest.mark.urs("URS-ACC-04", "URS-ACC-08")
def test_giving_up_at_the_provider_leaves_the_page_covered(sso: Any, stocked: Database) -> None:
    linked()
    ana = Visitor()
    come_in(ana, running.Person())
    record = open_deviation(signed_in(ANA))
    _, draft = covered(ana, record, stocked)
    sent = ana.post("/sso/unlock", {"draft": draft}, page="/locked")
    state = re.search(r"[?&]state=([^&]+)", sent["Location"])
    assert state is not None
    answer = ana.get(f"/sso/return?state={state[1]}&error=access_denied")
    assert answer.status_code == 503 and draft in ana.text(answer) and "access_denied" in ana.text(answer)
    assert ana.get(record).status_code == 401
    identity.end_account(people.signed_in(UMA), "ana", reason="left the directory in May")
    assert "Sign in" in ana.text(ana.post("/sso/unlock", {"draft": draft}, page="/locked"))
    assert Session.objects.filter(ended_cause="provider account taken away").exists()


@pytest.mark.urs("URS-ACC-08")
def test_a_provider_that_asked_for_one_factor_gives_no_session_of_two_back(
    sso: Any, stocked: Database
) -> None:
    linked()
    ana = Visitor()
    sent = ana.get("/sso/sign-in?next=/")
    two = running.Person().goes(sent["Location"], f"{LOGIN} pwd,otp", f"{BASE}/sso/return")
    assert ana.get(two.removeprefix(BASE)).status_code == 302
    record = open_deviation(signed_in(ANA))
    _, draft = covered(ana, record, stocked)
    for said, status in (("pwd", 403), ("pwd,otp", 200)):
        sent = ana.post("/sso/unlock", {"draft": draft, "next": record}, page="/locked")
        back = running.Person().goes(sent["Location"], f"{LOGIN} {said}", f"{BASE}/sso/return")
        answer = ana.get(back.removeprefix(BASE))
        assert answer.status_code == status, said
        assert ("Half a thought" in ana.text(answer)) is (status == 200)
        assert status == 200 or draft in ana.text(answer), "the draft waits on"
    assert Session.objects.filter(said={"amr": ["pwd", "otp"]}).exists()


@pytest.mark.urs("URS-ACC-04")
def test_without_a_provider_there_is_no_way_by_it(ana: Visitor, stocked: Database) -> None:
    record = open_deviation(ana)
    shown, draft = covered(ana, record, stocked)
    assert "passkey" not in shown and "/sso/unlock" not in shown
    assert ana.post("/sso/unlock", {"draft": draft}, page="/locked").status_code == 409
    assert ana.post("/unlock/passkey", {"draft": draft}, page="/locked").status_code == 404
    ana.post("/sign-out", page="/locked")
    assert ana.post("/unlock/passkey").status_code == 401
