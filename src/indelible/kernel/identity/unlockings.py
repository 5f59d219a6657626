"""How the lock on an account was lifted last, and how its person was known (URS-ACC-07); reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from indelible.kernel.identity import queries
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.types import CONFIRMATIONS


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The printed name of who lifted the lock, when (aware), and in words how it was confirmed that its person asked."""

    by: str
    at: datetime
    how: str


def last_unlocking(person: Person) -> Unlocked | None:
    """When the lock on this account was lifted last; None where it never was, or by a version that did not ask how."""
    found = person.unlockings.order_by("-id").first()
    if found is None:
        return None
    by = queries.names_of([found.by]).get(found.by, found.by)
    return Unlocked(by, found.at, CONFIRMATIONS.get(found.confirmed, found.confirmed))
