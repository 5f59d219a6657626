"""One-time codes by an authenticator (TOTP, RFC 6238): a further component beside the password (URS-SIG-01, URS-ACC-08).

Enrolled by its person, who proves it with a code; asked for once another person confirmed it (URS-SIG-06); tested every year like
a passkey (21 CFR 11.300(e)). The shared secret is kept encrypted under a key outside the database; a code works once.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pyotp

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import at_rest, challenges, keys, known, proofs, queries, verified
from indelible.kernel.identity.authenticators import AGAIN, BACK
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.endings import end_sessions
from indelible.kernel.identity.events import (
    CHALLENGE_OVER,
    CODE_CONFIRM,
    CODE_END,
    CODE_ENROL,
    CODE_IN_USE,
    CODE_TEST,
    CODE_UNKNOWN,
    NOT_SIGNED_IN,
    OWN_RIGHTS,
    PROOF_FAILED,
)
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.losses import SUSPECT, suspect_from
from indelible.kernel.identity.models import OneTimeCode, Person
from indelible.kernel.identity.types import ADMINISTRATION

ENROL: Final = "code enrol"
BEGINS: Final = "password, one-time code"
"""By what a session says it was begun where a code was asked for."""
STEP: Final = 30
"""Seconds that a code is shown; the one before and after count, too (RFC 6238 section 5.2)."""
_OVER: Final = "That took too long, or was answered already. Start again."
_NOT_PROVEN: Final = "The password or the code was not accepted. After five tries in a row an account locks."


def ask_code_enrolment(actor: Actor) -> tuple[str, str, str]:
    """Handle, shared secret (base32) and otpauth address for an authenticator app. Refusals: NOT_SIGNED_IN (401), CODE_IN_USE (409)."""
    with written_down(actor, CODE_ENROL, object=f"person:{actor.user_id}"):
        person = _own(actor)
        _refuse_second(person)
    secret = pyotp.random_base32()
    handle = challenges.ask(ENROL, {"secret": at_rest.sealed(secret)}, session=actor.session)
    return handle, secret, _address(person, secret)


def asked_again(actor: Actor, handle: str) -> tuple[str, str] | None:
    """Secret and address of an enrolment that is still open, to be shown again; None where it is over."""
    kept = challenges.open_question(handle, ENROL, session=actor.session)
    if kept is None:
        return None
    try:
        secret = _secret_asked(kept)
    except Refusal:
        return None
    return secret, _address(queries.person_of(actor.user_id), secret)


def enrol_code(actor: Actor, handle: str, *, password: str, code: str) -> OneTimeCode:
    """The actor's authenticator, proven by its first code and the password; not asked for until another person confirmed it.

    Refusals: NOT_SIGNED_IN (401), CHALLENGE_OVER (409; also where the service's secret is changed meanwhile), PROOF_FAILED (422,
    counted), CODE_IN_USE (409), BUSY (429).
    """
    target = f"person:{actor.user_id}"
    with written_down(actor, CODE_ENROL, object=target):
        person = _own(actor)
        asked = challenges.open_question(handle, ENROL, session=actor.session) or challenges.take(
            handle, ENROL
        )
        cause, credential = proofs.prove(person, password)
        step = _step_of(_secret_asked(asked), code, clock())
        cause = cause or ("" if step else "wrong code")
        if cause or credential is None or credential.temporary or step is None:
            evidence = {"cause": cause or "temporary secret"}
            raise proofs.failed(person, PROOF_FAILED, _NOT_PROVEN, actor=actor, evidence=evidence)
        challenges.take(handle, ENROL, session=actor.session)
    with act(actor, CODE_ENROL, object=target):
        _hold_sealed(asked)
        _refuse_second(person)
        proofs.clear_failures(person)
        return OneTimeCode.objects.create(
            person=person,
            secret=asked["secret"],
            last_step=step,
            enrolled_at=(now := clock()),
            tested_at=now,
        )


def confirm_code(actor: Actor, user_id: str) -> OneTimeCode:
    """Another person, not who issued the last one-time secret, confirms that this authenticator is the person's own.

    Refusals: NOT_AUTHORISED, OWN_RIGHTS, SECOND_PERSON (403), PERSON_UNKNOWN, CODE_UNKNOWN (404), IDENTITY_UNVERIFIED (422).
    """
    with act(actor, CODE_CONFIRM, object=queries.identifier(user_id)):
        require(actor, *ADMINISTRATION)
        person = hold_person(actor, queries.person_of(user_id).user_id)
        if person.pk == actor.person_id:
            raise Refusal(OWN_RIGHTS, "Nobody confirms their own authenticator. Ask another administrator.")
        verified.refuse_who_issued(actor, person)
        known.require_known(actor)
        found = OneTimeCode.objects.filter(person=person, ended_at=None, confirmed_at=None).first()
        if found is None:
            raise Refusal(CODE_UNKNOWN, f"No authenticator of {person.name} waits to be confirmed.")
        verified.refuse_unconfirmed(person)
        found.confirmed_by, found.confirmed_at = actor.user_id, clock()
        found.save(update_fields=["confirmed_by", "confirmed_at"])
        return found


def take_code_test(actor: Actor, *, password: str, code: str) -> OneTimeCode:
    """The yearly test of one's own authenticator: a fresh code of it beside the password (21 CFR 11.300(e)).

    Refusals: NOT_SIGNED_IN (401), CODE_UNKNOWN (404), PROOF_FAILED (422, counted), BUSY (429).
    """
    target = f"person:{actor.user_id}"
    with written_down(actor, CODE_TEST, object=target):
        person = _own(actor)
        found = OneTimeCode.objects.filter(person=person, ended_at=None).first()
        if found is None:
            raise Refusal(CODE_UNKNOWN, "You have no authenticator that could be tested. Set one up first.")
        cause, credential = proofs.prove(person, password)
        if not cause and (credential is None or credential.temporary):
            cause = "temporary secret"
        against, step = _judged(found, code)
        if cause := cause or against:
            raise proofs.failed(person, PROOF_FAILED, _NOT_PROVEN, actor=actor, evidence={"cause": cause})
    with act(actor, CODE_TEST, object=target):
        if not proofs.hold_unlocked(person):
            raise Refusal(PROOF_FAILED, _NOT_PROVEN, evidence={"cause": "account locked"})
        if not use(found, step):
            raise Refusal(PROOF_FAILED, _NOT_PROVEN, evidence={"cause": AGAIN})
        proofs.clear_failures(person)
        tested = OneTimeCode.objects.get(pk=found.pk)
        tested.tested_at = clock()
        tested.save(update_fields=["tested_at"])
        return tested


def end_code(
    actor: Actor, user_id: str, *, cause: str, reason: str, suspect_since: datetime | None = None
) -> OneTimeCode:
    """Ends an authenticator at once: one's own at any time, somebody else's by administration (URS-CRD-04).

    Every session that was begun with a code of it ends, too, the one it is done in not left out; lost, stolen or suspect, it takes
    all open sessions of its person along, and `suspect_since` (aware) says from when on what was signed with it is looked at again.
    An administrator who ends one lowers what is asked of its person, so what was confirmed about them ends with it: nobody signs
    as them until somebody else confirmed who they are. Refusals: NOT_AUTHORISED (403), CODE_UNKNOWN (404), LOSS_INCOMPLETE, a
    reason's (422).
    """
    with act(actor, CODE_END, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        person = hold_person(actor, queries.person_of(user_id).user_id)
        if person.pk != actor.person_id:
            require(actor, *ADMINISTRATION)
        check_reason(reason)
        found = OneTimeCode.objects.filter(person=person, ended_at=None).first()
        if found is None:
            raise Refusal(CODE_UNKNOWN, f"{person.name} has no authenticator in use.")
        now = clock()
        found.suspect_since = suspect_from(cause, suspect_since, began=found.enrolled_at, now=now)
        found.ended_at, found.ended_by, found.ended_cause = now, actor.user_id, cause
        found.save(update_fields=["ended_at", "ended_by", "ended_cause", "suspect_since"])
        _end_sessions(person, cause, now)
        if found.confirmed_at is not None:
            verified.end(opened, person, verified.CODE_ENDED, now)
        return found


def _end_sessions(person: Person, cause: str, now: datetime) -> None:
    held = queries.open_sessions(person)
    if cause in SUSPECT:
        end_sessions(list(held), f"one-time codes {cause}", now)
    else:
        end_sessions(list(held.filter(begun_by=BEGINS)), "one-time codes ended", now)


def in_use(person: Person) -> OneTimeCode | None:
    """The authenticator whose codes are asked for, or None."""
    return OneTimeCode.objects.filter(person=person, ended_at=None).exclude(confirmed_at=None).first()


def cause_against(person: Person, code: str | None) -> tuple[str, OneTimeCode | None, int]:
    """Why this code does not prove the person ("" where it does, or none is asked), by which authenticator, at which step."""
    found = in_use(person)
    if found is None:
        return ("no one-time code is set up" if code else ""), None, 0
    if not code:
        return "one-time code missing", found, 0
    cause, step = _judged(found, code)
    return cause, found, step


def _judged(found: OneTimeCode, code: str) -> tuple[str, int]:
    """Why this code of this authenticator does not count ("" where it does), and its time step."""
    try:
        secret = at_rest.opened(found.secret)
    except at_rest.Unreadable:
        return "the secret of the one-time code cannot be read", 0
    step = _step_of(secret, code, clock())
    if step is None:
        return "wrong one-time code", 0
    if step == found.last_step:
        return AGAIN, step
    return ("" if step > found.last_step else BACK), step


def use(found: OneTimeCode | None, step: int) -> bool:
    """Inside an act: the code is used up; False where somebody else was faster, or the authenticator ended."""
    if found is None:
        return True
    still = OneTimeCode.objects.filter(pk=found.pk, ended_at=None, last_step__lt=step)
    return still.update(last_step=step) == 1


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step this code is of, the present one or one beside it."""
    typed = code.replace(" ", "")
    present = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    fits = [
        step
        for step in (present - 1, present, present + 1)
        if hmac.compare_digest(totp.at(step * STEP).encode(), typed.encode("utf-8", "replace"))
    ]
    return fits[0] if fits else None


