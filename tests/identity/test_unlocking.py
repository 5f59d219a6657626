"""A covered session comes back by no less than what began it, from where its person is now; wrong paths first (URS-ACC-04, -08)."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries, unlocking
from indelible.kernel.identity.entrances import ask_sign_in
from indelible.kernel.identity.models import Lockout, Session
from tests import people
from tests.api.calling import Caller
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_factors import INSIDE, OUTSIDE, WHY, key_of
from tests.identity.test_one_time import code, enrolled
from tests.people import ANA, RAJ, SAM, UMA

COUNTED = ("identity_lockout",)
WEB: dict[str, Any] = {"source": INSIDE, "channel": "web"}
AWAY: dict[str, Any] = {"source": OUTSIDE, "channel": "web"}


def covered_by(key: SecurityKey, where: dict[str, Any] = WEB) -> tuple[str, Actor]:
    """A session begun with this key, and locked."""
    handle, options = ask_sign_in()
    token, actor = identity.sign_in_by_passkey(handle, key.get(options), device="Test", **where)
    identity.lock_session(actor)
    return token, actor


def failures(user_id: str) -> int:
    return int(Lockout.objects.get(person__user_id=user_id).failures)


@pytest.mark.urs("URS-ACC-08", "URS-ACC-04")
def test_two_factors_do_not_come_back_by_a_password_from_outside(stocked: Database, refused: Any) -> None:
    key = key_of(SAM, UMA)
    key_of(UMA, SAM)
    identity.decide_factors(people.signed_in(UMA), administrators=True, networks=["10.20.0.0/16"], reason=WHY)
    token, _ = covered_by(key)
    for where in (AWAY, WEB):
        with refused("factor_due", urs="URS-ACC-08"):
            identity.unlock_session(token, SAM.password, **where)
    with refused("session_locked"):
        identity.enter(token, **AWAY)
    handle, options = identity.ask_unlock(token, **AWAY)
    identity.unlock_by_passkey(token, handle, key.get(options), **AWAY)
    assert identity.enter(token, **AWAY).user_id == "sam"


@pytest.mark.urs("URS-ACC-08", "URS-ACC-04", "URS-ACC-07")
def test_who_has_no_password_takes_a_session_back_and_locks_no_account_trying(
    stocked: Database, refused: Any
) -> None:
    key, ended = key_of(ANA, UMA), "update identity_credential set ended_at = now() where person_id ="
    stocked.superuser(f"{ended} (select id from identity_person where user_id = 'ana') and ended_at is null")
    token, _ = covered_by(key)
    for _ in range(6):
        with refused("factor_due"):
            identity.unlock_session(token, "what now", **WEB)
    assert failures("ana") == 0
    handle, options = identity.ask_unlock(token, **WEB)
    assert len(options["allowCredentials"]) == 1
    assert identity.unlock_by_passkey(token, handle, key.get(options), **WEB).user_id == "ana"
    assert identity.enter(token, **WEB).user_id == "ana"


@pytest.mark.urs("URS-ACC-04", "URS-SIG-06")
def test_a_device_of_somebody_else_or_an_answer_of_before_opens_nothing(
    stocked: Database, refused: Any
) -> None:
    key, other = key_of(ANA, UMA), key_of(RAJ, UMA)
    token, _ = covered_by(key)
    with refused("passkey_refused", ignoring=COUNTED):
        handle, options = identity.ask_unlock(token, **WEB)
        identity.unlock_by_passkey(token, handle, other.get(options), **WEB)
    assert failures("ana") == 1
    asked, options = ask_sign_in()  # put to whoever comes, not in this session
    with refused("challenge_over"):
        identity.unlock_by_passkey(token, asked, key.get(options), **WEB)
    elsewhere, _ = covered_by(key)
    handle, options = identity.ask_unlock(elsewhere, **WEB)
    with refused("challenge_over"):  # asked in another session
        identity.unlock_by_passkey(token, handle, key.get(options), **WEB)
    handle, options = identity.ask_unlock(token, **WEB)
    answer = key.get(options)
    identity.unlock_by_passkey(token, handle, answer, **WEB)
    assert failures("ana") == 0
    identity.lock_session(identity.enter(token, **WEB))
    with refused("challenge_over"):
        identity.unlock_by_passkey(token, handle, answer, **WEB)
    (found,) = queries.passkeys(people.signed_in(UMA), "ana")
    handle, options = identity.ask_unlock(token, **WEB)
    identity.end_passkey(people.signed_in(ANA), "ana", found.pk, cause="replaced", reason="a newer key")
    with refused("passkey_refused", ignoring=COUNTED):
        identity.unlock_by_passkey(token, handle, key.get(options), **WEB)
    with refused("passkey_unknown"):
        identity.ask_unlock(token, **WEB)
    with refused("not_signed_in"):
        identity.ask_unlock("no such token", **WEB)


@pytest.mark.urs("URS-ACC-08", "URS-ACC-04", "URS-SIG-02")
def test_where_a_code_was_asked_it_is_asked_again(stocked: Database, refused: Any) -> None:
    secret = enrolled()
    first, second = code(secret), code(secret, 1)
    token, ana = identity.sign_in("ana", ANA.password, device="Test", otp=first, **WEB)
    identity.lock_session(ana)
    for otp in (None, "000000", first):  # none, a wrong one, the one used already
        with refused("proof_failed", ignoring=COUNTED):
            identity.unlock_session(token, ANA.password, otp=otp, **WEB)
    assert failures("ana") == 3
    identity.unlock_session(token, ANA.password, otp=second, **WEB)
    identity.lock_session(identity.enter(token, **WEB))
    with refused("proof_failed", ignoring=COUNTED):
        identity.unlock_session(token, ANA.password, otp=second, **WEB)


@pytest.mark.urs("URS-ACC-08", "URS-ACC-04")
def test_a_session_begun_by_a_password_stays_one_and_is_judged_where_it_is_now(
    stocked: Database, refused: Any
) -> None:
    key_of(SAM, UMA)
    key_of(UMA, SAM)
    key = key_of(ANA, UMA)
    identity.decide_factors(
        people.signed_in(UMA), administrators=False, networks=["10.20.0.0/16"], reason=WHY
    )
    token, ana = people.session(ANA, source=INSIDE)
    identity.lock_session(ana)
    with refused("factor_due"):
        identity.unlock_session(token, ANA.password, **AWAY)
    with refused("factor_due"):
        identity.ask_unlock(token, **AWAY)
    handle, options = identity.ask_unlock(token, **WEB)
    identity.unlock_by_passkey(token, handle, key.get(options), **WEB)
    assert Session.objects.get(public_id=ana.session).begun_by == "password"
    with refused("factor_due"):
        identity.enter(token, **AWAY)


@pytest.mark.urs("URS-ACC-04", "URS-CRD-04")
def test_a_session_ends_with_what_gave_it_back(stocked: Database) -> None:
    key, secret = key_of(ANA, UMA), enrolled()
    token, ana = covered_by(key)
    shown = queries.session_state(token)
    assert shown is not None and unlocking.ways(shown, INSIDE) == unlocking.Ways(
        password=True, code=True, passkey=True, provider=False
    )
    identity.unlock_session(token, ANA.password, otp=code(secret), **WEB)
    assert identity.enter(token, **WEB).session == ana.session
    identity.end_code(people.signed_in(SAM), "ana", cause="replaced", reason="the phone was lost")
    assert Session.objects.get(public_id=ana.session).ended_cause == "one-time codes ended"


@pytest.mark.urs("URS-ACC-08", "URS-ACC-04")
def test_over_http_a_session_of_two_factors_takes_two(stocked: Database) -> None:
    key = key_of(ANA, UMA)
    caller, path = Caller(), "/sessions/current/lock"
    caller.token, _ = covered_by(key, {"source": "127.0.0.1", "channel": "api"})
    assert caller.call("DELETE", path, {"password": ANA.password}).is_problem(403, "URS-ACC-08")
    assert failures("ana") == 0
    secret = enrolled()
    assert caller.call("DELETE", path, {"password": ANA.password}).is_problem(422, "URS-ACC-07")
    assert caller.call("DELETE", path, {"password": ANA.password, "otp": code(secret)}).status == 200
    assert caller.get("/roles").status == 200
