"""Lifting a lock at the machine, by two administrators whose own accounts may be locked: nobody locks out a company (URS-ACC-07)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.types import Actor, Refusal, check_reason, nobody
from indelible.kernel.identity import authenticators, one_time, proofs, queries
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.events import (
    ACCOUNT_UNLOCK,
    NOT_LOCKED,
    OWN_RIGHTS,
    PROOF_FAILED,
    SECOND_PERSON,
)
from indelible.kernel.identity.models import Lockout, OneTimeCode, Person
from indelible.kernel.identity.types import ADMINISTRATION

_NOT_PROVEN = "One of the two was not accepted; which of them, and why, stands in the trail."


@dataclass(frozen=True, slots=True)
class Presented:
    """What an administrator types at the machine; `otp` where a one-time code was confirmed for them."""

    user_id: str
    password: str = field(repr=False)
    otp: str = field(default="", repr=False)


def unlock_at_machine(
    user_id: str, acting: Presented, beside: Presented, *, reason: str, source: str, device: str
) -> Person:
    """Lifts the lock on an account, proven by two administrators there and then; no session begins. The unlocked person.

    `acting` lifts it and is never the locked person; `beside` is another person, and may be. A locked account proves its
    person here and nowhere else; a temporary secret, which somebody else has seen, proves nobody. Refusals: PROOF_FAILED
    (422), BUSY (429), SECOND_PERSON, OWN_RIGHTS, NOT_AUTHORISED (403), PERSON_UNKNOWN (404), NOT_LOCKED (409), a reason's (422).
    """
    visitor = replace(nobody(source=source, channel="cli"), device=keepable(device)[:300])
    told = queries.identifier(user_id)
    first, code = _proved(visitor, told, acting)
    second, other_code = _proved(visitor, told, beside)
    actor, other = (
        queries.actor_of(person, session="", source=source, channel="cli") for person in (first, second)
    )
    detail = {"with": other.user_id, "device": visitor.device}
    with act(actor, ACCOUNT_UNLOCK, object=told, reason=keepable(reason), detail=detail):
        check_reason(reason)
        for administrator in (actor, other):
            require(administrator, *ADMINISTRATION)
        if first.pk == second.pk:
            raise Refusal(SECOND_PERSON, "Two administrators are needed; one was named twice.")
        person = queries.person_of(user_id)
        if person.pk == first.pk:
            raise Refusal(OWN_RIGHTS, "Nobody unlocks their own account: let the other administrator begin.")
        if not one_time.use(*code) or not one_time.use(*other_code):
            raise Refusal(PROOF_FAILED, _NOT_PROVEN, evidence={"cause": authenticators.AGAIN})
        lift(person)
    return person


def lift(person: Person) -> None:
    """Inside an act: ends the lock and the count of failures. Refusal NOT_LOCKED (409)."""
    locked = Lockout.objects.filter(person=person).exclude(locked_at=None)
    if not locked.update(failures=0, locked_at=None):
        raise Refusal(NOT_LOCKED, f"{person.name}'s account is not locked.")


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
