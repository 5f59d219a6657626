"""Proving a person by password, counting what failed, and locking the account it failed on (URS-ACC-07, URS-CRD-05)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from django.db import transaction

from indelible.kernel.audit.actions import note
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, Rule
from indelible.kernel.identity import losses, passwords, sources
from indelible.kernel.identity.events import ACCOUNT_LOCK, LOCK_SPARED, SIGN_IN_FAILED
from indelible.kernel.identity.models import Credential, Lockout, Person
from indelible.kernel.identity.queries import credential_in_force, is_account_locked
from indelible.kernel.identity.types import FAILURES_TO_LOCK

_USED_UP: Final = "its network has locked five accounts within the hour"


def prove(
    person: Person | None, password: str, *, though_locked: bool = False
) -> tuple[str, Credential | None]:
    """Why the password does not prove the person ("" when it does), and the credential it was held against.

    Costs one Argon2id hash whoever is asked about, and nobody included; the cause is for the trail alone, the person
    hears only that it failed. `though_locked` lets a locked account prove its person: at the machine alone
    (identity.lifting). Refusal BUSY (429) when too many hashes run.
    """
    credential = credential_in_force(person) if person else None
    held = credential or (losses.reported_last(person) if person else None)
    kept, user_id = held.secret if held else None, person.user_id if person else ""
    found = passwords.matches(password, kept, of=user_id)
    return _cause(person, credential, found, though_locked), credential


def _cause(person: Person | None, credential: Credential | None, found: bool, though_locked: bool) -> str:
    if person is None:
        return "unknown id"
    if person.status != Person.ACTIVE:
        return "account not active"
    if not though_locked and is_account_locked(person):
        return "account locked"
    if credential is None:
        return losses.REPORTED_USED if found else "no password issued"
    if not found:
        return "wrong password"
    if credential.expires_at is not None and clock() >= credential.expires_at:
        return "temporary secret expired"
    return ""


def failed(
    person: Person | None,
    rule: Rule,
    detail: str,
    *,
    actor: Actor,
    evidence: Mapping[str, Any],
    also: Callable[[], None] | None = None,
    alone: bool = False,
    counts: bool = True,
) -> Refusal:
    """The refusal of a failed proof; written down, it counts against the person in the very entry that tells of it.

    `also` writes there, too: a copied passkey is ended. `alone` as in Refusal. `counts` is False where everything that was given
    is right, and only the test of the device is overdue: that is no guess, and locks nobody (URS-CRD-06). Only a sign-in, which anybody tries from anywhere,
    is held to what its network may lock: whoever proves themselves inside a session is at that account alone, and locks it.
    """
    countable = person is not None and person.status == Person.ACTIVE and not is_account_locked(person)
    anywhere = rule is SIGN_IN_FAILED
    counted = (
        partial(_count, person.pk, person.user_id, actor, anywhere)
        if person and countable and counts
        else None
    )
    written = [one for one in (counted, also) if one is not None]
    consequence = partial(_all_of, written) if written else None
    return Refusal(rule, detail, evidence=evidence, consequence=consequence, alone=alone)


def _all_of(written: list[Callable[[], None]]) -> None:
    for one in written:
        one()


def _count(person_id: int, user_id: str, actor: Actor, anywhere: bool) -> None:
    """One more consecutive failure; the one that reaches the limit locks the account and says so in an event.

    Where its network has locked too many already, the event says that, and the address waits instead (identity.sources).
    """
    lockout = Lockout.objects.select_for_update().get(person_id=person_id)
    if lockout.locked_at is not None:
        return
    first = lockout.failures == FAILURES_TO_LOCK - 1
    lockout.failures = min(lockout.failures + 1, FAILURES_TO_LOCK)
    named, evidence = f"person:{user_id}", {"failures": lockout.failures}
    if lockout.failures >= FAILURES_TO_LOCK:
        if not anywhere or sources.may_lock(actor.source, named):
            lockout.locked_at = clock()
            transaction.on_commit(lambda: _tell_of_lock(actor, named, evidence))
        elif first:
            transaction.on_commit(lambda: tell_of_spared(actor, named, _USED_UP))
    lockout.save(update_fields=["failures", "locked_at"])


def _tell_of_lock(actor: Actor, named: str, evidence: Mapping[str, Any]) -> None:
    note(actor, ACCOUNT_LOCK, object=named, detail=evidence)


def tell_of_spared(actor: Actor, named: str, why: str, *, throttled: bool = False) -> None:
    """The event of a fifth failure as `named` (an identifier) that locked nothing, and why."""
    evidence = {"failures": FAILURES_TO_LOCK, "why": why}
    note(actor, LOCK_SPARED, object=named, detail=evidence, throttled=throttled)


def hold_unlocked(person: Person) -> bool:
    """Inside an act: locks the person's count against a concurrent failure; False when the account is locked."""
    lockout = Lockout.objects.select_for_update().get(person=person)
    return lockout.locked_at is None


def clear_failures(person: Person) -> None:
    """Inside an act: a success ends the row of consecutive failures; writes nothing when there was none."""
    Lockout.objects.filter(person=person, failures__gt=0, locked_at=None).update(failures=0)
