"""Lifting a lock once it is confirmed that its person asks: by an administrator, or at the machine by two whose own may be locked.

So nobody is let in by a voice, and nobody locks out a company (URS-ACC-07).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason, nobody
from indelible.kernel.identity import account_locks, authenticators, one_time, proofs, queries
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.events import (
    ACCOUNT_UNLOCK,
    NOT_LOCKED,
    OWN_RIGHTS,
    PROOF_FAILED,
    SECOND_PERSON,
    UNLOCK_UNCONFIRMED,
)
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.models import Lockout, OneTimeCode, Person, Unlocking
from indelible.kernel.identity.types import ADMINISTRATION, CONFIRMATIONS

_NOT_PROVEN = "One of the two was not accepted; which of them, and why, stands in the trail."


@dataclass(frozen=True, slots=True)
class Presented:
    """What an administrator types at the machine; `otp` where a one-time code was confirmed for them."""

    user_id: str
    password: str = field(repr=False)
    otp: str = field(default="", repr=False)


def unlock_account(actor: Actor, user_id: str, *, confirmed: str, reason: str) -> None:
    """Lifts the lock that failed attempts brought, by an authorised other person (URS-ACC-07).

    `confirmed`, one of CONFIRMATIONS, says how they know that it is its person who asks. Refusals: NOT_AUTHORISED, OWN_RIGHTS
    (403), PERSON_UNKNOWN (404), NOT_LOCKED (409), UNLOCK_UNCONFIRMED, a reason's (422).
    """
    with act(actor, ACCOUNT_UNLOCK, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        require(actor, *ADMINISTRATION)
        person = hold_person(actor, queries.person_of(user_id).user_id)
        if person.pk == actor.person_id:
            raise Refusal(OWN_RIGHTS, "Nobody decides about their own account. Ask another administrator.")
        _lift(opened, person, confirmed)


def unlock_at_machine(
    user_id: str,
    acting: Presented,
    beside: Presented,
    *,
    confirmed: str,
    reason: str,
    source: str,
    device: str,
) -> Person:
    """Lifts the lock on an account, proven by two administrators there and then; no session begins. The unlocked person.

    `acting` lifts it and is never the locked person; `beside` is another person, and may be. A locked account proves its
    person here and nowhere else; a temporary secret, which somebody else has seen, proves nobody. Refusals: PROOF_FAILED
    (422), BUSY (429), SECOND_PERSON, OWN_RIGHTS, NOT_AUTHORISED (403), PERSON_UNKNOWN (404), NOT_LOCKED (409),
    UNLOCK_UNCONFIRMED, a reason's (422).
    """
    visitor = replace(nobody(source=source, channel="cli"), device=keepable(device)[:300])
    told = queries.identifier(user_id)
    first, code = _proved(visitor, told, acting)
    second, other_code = _proved(visitor, told, beside)
    actor, other = (
        queries.actor_of(person, session="", source=source, channel="cli") for person in (first, second)
    )
    detail = {"with": other.user_id, "device": visitor.device}
    with act(actor, ACCOUNT_UNLOCK, object=told, reason=keepable(reason), detail=detail) as opened:
        check_reason(reason)
        account_locks.hold((), acting=(first.pk, second.pk))
        for administrator in (actor, other):
            require_still(administrator, *ADMINISTRATION)
        if first.pk == second.pk:
            raise Refusal(SECOND_PERSON, "Two administrators are needed; one was named twice.")
        person = queries.person_of(user_id)
        if person.pk == first.pk:
            raise Refusal(OWN_RIGHTS, "Nobody unlocks their own account: let the other administrator begin.")
        if not one_time.use(*code) or not one_time.use(*other_code):
            raise Refusal(PROOF_FAILED, _NOT_PROVEN, evidence={"cause": authenticators.AGAIN})
        _lift(opened, person, confirmed)
    return person


def _lift(opened: Act, person: Person, confirmed: str) -> None:
    """Ends the lock and the count of failures, and keeps how its person was known."""
    if confirmed not in CONFIRMATIONS:
        known = "; ".join(f"{code} ({title.lower()})" for code, title in CONFIRMATIONS.items())
        told = f"Say how you confirmed that it is {person.name} who asks. One of: {known}."
        raise Refusal(UNLOCK_UNCONFIRMED, told, {"confirmed": told})
    locked = Lockout.objects.filter(person=person).exclude(locked_at=None)
    if not locked.update(failures=0, locked_at=None):
        raise Refusal(NOT_LOCKED, f"{person.name}'s account is not locked.")
    Unlocking.objects.create(
        person=person, confirmed=confirmed, by=opened.actor.user_id, at=clock(), act=opened.id
    )


def _proved(visitor: Actor, told: str, given: Presented) -> tuple[Person, tuple[OneTimeCode | None, int]]:
    """The person who typed this, and their one-time code to use up; a failure counts like a sign-in's."""
    with written_down(visitor, ACCOUNT_UNLOCK, object=queries.identifier(given.user_id)):
        person = queries.find_person(given.user_id)
        cause, credential = proofs.prove(person, given.password, though_locked=True)
        if not cause and credential is not None and credential.temporary:
            cause = "temporary secret"
        code: OneTimeCode | None = None
        step = 0
        if not cause and person is not None:
            cause, code, step = one_time.cause_against(person, given.otp or None)
        if cause or person is None:
            evidence = {"cause": cause, "unlocking": told}
            raise proofs.failed(person, PROOF_FAILED, _NOT_PROVEN, actor=visitor, evidence=evidence)
    return person, (code, step)
