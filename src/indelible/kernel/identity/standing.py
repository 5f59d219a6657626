"""Who of administration can let others in, and that no one person leaves fewer than two of them (URS-AUT-04, URS-ACC-03).

Each right, each account and each first secret takes two people of administration. Whoever ends all but one ends administration itself, so
what would do that is undone at every door ([0029]).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import account_locks, queries
from indelible.kernel.identity.events import LAST_ADMINISTRATORS
from indelible.kernel.identity.models import Credential, Passkey, Person, ProviderAccount
from indelible.kernel.identity.openid import issuer
from indelible.kernel.identity.types import LAST_STANDING, TESTED_FOR

STANDS_IN_AFTER: Final = timedelta(days=3)
"""So long a proposed role of administration waits for the other one of two, who may be gone, before QA may approve it."""
GIVE_FIRST: Final = (
    "First let a third person have a role of administration: one of the two proposes it, the other approves it, or, where they "
    f"cannot, QA after {STANDS_IN_AFTER.days} days."
)


def able(held: set[int]) -> set[int]:
    """Of these people of administration, by their keys, those who can come in by what is theirs: a password of their own, a passkey that counts
    or an account at the provider. A lock that failed proofs brought is no loss: two lift it at the machine (URS-ACC-07)."""
    tested = clock() - TESTED_FOR
    found = (
        Credential.objects.filter(ended_at=None, temporary=False),
        Passkey.objects.filter(ended_at=None, confirmed_at__isnull=False, tested_at__gt=tested),
        ProviderAccount.objects.filter(ended_at=None, confirmed_at__isnull=False, issuer=issuer()),
    )
    return {key for kind in found for key in kind.filter(person__in=held).values_list("person", flat=True)}


@contextmanager
def kept(actor: Actor, *about: str, otherwise: str = GIVE_FIRST) -> Iterator[None]:
    """Inside an act, around what it does: Refusal LAST_ADMINISTRATORS (409) where it would take one of administration away and
    leave fewer than LAST_STANDING who hold a role of it, or who can come in.

    They are held until the act ends, so that two at once do not both leave too few; with them the accounts the act is `about`, by
    user id, which it holds anyway.
    """
    hold(actor, *about)
    before = _standing()
    yield
    after = _standing()
    if any(held - left and len(left) < LAST_STANDING for held, left in zip(before, after, strict=True)):
        raise Refusal(
            LAST_ADMINISTRATORS,
            f"Fewer than two people of administration would be left, who can let others in. {otherwise}",
        )


def _standing() -> tuple[set[int], set[int]]:
    held = queries.administering()
    return held, able(held)


def hold(actor: Actor, *about: str) -> None:
    """Inside an act, before it holds any other account: those of administration and those it is about, in one order."""
    keys = queries.administering()
    known = Person.objects.filter(user_id__in={*about, *actor.answering}).values_list("user_id", "pk")
    ending = keys | {key for user_id, key in known if user_id in about}
    account_locks.hold(ending, acting=[key for _, key in known])
    list(Person.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def refuse_nobody_left(person: Person, otherwise: str) -> None:
    """Inside an act, once something of this person's ended that waits for nobody: Refusal LAST_ADMINISTRATORS (409) where they are
    of administration and not even one of it can come in any more."""
    held = queries.administering()
    if person.pk in held and not able(held):
        raise Refusal(
            LAST_ADMINISTRATORS,
            f"Nobody of administration could come in any more, to let anybody in again. {otherwise}",
        )


def may_stand_in(proposed_at: datetime) -> bool:
    """Whether QA may approve a role of administration proposed then: at most two can decide it, one of whom proposed it, and
    for STANDS_IN_AFTER nobody did."""
    return len(able(queries.administering())) <= LAST_STANDING and clock() - proposed_at >= STANDS_IN_AFTER
