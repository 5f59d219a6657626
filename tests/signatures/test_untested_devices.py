"""A device whose periodic test is overdue signs nothing, locks nobody whose proof is right, and is told before anything is typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import authenticators, passkeys, unlocking
from indelible.kernel.identity.queries import is_account_locked, person_of
from indelible.kernel.signatures.types import Components
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_one_time import code
from tests.identity.test_one_time import enrolled as enrolled_code
from tests.people import ANA, UMA
from tests.signatures.keys import enrolled, in_hand, submit_by
from tests.signatures.signing import MEANING, capa, submit
from tests.signatures.test_by_passkey import COUNTED
from tests.web.conftest import Visitor, signed_in

pytestmark = pytest.mark.urs("URS-CRD-06", "URS-ACC-07")
KEY_TOLD = '“<span class="isolate">Blue key</span>” was not tested for a year'
PLACES = ("/accountability", "/security/access-review", "/security/issuances")


def a_year_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test of a device is a year ago."""
    for module in (authenticators, passkeys):
        monkeypatch.setattr(module, "TESTED_FOR", timedelta(0))


def failures(stocked: Database) -> int:
    [(count,)] = stocked.rows(
        "select failures from identity_lockout where person_id = (select id from identity_person where user_id = 'ana')"
    )
    return int(count)


def with_code(otp: str, *, user_id: str = "ana", password: str = ANA.password) -> Components:
    return Components(user_id, password, otp, MEANING)


def test_right_password_and_code_sign_nothing_and_lock_nobody_and_wrong_ones_still_do(
    stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = people.signed_in(ANA)
    secret, record = enrolled_code(), capa(ana)
    a_year_on(monkeypatch)
    for _ in range(6):
        with refused("signing_failed", urs="URS-SIG-07") as caught:
            submit(ana, record, with_code(code(secret)))
        assert "Test it" in caught.value.detail
    assert failures(stocked) == 0
    told = stocked.rows(
        "select count(*) from audit.act where outcome = 'denied' and detail ->> 'cause' = %s",
        [authenticators.UNTESTED],
    )
    assert told == [(6,)], "each stands in the trail all the same"
    wrong = (
        with_code("000000"),
        with_code(code(secret), password="nine slow herons wade"),
        with_code(code(secret), user_id="petra"),
    )
    for given in wrong:
        with refused("signing_failed", ignoring=COUNTED) as caught:
            submit(ana, record, given)
        assert "Test it" not in caught.value.detail
    assert failures(stocked) == len(wrong)


def test_a_right_answer_of_a_passkey_signs_nothing_opens_nothing_and_locks_nobody(
    stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = SecurityKey()
    enrolled(ANA, key)
    ana = people.signed_in(ANA)
    token, _ = identity.sign_in("ana", ANA.password, source="192.0.2.10", channel="web", device="Test")
    record = capa(ana)
    a_year_on(monkeypatch)
    for _ in range(5):
        with refused("signing_failed", urs="URS-SIG-07") as caught:
            submit_by(ana, record, key, typed="ana")
        assert "Test it" in caught.value.detail
        handle, options = in_hand()
        with refused("sign_in_failed"):
            identity.sign_in_by_passkey(
                handle, key.get(options), source="192.0.2.10", channel="web", device="Test"
            )
        handle, options = unlocking.ask_unlock(token, source="192.0.2.10", channel="web")
        with refused("passkey_refused"):
            unlocking.unlock_by_passkey(token, handle, key.get(options), source="192.0.2.10", channel="web")
    assert failures(stocked) == 0 and not is_account_locked(person_of("ana"))
    with refused("signing_failed", ignoring=COUNTED):
        submit_by(ana, record, key, typed="petra")
    assert failures(stocked) == 1


def test_the_page_of_a_step_says_it_before_anything_is_typed(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(ANA, SecurityKey())
    before, record = signed_in(ANA), capa(people.signed_in(ANA))
    page = f"/records/{record.number}/steps/submit"
    enrolled_code()
    assert "overdue" not in before.text(before.get(page))
    a_year_on(monkeypatch)
    shown = before.get(page)
    told = before.text(shown)
    assert "The test of your device is overdue" in told and "your password does not sign" in told
    assert KEY_TOLD in told
    assert 'href="/account/credentials"' in shown.content.decode()


@pytest.mark.parametrize("page", PLACES)
def test_so_does_every_other_page_that_is_signed(
    stocked: Database, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    umas(SecurityKey())
    uma: Visitor = signed_in(UMA)
    assert "The test of your device" not in uma.text(uma.get(page))
    a_year_on(monkeypatch)
    told = uma.text(uma.get(page))
    assert KEY_TOLD in told
    assert "your password does not sign" not in told, "she has no authenticator"


def umas(key: SecurityKey) -> None:
    """Uma's key, which Sam confirmed."""
    made = enrolled(UMA, key, confirmed=False)
    identity.confirm_passkey(people.signed_in(people.SAM), "uma", made.pk)
