"""What was said about who a person is, and whether it counts now (URS-UNQ-02); reads."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.accounts import ANSWERING, person_of
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.models import IdentityVerification, Person


def last_verification(person: Person) -> IdentityVerification | None:
    """What was said last about who this person is: that it was confirmed, or that it no longer counts."""
    return person.verifications.order_by("-id").first()


def verifications(actor: Actor, user_id: str) -> QuerySet[IdentityVerification]:
    """Everything that was said about a person's identity, newest first. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    if not actor.holds(*ANSWERING):
        raise Refusal(
            NOT_AUTHORISED, "This is for administrators, the security unit, QA approvers and inspectors."
        )
    return person_of(user_id).verifications.order_by("-id")


def verified_among(persons: Iterable[Person]) -> set[int]:
    """Whose identity is confirmed, by primary key."""
    newest = IdentityVerification.objects.filter(person__in=list(persons)).order_by("person_id", "-id")
    return {
        one.person_id for one in newest.distinct("person_id") if one.kind == IdentityVerification.VERIFIED
    }


def is_identity_verified(person: Person) -> bool:
    """Whether somebody confirmed who this person is, and nothing ended it since (URS-UNQ-02)."""
    last = last_verification(person)
    return last is not None and last.kind == IdentityVerification.VERIFIED
