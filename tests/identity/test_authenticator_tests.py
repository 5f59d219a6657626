"""Authenticators are tested at first and every year like passkeys; the wrong paths first (URS-CRD-06, 21 CFR 11.300(e))."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import authenticators, queries
from indelible.kernel.identity.models import OneTimeCode
from indelible.kernel.identity.types import TESTED_FOR
from indelible.kernel.signatures.types import Components
from tests import people
from tests.conftest import Database
from tests.identity.test_one_time import code, come_in, enrolled
from tests.people import ANA, OMAR, PETRA, RAJ, UMA
from tests.signatures.signing import MEANING, capa, later, submit
from tests.web.conftest import Visitor, signed_in

pytestmark = pytest.mark.urs("URS-CRD-06")
COUNTED = ("identity_lockout",)
PAGE = "/account/credentials"
AT = f"{PAGE}/one-time-code"


def a_year_on(monkeypatch: pytest.MonkeyPatch, *, days: int = 0) -> None:
    """Every test of an authenticator is a year ago, or so many days less."""
    monkeypatch.setattr(authenticators, "TESTED_FOR", timedelta(days=days))


def with_code(otp: str) -> Components:
    return Components("ana", ANA.password, otp, MEANING)


def test_an_overdue_one_signs_in_and_signs_nothing_until_it_is_tested(
    stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = people.signed_in(ANA)
    secret = enrolled()
    record = capa(before)
    a_year_on(monkeypatch)
    with refused("signing_failed", urs="URS-SIG-07") as caught:
        submit(before, record, with_code(code(secret)))
    assert "not tested for a year" in caught.value.detail and "Test it" in caught.value.detail
    with refused(
        "signing_failed", ignoring=COUNTED
    ) as caught:  # who does not know the password hears nothing of it
        submit(before, record, Components("ana", "nine slow herons wade", code(secret), MEANING))
    assert "not tested" not in caught.value.detail
    came = come_in(code(secret))
    monkeypatch.undo()
    tested = identity.take_code_test(came, password=ANA.password, code=code(secret, 1))
    assert tested.tested_at is not None and tested.tested_at > tested.enrolled_at
    assert stocked.rows(
        "select user_id, object from audit.act where action = 'one_time_code.test' and outcome = 'done'"
    ) == [("ana", "person:ana")]


def test_a_test_that_lapses_within_a_signing_period_ends_its_signings_too(
    stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = people.signed_in(ANA)
    secret = enrolled()
    submit(ana, capa(ana), with_code(code(secret)))
    second = capa(ana)
    a_year_on(monkeypatch)
    with refused("signing_failed"):
        submit(ana, second, later(ANA))
    monkeypatch.undo()
    identity.take_code_test(ana, password=ANA.password, code=code(secret, 1))
    assert submit(ana, second, later(ANA)).components == "password"


def test_a_test_takes_password_and_a_fresh_code_and_failures_count(stocked: Database, refused: Any) -> None:
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    with refused("code_unknown"):
        identity.take_code_test(petra, password=PETRA.password, code="123456")
    secret = enrolled()
    now = code(secret)
    come_in(now)
    wrong = (
        ("nine slow herons wade", code(secret, 1)),
        (ANA.password, "000000"),
        (ANA.password, now),
        (ANA.password, ""),
    )
    for password, given in wrong:
        with refused("proof_failed", urs="URS-ACC-07", ignoring=COUNTED):
            identity.take_code_test(ana, password=password, code=given)
    assert stocked.rows("select failures from identity_lockout where person_id = %s", [ana.person_id]) == [
        (4,)
    ]
    with refused("proof_failed", ignoring=COUNTED):
        identity.take_code_test(ana, password=ANA.password, code="000000")
    with refused("proof_failed"):  # the fifth locked the account; nothing proves it any more
        identity.take_code_test(ana, password=ANA.password, code=code(secret, 1))
    assert queries.is_account_locked(queries.person_of("ana"))


def test_a_right_test_ends_the_row_of_failures_and_its_code_opens_nothing_more(
    stocked: Database, refused: Any
) -> None:
    ana, secret = people.signed_in(ANA), enrolled()
    with refused("proof_failed", ignoring=COUNTED):
        identity.take_code_test(ana, password=ANA.password, code="000000")
    now = code(secret)
    identity.take_code_test(ana, password=ANA.password, code=now)
    assert stocked.rows("select failures from identity_lockout where person_id = %s", [ana.person_id]) == [
        (0,)
    ]
    with refused("sign_in_failed", ignoring=COUNTED):
        come_in(now)
    identity.end_code(ana, "ana", cause="replaced", reason="a new phone is here")
    again = people.signed_in(ANA)
    with refused("code_unknown"):
        identity.take_code_test(again, password=ANA.password, code=code(secret, 1))


def test_one_of_before_counts_from_its_enrolment(stocked: Database) -> None:
    enrolled()
    of_before = OneTimeCode.objects.get()
    of_before.tested_at = None
    assert authenticators.test_due(of_before) == of_before.enrolled_at + TESTED_FOR
    assert not authenticators.is_overdue(of_before)
    of_before.enrolled_at -= TESTED_FOR
    assert authenticators.is_overdue(of_before)


def test_others_authenticators_are_told_to_who_answers_for_people(stocked: Database, refused: Any) -> None:
    enrolled()
    assert authenticators.one_time_codes(people.signed_in(UMA), "ana").count() == 1
    with pytest.raises(Refusal, match="not_authorised"):
        authenticators.one_time_codes(people.signed_in(OMAR), "ana")


def test_the_pages_remind_of_it_take_it_and_tell_its_date(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = signed_in(ANA)
    assert "test of your authenticator" not in ana.text(ana.get("/"))
    secret = enrolled(confirmed=False)
    a_year_on(monkeypatch, days=29)
    assert "test of your authenticator" not in ana.text(ana.get("/")), (
        "nobody confirmed it: it does not count yet"
    )
    identity.confirm_code(people.signed_in(UMA), "ana")
    assert "The test of your authenticator is due before" in ana.text(ana.get("/"))
    assert "test due" not in ana.text(ana.get(PAGE))
    a_year_on(monkeypatch)
    shown = ana.text(ana.get(PAGE))
    assert "test due" in shown and "signs in and does not sign" in shown and "Last test" in shown
    uma = signed_in(UMA)
    shown = uma.text(uma.get("/people/ana"))
    assert "test due" in shown and "Last test" in shown
    visitor = Visitor()
    fields = {"user_id": "ana", "password": ANA.password, "otp": code(secret)}
    assert visitor.post("/sign-in", fields).status_code == 302, "so that it can be tested"
    given = {"verb": "test", "password": ANA.password, "code": "000000"}
    wrong = visitor.post(AT, given, page=PAGE)
    assert wrong.status_code == 422 and "not accepted" in visitor.text(wrong)
    assert visitor.post(AT, {**given, "code": code(secret, 1)}, page=PAGE).status_code == 302
    monkeypatch.undo()
    assert "test due" not in visitor.text(visitor.get(PAGE))
    assert "test of your authenticator" not in visitor.text(visitor.get("/"))


def test_raj_without_one_is_asked_nothing(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    a_year_on(monkeypatch)
    raj = signed_in(RAJ)
    assert "authenticator" not in raj.text(raj.get("/"))
