"""What people hold now: roles and where they hold, confidentiality classes, exceptions for a very small firm; reads."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import DateTimeField, Func, OuterRef, Q, QuerySet

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.accounts import told_of
from indelible.kernel.identity.models import ClassGrant, Grant, GrantDecision, Person, SmallFirmException
from indelible.kernel.identity.types import ADMINISTRATION


def open_classes(person: Person | OuterRef) -> QuerySet[ClassGrant]:
    """The confidentiality classes open to a person now, by code."""
    return ClassGrant.objects.filter(person=person, ended_at=None).order_by("code")


def classes_of(actor: Actor, user_id: str) -> QuerySet[ClassGrant]:
    """The same of a person as they are told. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    return open_classes(told_of(actor, user_id))


def known_classes() -> list[str]:
    """Every class that is open to somebody, by code."""
    return sorted(set(ClassGrant.objects.filter(ended_at=None).values_list("code", flat=True)))


def scope_of(grant: Grant) -> str:
    """Where a grant holds: `*` everywhere, a site's code, or empty for the person's own site."""
    if grant.everywhere:
        return "*"
    return grant.site.code if grant.site else ""


def active_grants(person: Person | OuterRef) -> QuerySet[Grant]:
    """The grants in force now."""
    ended = GrantDecision.objects.filter(decision=GrantDecision.ENDED).values("grant")
    return (
        Grant.objects.filter(counting(), person=person, decisions__decision=GrantDecision.APPROVED)
        .exclude(pk__in=ended)
        .select_related("site")
    )


def counting() -> Q:
    """Of grants: those whose last day is not over, under no exception or one that is in force now (URS-AUT-03)."""
    now = Func(function="audit.clock", output_field=DateTimeField())
    lasting = Q(ends_at=None) | Q(ends_at__gt=now)
    excepted = Q(exception__approved_at__isnull=False, exception__ended_at=None, exception__ends_at__gt=now)
    return lasting & (Q(exception=None) | excepted)


def exceptions(actor: Actor, user_id: str) -> QuerySet[SmallFirmException]:
    """The exceptions for a very small firm of a person, the newest first. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    return SmallFirmException.objects.filter(person=told_of(actor, user_id)).order_by("-pk")


def exception_in_force(person: Person) -> SmallFirmException | None:
    """The exception under which a person may administer and have a part in the records now."""
    found = SmallFirmException.objects.filter(person=person, approved_at__isnull=False, ended_at=None)
    return found.filter(ends_at__gt=clock()).order_by("-ends_at").first()


def proposed_grants(person: Person | None = None) -> QuerySet[Grant]:
    """The grants that wait for a second person, of one person or of all, oldest first."""
    waiting = Grant.objects.filter(decisions=None).select_related("person__site", "site").order_by("pk")
    return waiting.filter(person=person) if person else waiting


def roles_of(persons: Iterable[Person]) -> dict[int, tuple[str, ...]]:
    """The roles in force now of many people at once, sorted, by the person's key; in one query."""
    ended = GrantDecision.objects.filter(decision=GrantDecision.ENDED).values("grant")
    found: dict[int, set[str]] = {person.pk: set() for person in persons}
    grants = Grant.objects.filter(
        counting(), person__in=list(found), decisions__decision=GrantDecision.APPROVED
    )
    for person, role in grants.exclude(pk__in=ended).values_list("person_id", "role"):
        found[person].add(role)
    return {key: tuple(sorted(roles)) for key, roles in found.items()}


def administering() -> set[int]:
    """The keys of the active people who hold a role of administration."""
    active = list(Person.objects.filter(status=Person.ACTIVE))
    return {key for key, roles in roles_of(active).items() if set(roles) & set(ADMINISTRATION)}
