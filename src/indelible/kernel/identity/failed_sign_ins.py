"""A sign-in that failed: counted where it came from whatever becomes of its entry, and against its account in the entry itself."""

from __future__ import annotations

from typing import Final

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import proofs, sources
from indelible.kernel.identity.events import SIGN_IN_FAILED
from indelible.kernel.identity.models import Lockout, Person
from indelible.kernel.identity.types import FAILURES_TO_LOCK

NOT_PROVEN: Final = "The id and the password were not accepted. After five tries in a row an account locks."
_NOBODYS: Final = "no active account has this id"


def refusal(person: Person | None, named: str, cause: str, *, actor: Actor, device: str) -> Refusal:
    """SIGN_IN_FAILED (401) of a try as `named` (an identifier, as in the trail), the same whoever's id it is (URS-ACC-07).

    Counted already by its source. In a flood its entry is only counted, but where the account's own count stands in it; and
    one try of an account that is not active is told (URS-CRD-05): the first five stand alone.
    """
    failures = _failures_of(person)
    count = sources.failed_at(actor.source, named, failures)
    if failures is None and count.nth == FAILURES_TO_LOCK:  # a second entry, as where an account locks
        proofs.tell_of_spared(actor, named, _NOBODYS, throttled=True)
    waits = {"source": "waits from now on"} if count.waits else {}
    return proofs.failed(
        person,
        SIGN_IN_FAILED,
        NOT_PROVEN,
        actor=actor,
        evidence={"cause": cause, "device": device, **waits},
        alone=person is not None and failures is None and count.nth <= FAILURES_TO_LOCK,
    )


def _failures_of(person: Person | None) -> int | None:
    """Failures in a row as an active account, locked or not; None where no lock counts them."""
    if person is None or person.status != Person.ACTIVE:
        return None
    return Lockout.objects.values_list("failures", flat=True).get(person=person)
