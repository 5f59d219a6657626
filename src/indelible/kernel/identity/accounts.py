"""Everybody with an account: found by id, named and listed, who may be told of them, whose account is locked; reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import skeletons
from indelible.kernel.identity.events import NOT_AUTHORISED, NOT_SIGNED_IN, PERSON_UNKNOWN
from indelible.kernel.identity.models import Lockout, Person
from indelible.kernel.identity.types import (
    BY_NAME,
    INSPECTOR,
    QA_APPROVER,
    SECURITY_UNIT,
    SYSTEM_ADMINISTRATOR,
)

ANSWERING: Final = (SYSTEM_ADMINISTRATOR, SECURITY_UNIT, QA_APPROVER, INSPECTOR)
"""Who is told about other people's rights and proofs: those who answer for them, and inspectors."""


def find_person(user_id: str) -> Person | None:
    """The person of an id (letter case apart), active or not; None when there is none (URS-UNQ-01)."""
    key = skeletons.skeleton(user_id[:200])
    person = Person.objects.select_related("site__legal_entity").filter(skeleton=key).first() if key else None
    return person if person and skeletons.same_id(user_id, person.user_id) else None


def person_of(user_id: str) -> Person:
    """The person of an id; Refusal PERSON_UNKNOWN (404) when there is none."""
    person = find_person(user_id)
    if person is None:
        raise Refusal(PERSON_UNKNOWN, "There is no person with this id, or it is not yours to know.")
    return person


def identifier(user_id: str) -> str:
    """How an id that was tried stands in the trail: a known one as it is, any other by keyed digest only, because
    people type their password into the wrong field (URS-AUD-07)."""
    person = find_person(user_id)
    return f"person:{person.user_id}" if person else f"unknown:{_keyed(user_id)}"


def _keyed(text: str) -> str:
    return salted_hmac(
        "indelible.identity.unknown", text.encode("utf-8", "replace"), algorithm="sha256"
    ).hexdigest()[:32]


def names_of(user_ids: Iterable[str]) -> dict[str, str]:
    """Printed names by id, in order of id; what is nobody's id is left out."""
    found = Person.objects.filter(user_id__in=list(user_ids)).order_by("user_id")
    return dict(found.values_list("user_id", "name"))


def people(actor: Actor, *, q: str = "", status: str = "") -> QuerySet[Person]:
    """Everybody with an account, active and inactive, by name; for anybody signed in (URS-ACC-03)."""
    if actor.person_id is None and actor.channel not in {"job", "init"}:
        raise Refusal(NOT_SIGNED_IN, "Sign in to see the people.")
    found = Person.objects.select_related("site__legal_entity").order_by(*BY_NAME.columns)
    if q := q.encode("utf-8", "ignore").decode("utf-8").replace("\0", ""):
        found = found.filter(Q(name__icontains=q) | Q(user_id__icontains=q))
    return found.filter(status=status) if status else found


def told_of(actor: Actor, user_id: str) -> Person:
    """The person of an id, or the actor for none, where the actor may be told how they are known: their own, or of others
    for those who answer for people. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    person = person_of(user_id or actor.user_id)
    if person.pk != actor.person_id and not actor.holds(*ANSWERING):
        raise Refusal(
            NOT_AUTHORISED, "This is for administrators, the security unit, QA approvers and inspectors."
        )
    return person


def is_account_locked(person: Person) -> bool:
    """Whether failed attempts locked the account (URS-ACC-07)."""
    return Lockout.objects.filter(person=person).exclude(locked_at=None).exists()


def locked_among(persons: Iterable[Person]) -> set[int]:
    """The keys of those whose account failed attempts locked (URS-ACC-07); in one query."""
    keys = [person.pk for person in persons]
    locked = Lockout.objects.filter(person__in=keys).exclude(locked_at=None)
    return set(locked.values_list("person_id", flat=True))


def locked_accounts() -> QuerySet[Person]:
    """The people whose account is locked now; for the security unit's desk."""
    return Person.objects.exclude(lockout__locked_at=None).order_by("lockout__locked_at")