def _secret_asked(asked: Mapping[str, Any]) -> str:
    """The secret of an open enrolment; Refusal CHALLENGE_OVER (409) where the service's own is another by now."""
    try:
        return at_rest.opened(asked["secret"])
    except at_rest.Unreadable:
        raise Refusal(CHALLENGE_OVER, _OVER) from None


def _hold_sealed(asked: Mapping[str, Any]) -> None:
    """Inside an act: the secret that the question lies under stays the service's until the act ends.

    Refusal CHALLENGE_OVER (409) where it is no longer: what was kept under it would be lost with it (URS-OPN-04).
    """
    at_rest.hold()
    if keys.is_secret_over():  # asked first: the file may be put in its place between the two
        raise Refusal(CHALLENGE_OVER, _OVER)
    _secret_asked(asked)


def _address(person: Person, secret: str) -> str:
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=person.user_id, issuer_name="Indelible")


def _refuse_second(person: Person) -> None:
    if OneTimeCode.objects.filter(person=person, ended_at=None).exists():
        raise Refusal(CODE_IN_USE, "You have an authenticator already. End it first.")


def _own(actor: Actor) -> Person:
    session = queries.session_of(actor)
    if session is None or session.ended_at is not None or actor.channel == "job":
        raise Refusal(NOT_SIGNED_IN, "This is done in a session of one's own. Sign in first.")
    return queries.person_of(actor.user_id)
