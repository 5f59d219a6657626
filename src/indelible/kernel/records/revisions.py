"""The saved revisions of a record as doors and copies show them: who, when, why, digest, what changed, what it says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any, Final

from django.db import connection

from indelible.kernel.audit.paging import PAGE, Order, Page
from indelible.kernel.records import queries
from indelible.kernel.records.models import Record, Revision

_OLDEST: Final = Order("revisions", {"number": int})


def revision_page(record: Record, *, cursor: str = "", limit: int = PAGE) -> Page[dict[str, Any]]:
    """One page of the revisions without their content, oldest first; times are RFC 3339 UTC. Raises Refusal (400) for a
    foreign cursor."""
    found = _OLDEST.page(queries.revisions(record), cursor, limit)
    acts = _acts(revision.act for revision in found.items)
    return Page([_document(revision, acts) for revision in found.items], found.next)


def revision_document(record: Record, number: int) -> dict[str, Any]:
    """One revision with what it says. Raises Refusal for a number this record never reached."""
    revision = queries.revision(record, number)
    return {**_document(revision, _acts([revision.act])), **queries.content_of(revision)}


def whole_revisions(record: Record) -> list[dict[str, Any]]:
    """Every revision with what it says, oldest first, for a copy."""
    found = list(Revision.objects.filter(record=record).order_by("number"))
    acts = _acts(revision.act for revision in found)
    return [{**_document(each, acts), **queries.content_of(each)} for each in found]


def _document(revision: Revision, acts: dict[int, tuple[Any, ...]]) -> dict[str, Any]:
    at, name, reason = acts[revision.act]
    return {
        "revision": revision.number,
        "at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "person": {"user_id": revision.author, "name": name},
        "reason": reason,
        "digest": revision.digest,
        "changed": list(revision.changed),
    }


def _acts(ids: Iterable[int]) -> dict[int, tuple[Any, ...]]:
    """Time, printed name and reason of acts, as they were then."""
    with connection.cursor() as cursor:
        cursor.execute("select id, at, name, reason from audit.acts where id = any(%s)", [sorted(set(ids))])
        return {row[0]: row[1:] for row in cursor.fetchall()}
