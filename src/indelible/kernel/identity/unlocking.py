"""Giving a covered session back to its person: by no less than what began it, from where they are now (URS-ACC-04, -08).

Otherwise a session of two factors would come back by one, and whoever has no password not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Channel, Refusal, nobody
from indelible.kernel.identity import challenges, one_time, passkeys, proofs, provider, queries, webauthn
from indelible.kernel.identity.authority import written_down
from indelible.kernel.identity.events import (
    FACTOR_DUE,
    NOT_SIGNED_IN,
    PASSKEY_REFUSED,
    PASSKEY_UNKNOWN,
    PROOF_FAILED,
    PROVIDER_REFUSED,
    SESSION_UNLOCK,
)
from indelible.kernel.identity.factor_rules import why_due
from indelible.kernel.identity.methods import are_several
from indelible.kernel.identity.models import Passkey, Person, ProviderAccount, Session, SessionSeen
from indelible.kernel.identity.openid import NotAccepted, Word, issuer, judged
from indelible.kernel.identity.types import IDLE_LOCK

UNLOCK: Final = "passkey unlock"
PASSWORD: Final = "password"  # noqa: S105  (a kind, not a secret)
_OVER: Final = "This session is over. Sign in again."
_NOT_YOURS: Final = "The password or the code was not accepted. After five tries in a row an account locks."
_NOT_THE_KEY: Final = (
    "The passkey was not accepted. Use one of yours that somebody confirmed, on this address."
)
_NOT_THE_ACCOUNT: Final = (
    "The identity provider's answer does not give this session back. Sign in there anew, as its person."
)


@dataclass(frozen=True, slots=True)
class Ways:
    """By what a covered session comes back here and now; `code` says that the password takes a one-time code with it."""

    password: bool
    code: bool
    passkey: bool
    provider: bool


def ways(state: queries.SessionState, source: str) -> Ways:
    """What is offered to the person of this session at this source; nothing is written."""
    person = state.session.person
    code = one_time.in_use(person) is not None
    more = not _why_less(state, one_time.BEGINS, source)
    typed = not _why_less(state, one_time.BEGINS if code else PASSWORD, source)
    return Ways(
        password=typed and queries.credential_in_force(person) is not None,
        code=code,
        passkey=more and _keys(person).exists(),
        provider=more and _accounts(person).exists(),
    )


def unlock_session(
    token: str, password: str, *, source: str, channel: Channel, otp: str | None = None
) -> Actor:
    """Gives a locked session back to its person, who proves it by password, and by a one-time code where one is asked of
    them; a failure counts like a sign-in's.

    Refusals: NOT_SIGNED_IN (401: no such session, or it is over), FACTOR_DUE (403: it was begun by more than this, or more
    is asked of them here; nothing is counted), PROOF_FAILED (422), BUSY (429).
    """
    state, actor = _covered(token, source, channel)
    person = state.session.person
    by = one_time.BEGINS if one_time.in_use(person) else PASSWORD
    with written_down(actor, SESSION_UNLOCK, object=_named(state)):
        _refuse_less(state, by, source)
        cause, _ = proofs.prove(person, password)
        code, step = None, 0
        if not cause:
            cause, code, step = one_time.cause_against(person, otp)
        if cause:
            raise proofs.failed(person, PROOF_FAILED, _NOT_YOURS, actor=actor, evidence={"cause": cause})
    return _reopened(state, actor, by, lambda: one_time.use(code, step))


def ask_unlock(token: str, *, source: str, channel: Channel) -> tuple[str, dict[str, Any]]:
    """Handle and WebAuthn request options for the passkeys of a locked session's person.

    Refusals: NOT_SIGNED_IN (401), FACTOR_DUE (403), PASSKEY_UNKNOWN (404: they have none that somebody confirmed).
    """
    state, actor = _covered(token, source, channel)
    with written_down(actor, SESSION_UNLOCK, object=_named(state)):
        _refuse_less(state, one_time.BEGINS, source)
        keys = list(_keys(state.session.person).values_list("credential_id", flat=True))
        if not keys:
            raise Refusal(PASSKEY_UNKNOWN, "There is no passkey that gives this session back.")
    options, asked = webauthn.question(None, keys)
    return challenges.ask(UNLOCK, asked, session=state.session.public_id), options


def unlock_by_passkey(
    token: str, handle: str, answer: Mapping[str, Any], *, source: str, channel: Channel
) -> Actor:
    """The same by the person's device. Refusals: NOT_SIGNED_IN (401), FACTOR_DUE (403), CHALLENGE_OVER (409),
    PASSKEY_REFUSED (422; counted, but for a right answer of a passkey whose test is overdue)."""
    state, actor = _covered(token, source, channel)
    person = state.session.person
    with written_down(actor, SESSION_UNLOCK, object=_named(state)):
        asked = challenges.take(handle, UNLOCK, session=state.session.public_id)
        _refuse_less(state, one_time.BEGINS, source)
        cause, found, given = passkeys.prove(person, answer, asked)
        if cause or found is None or given is None:
            raise proofs.failed(
                person,
                PASSKEY_REFUSED,
                _NOT_THE_KEY,
                actor=actor,
                evidence={"cause": cause, "passkey": str(found.pk) if found else ""},
                also=passkeys.consequence_of(found, cause),
                counts=cause != passkeys.UNTESTED,
            )

    def used() -> bool:
        still = Passkey.objects.filter(pk=found.pk, ended_at=None).exists()
        if still:
            passkeys.used(found, given)
        return still

    return _reopened(state, actor, f"passkey {found.pk}", used)


def unlock_by_provider(
    token: str, word: Word, *, nonce: str, asked_at: datetime, source: str, channel: Channel
) -> Actor:
    """The same by the identity provider, where the person signed in anew since it was asked: an account that stands open
    there is no proof of who sits here. Refusals: NOT_SIGNED_IN (401), FACTOR_DUE (403), PROVIDER_REFUSED (401)."""
    state, actor = _covered(token, source, channel)
    with written_down(actor, SESSION_UNLOCK, object=_named(state)):
        _refuse_less(state, one_time.BEGINS, source)
        try:
            told = judged(word, nonce=nonce, asked_at=asked_at, anew=True)
            cause, found = provider.prove(state.session.person, told)
        except NotAccepted as fault:
            cause, found = str(fault), None
        if cause or found is None:
            raise Refusal(PROVIDER_REFUSED, _NOT_THE_ACCOUNT, evidence={"cause": cause})
        by = f"provider {found.pk}"
        _refuse_less(state, by, source, told.said)
    still = ProviderAccount.objects.filter(pk=found.pk, ended_at=None, confirmed_at__isnull=False)
    return _reopened(state, actor, by, still.exists, told.said)


def _covered(token: str, source: str, channel: Channel) -> tuple[queries.SessionState, Actor]:
    """The session and its person as they would act in it; Refusal NOT_SIGNED_IN (401) where it is over."""
    state = queries.session_state(token) if token else None
    if state is None or state.cause in {"ended", "absolute end"}:
        with written_down(nobody(source=source, channel=channel), SESSION_UNLOCK):
            raise Refusal(NOT_SIGNED_IN, _OVER)
    session = state.session
    return state, queries.actor_of(session.person, session=session.public_id, source=source, channel=channel)


def _named(state: queries.SessionState) -> str:
    return f"session:{state.session.public_id}"


def _keys(person: Person) -> Any:
    return passkeys.in_use(person).exclude(confirmed_at=None)


def _accounts(person: Person) -> Any:
    found = ProviderAccount.objects.filter(person=person, issuer=issuer(), ended_at=None)
    return found.exclude(confirmed_at=None)


def _refuse_less(
    state: queries.SessionState, by: str, source: str, said: Mapping[str, Any] | None = None
) -> None:
    """Before anything typed is checked or counted, so that it says nothing about it."""
    if why := _why_less(state, by, source, said):
        raise Refusal(FACTOR_DUE, why)


def _why_less(
    state: queries.SessionState, by: str, source: str, said: Mapping[str, Any] | None = None
) -> str:
    """Why this is less than what began the session, or than what is asked of its person here; "" where it is enough.

    `said` is how the identity provider knew them now (decision 0027).
    """
    began = state.session.begun_by or PASSWORD
    if _is_one(by, said) and not _is_one(began, state.session.said):
        return (
            "This session was begun with more than a password and comes back by no less. Use your passkey or your account at "
            "the identity provider, or end the session and sign in."
        )
    # a session begun by a password stays one, whatever opens it again
    as_now = PASSWORD if began == PASSWORD else by
    due = why_due(state.rule, as_now, {role for role, _ in state.held}, source, said)
    return f"It was decided that {due}. End this session and sign in so." if due else ""


def _is_one(by: str, said: Mapping[str, Any] | None) -> bool:
    """Whether this is one factor: a password alone, or a provider that says so."""
    return by == PASSWORD or (by.startswith("provider ") and are_several(said) is False)


def _reopened(
    state: queries.SessionState,
    actor: Actor,
    by: str,
    spend: Callable[[], bool],
    said: Mapping[str, Any] | None = None,
) -> Actor:
    """The act: what proved the person is used up, and the session goes on, known from now on by what gave it back."""
    with act(actor, SESSION_UNLOCK, object=_named(state), detail={"by": by}):
        person, now = state.session.person, clock()
        if not proofs.hold_unlocked(person) or not spend():
            raise Refusal(PROOF_FAILED, _NOT_YOURS, evidence={"cause": "overtaken by another attempt"})
        session = Session.objects.select_for_update(no_key=True).get(pk=state.session.pk)
        if session.ended_at is not None:
            raise Refusal(NOT_SIGNED_IN, _OVER)
        if not queries.is_locked(session):  # idle, and unlocked before any request noticed
            session.locked_at = min(now, state.session.seen.at + IDLE_LOCK)
        session.unlocked_at = now
        if (session.begun_by or PASSWORD) != PASSWORD:
            session.begun_by, session.said = by, said
        session.save(update_fields=["locked_at", "unlocked_at", "begun_by", "said"])
        SessionSeen.objects.filter(session=session).update(at=now)
        proofs.clear_failures(person)
    return actor
