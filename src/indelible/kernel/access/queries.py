"""Reads of access: machine credentials and whose they are, terminals, rules of sources; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from indelible.kernel.access.models import MachineCredential, SourceRule, Terminal
from indelible.kernel.access.types import ACTOR_PREFIX
from indelible.kernel.audit.paging import (
    PAGE,
    Order,
    Page,
    cursor_of,
    keys_of,
    limit_of,
    moment_of,
    unknown,
)
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.types import Access

BY_CODE: Final = Order("terminals", {"code": str})
_RIGHTS: Final = "rights"


def credential_of(token: str) -> MachineCredential | None:
    """The credential of a token, in force or not."""
    known = MachineCredential.objects.select_related("owner__site__legal_entity")
    return known.filter(token_digest=identity.token_digest(token)).first()


def why_over(found: MachineCredential, now: datetime) -> str:
    """Why a credential does not count, "" while it does: `ended`, `expired` or `owner inactive`."""
    if found.ended_at is not None:
        return "ended"
    if now >= found.expires_at:
        return "expired"
    return "" if found.owner.status == Person.ACTIVE else "owner inactive"


def machines(actor: Actor, user_id: str = "") -> QuerySet[MachineCredential]:
    """The machine credentials of the actor, or of somebody else for those who answer for people, the newest first.

    Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404).
    """
    return (
        MachineCredential.objects.filter(owner=identity.told_of(actor, user_id))
        .select_related("owner")
        .order_by("-pk")
    )


def access_list(actor: Actor, as_of: datetime) -> list[Access]:
    """Who held which right at an instant, the programs they answer for included, by user id (URS-ACC-05).

    Refusal NOT_AUTHORISED (403), as of `identity.queries.access_list`.
    """
    rows = identity.access_list(actor, as_of)
    drawn = MachineCredential.objects.filter(drawn_at__lte=as_of, expires_at__gt=as_of)
    held = [_access(one) for one in drawn.select_related("owner")]
    held = [row for row in held if row.ended is None or row.ended > as_of]
    return sorted([*rows, *held], key=lambda row: row.keys)


def access_page(
    actor: Actor, as_of: datetime | None, *, cursor: str = "", limit: int = PAGE
) -> tuple[datetime, Page[Access]]:
    """The instant and one page of its access list; none asked: now, and on further pages the instant of the first.

    Sorted and resumed by keys that never change, so that whoever is renamed meanwhile keeps their place.
    Refusals: NOT_AUTHORISED (403), CURSOR_UNKNOWN (400) also where the cursor is of another instant.
    """
    limit = limit_of(limit)
    moment, behind = as_of or clock(), ("", "", 0)
    if cursor:
        at, *keys = keys_of(cursor, _RIGHTS, [str, str, str, int])
        moment, behind = moment_of(at), (keys[0], keys[1], keys[2])
    if as_of not in (None, moment):
        raise unknown()
    rest = [row for row in access_list(actor, moment) if row.keys > behind]
    following = cursor_of(_RIGHTS, moment.isoformat(), *rest[limit - 1].keys) if len(rest) > limit else None
    return moment, Page(rest[:limit], following)


def _access(one: MachineCredential) -> Access:
    return Access(
        user_id=one.owner.user_id,
        name=one.owner.name,
        role=one.label,
        scope=", ".join(one.processes),
        proposed_by=one.allowed_by,
        approved_by=one.owner.user_id,
        began=one.drawn_at or one.allowed_at,
        ended=min(one.ended_at or one.expires_at, one.expires_at),
        row=one.pk,
        kind="program",
    )


def people_behind(user_ids: Iterable[str]) -> frozenset[str]:
    """The same ids, and beside each program's the id of the person who answers for it (URS-AUT-02: judged by person)."""
    named = frozenset(user_ids)
    programs = [one.removeprefix(ACTOR_PREFIX) for one in named if one.startswith(ACTOR_PREFIX)]
    if not programs:
        return named
    owners = MachineCredential.objects.filter(pk__in=[int(one) for one in programs if one.isdigit()])
    return named | frozenset(owners.values_list("owner__user_id", flat=True))


def terminals() -> QuerySet[Terminal]:
    """All terminals, ended ones too, by code."""
    return Terminal.objects.select_related("site").order_by(*BY_CODE.columns)


def source_rules(process: str, operations: Iterable[str]) -> list[SourceRule]:
    """What was decided last for each of these operations on a process's records, lifted rules included."""
    found = SourceRule.objects.filter(process=process, operation__in=list(operations))
    return list(found.order_by("operation", "-id").distinct("operation"))


def rules_in_force() -> list[SourceRule]:
    """Every rule that binds an operation to terminals or networks now, by process and operation."""
    newest = SourceRule.objects.order_by("process", "operation", "-id").distinct("process", "operation")
    return [rule for rule in newest if rule.terminals or rule.networks]


def names_of(user_ids: Iterable[str]) -> dict[str, str]:
    """Printed names by id: of people, and of programs with their owner's."""
    named = frozenset(user_ids)
    numbers = [one.removeprefix(ACTOR_PREFIX) for one in named if one.startswith(ACTOR_PREFIX)]
    known = MachineCredential.objects.select_related("owner").filter(
        pk__in=[n for n in numbers if n.isdigit()]
    )
    programs = {f"{ACTOR_PREFIX}{one.pk}": program_name(one) for one in known} if numbers else {}
    return identity.names_of(named) | programs


def program_name(found: MachineCredential) -> str:
    """How a program is named wherever people read of it."""
    return f"{found.label}, for {found.owner.name}"
