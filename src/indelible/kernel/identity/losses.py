"""Loss of what somebody proves themselves with: why it ended, and since when it was out of hand (21 CFR 11.300(c), URS-CRD-04)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.accounts import told_of
from indelible.kernel.identity.events import LOSS_INCOMPLETE
from indelible.kernel.identity.models import Credential, OneTimeCode, Person
from indelible.kernel.identity.types import LOSSES

SUSPECT: Final = ("lost", "stolen", "suspect")
"""The causes after which what was done with it is looked at again."""
REPORTED_USED: Final = "password reported lost, stolen or suspect"
"""Why the right password of before does not prove its person any more."""


def suspect_from(
    cause: str,
    since: datetime | None,
    *,
    began: datetime,
    now: datetime,
    among: Iterable[str] = LOSSES,
) -> datetime | None:
    """Since when (aware) what was done with it is looked at again; None for a cause that leaves nothing to look at.

    Where nobody says since when, it is since it `began` to be its person's: too much to look at rather than too little.
    Refusal LOSS_INCOMPLETE (422): none of the causes `among` which it may end, a time to come.
    """
    if cause not in among:
        told = "What happened to it? One of: " + ", ".join(among) + "."
        raise Refusal(LOSS_INCOMPLETE, told, {"cause": told})
    if since is not None and since > now:
        told = (
            "Since when was it out of hand? Not since a day or time to come; a day begins at midnight in UTC."
        )
        raise Refusal(LOSS_INCOMPLETE, told, {"suspect_since": told})
    return (since or began) if cause in SUSPECT else None


def reported_passwords(actor: Actor, user_id: str = "") -> QuerySet[Credential]:
    """The passwords that were reported lost, stolen or suspect, of the actor or of somebody else for those who answer for
    people, the newest first. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    found = Credential.objects.filter(person=told_of(actor, user_id), suspect_since__isnull=False)
    return found.order_by("-pk")


def suspect_codes(actor: Actor, user_id: str = "") -> QuerySet[OneTimeCode]:
    """The authenticators that ended as lost, stolen or suspect, as `reported_passwords`."""
    found = OneTimeCode.objects.filter(person=told_of(actor, user_id), suspect_since__isnull=False)
    return found.order_by("-pk")


def reported_last(person: Person) -> Credential | None:
    """The password that was reported and not replaced yet, of somebody who has none in force; else None."""
    last = Credential.objects.filter(person=person).order_by("-pk").first()
    return last if last is not None and last.suspect_since is not None else None
