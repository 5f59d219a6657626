"""Whoever decides about another's account or right is known themselves: else one person who reset a colleague acts as both
(URS-AUT-04, URS-SIG-06, 21 CFR 11.200(a)(3))."""

from __future__ import annotations

from typing import Final

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries
from indelible.kernel.identity.events import IDENTITY_UNVERIFIED
from indelible.kernel.identity.models import Credential, GrantDecision, IdentityVerification, Person
from indelible.kernel.identity.types import ADMINISTRATION, QA_APPROVER

RENAMED: Final = "printed name changed"
"""The cause of an ending by which an account, its devices with it, might have been handed on."""


def require_known(actor: Actor) -> None:
    """Refusal IDENTITY_UNVERIFIED (422) where what was confirmed about the actor ended, and nobody confirmed it since.

    Who came in by a device or account of their own, which no reset touches, is known by it, unless the name of the account changed.
    Only while a company has no QA yet and nobody else could confirm it, it goes on: two people found it, alone.
    """
    person = Person.objects.filter(user_id=actor.user_id).first()
    last = queries.last_verification(person) if person else None
    if person is None or last is None or last.kind == IdentityVerification.VERIFIED:
        return
    if _is_known_by_device(actor, person):
        return
    if _is_founding() and not _could_confirm(person):
        return
    raise Refusal(
        IDENTITY_UNVERIFIED,
        f"Nobody has confirmed who you are since: {last.cause}. Until then you decide nothing about others. Ask another of "
        "administration, or QA, to record it: not who issued your last one-time secret, or ended it.",
    )


def _is_known_by_device(actor: Actor, person: Person) -> bool:
    session = queries.session_of(actor)
    named = person.verifications.filter(kind=IdentityVerification.VERIFIED).order_by("-id").first()
    renamed = person.verifications.filter(cause=RENAMED, pk__gt=named.pk if named else 0).exists()
    return session is not None and queries.is_begun_by_more(session) and not renamed


def _is_founding() -> bool:
    """Whether nobody ever held QA's role."""
    approved = GrantDecision.objects.filter(grant__role=QA_APPROVER, decision=GrantDecision.APPROVED)
    return not approved.exists()


def _could_confirm(person: Person) -> list[Person]:
    """The people of administration who are known themselves and neither ended what was confirmed nor issued the last secret."""
    last = queries.last_verification(person)
    issued = Credential.objects.filter(person=person, temporary=True).order_by("-id").first()
    not_by = {person.user_id, last.by if last else "", issued.issued_by if issued else ""}
    others = Person.objects.filter(pk__in=queries.administering()).exclude(user_id__in=not_by)
    return [one for one in others if queries.is_identity_verified(one)]


def may_confirm(actor: Actor, person: Person) -> bool:
    """Who records how an identity was confirmed: administration; of its own people QA, too, which gives nobody a secret."""
    return actor.holds(*ADMINISTRATION) or (actor.holds(QA_APPROVER) and person.pk in queries.administering())
