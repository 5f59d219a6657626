"""Reads of records. `visible_to` is the one gate: every list, count, search, file and trail read goes through it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from indelible.kernel.audit.paging import PAGE, Order, Page, limit_of
from indelible.kernel.audit.types import EVERY_CLASS, EVERY_PROCESS, EVERY_SITE, Actor, Refusal
from indelible.kernel.records import events
from indelible.kernel.records.differences import parsed
from indelible.kernel.records.models import Attachment, Link, Record, Revision, Searchable
from indelible.kernel.records.types import (
    RecordFilter,
    StateEntry,
    as_typed,
)

NEAR = 1_000
"""A search looks through so many records of the list, from where the page begins, before it asks the index."""
PROBED = 1_000
"""Up to so many records a search is answered from the index; more, by going on through the list in its order."""

_ORDERS: Final = {
    "newest": Order("newest", {"id": int}, falling=True),
    "updated": Order("updated", {"updated_at": datetime, "id": int}, falling=True),
}


def visible_to(actor: Actor) -> QuerySet[Record]:
    """The records this actor may know of (URS-AUT-06, ACC-09): those of `actor.sites` and `actor.processes`, of no confidentiality
    class or one of `actor.classes`; all for ("*",)."""
    records = Record.objects.select_related("owner", "site", "legal_entity")
    if actor.processes != EVERY_PROCESS:
        records = records.filter(process__in=actor.processes)
    if actor.classes != EVERY_CLASS:
        records = records.filter(Q(confidentiality=None) | Q(confidentiality__in=actor.classes))
    return records if actor.sites == EVERY_SITE else records.filter(site__code__in=actor.sites)


def get(actor: Actor, number: str) -> Record:
    """The record of this number; one Refusal (404) alike for none and for one of another site.

    A door that reads calls `actions.open_record`, which writes the refusal down; inside an act the act does.
    """
    record = visible_to(actor).filter(number=as_typed(number)).first()
    if record is None:
        raise not_there(number)
    return record


def not_there(number: str) -> Refusal:
    """The one answer for what is not there and what is not yours."""
    return Refusal(
        events.NOT_THERE,
        f"There is no record {as_typed(number)} that you may see. Check the number, or ask its owner's site.",
    )


# ----------------------------------------------------------------- lists


def _fitting(actor: Actor, wanted: RecordFilter) -> QuerySet[Record]:
    """The visible records that fit the filter, its words left out; unsorted."""
    exact = {
        "process": wanted.process,
        "state": wanted.state,
        "owner__user_id": wanted.owner,
        "site__code": wanted.site,
    }
    found = visible_to(actor).filter(**{name: as_typed(value) for name, value in exact.items() if value})
    return found if wanted.updated_from is None else found.filter(updated_at__gte=wanted.updated_from)


def narrowed(actor: Actor, wanted: RecordFilter) -> QuerySet[Record]:
    """The visible records that fit the filter, unsorted."""
    found, typed = _fitting(actor, wanted), as_typed(wanted.q).strip()
    return _by_index(found, typed) if typed else found


def _words(typed: str) -> str:
    """Words that must all occur, as a raw query of PostgreSQL; empty for none.

    Each may be a word's beginning; in what hangs together (`DEV-2025-0007`) only the last, the others are whole.
    """
    said = []
    for piece in typed.casefold().split():
        *whole, last = [word for word in re.split(r"[\W_]+", piece) if word] or [""]
        said += [f"'{word}'" for word in whole] + ([f"'{last}':*"] if last else [])
    return " & ".join(said)


def _few(typed: str) -> set[int] | None:
    """The ids of all records whose number begins so or whose text and number have the words; None for more than PROBED.

    Each of the two is asked of its own index: joined by `or`, every row found would be looked at again. What the reader
    may see is for the caller to narrow.
    """
    begun = Record.objects.filter(number__startswith=typed.upper()).order_by().values_list("id", flat=True)
    found = set(begun[: PROBED + 1])
    words = _words(typed)
    if words and len(found) <= PROBED:
        with connection.cursor() as cursor:
            cursor.execute("select public.records_hits(to_tsquery('simple', %s), %s)", [words, PROBED + 1])
            found |= {row[0] for row in cursor.fetchall()}
    return found if len(found) <= PROBED else None


def _by_index(found: QuerySet[Record], typed: str) -> QuerySet[Record]:
    """What has the words, by its few ids; where it is much, row by row in the list's order."""
    few = _few(typed)
    return found.filter(id__in=few) if few is not None else _row_by_row(found, typed)


def _row_by_row(found: QuerySet[Record], typed: str) -> QuerySet[Record]:
    """What has the words, as a condition that is looked up for each row (some microseconds) and never planned by an index."""
    fits = Q(number__startswith=typed.upper())
    if words := _words(typed):
        query = SearchQuery(words, config="simple", search_type="raw")
        own = Searchable.objects.filter(record=OuterRef("pk"))
        has_words = Subquery(own.values(has=ExpressionWrapper(Q(words=query), BooleanField())))
        found, fits = found.alias(has_words=has_words), fits | Q(has_words=True)
    return found.filter(fits)


def _sought(listed: QuerySet[Record], typed: str, order: Order, most: int) -> list[Record]:
    """The first of the list that have the words. The planner cannot tell a rare word from a common one and errs by a
    factor of a hundred either way; so a common one is looked for where the list begins, and only a rarer one by the index."""
    end = listed.values_list(*order.kinds)[NEAR - 1 : NEAR].first()
    if end is None:
        return list(_row_by_row(listed, typed)[:most])
    near = list(_row_by_row(listed.exclude(order.after(*end)), typed)[:most])
    return near if len(near) == most else list(_by_index(listed, typed)[:most])


def page(actor: Actor, wanted: RecordFilter, *, cursor: str = "", limit: int = PAGE) -> Page[Record]:
    """One page of the visible records, newest first or last changed first; at most 500 rows.

    Keyset: rows that come or go meanwhile neither repeat nor hide others. Raises Refusal (400) for a foreign cursor.
    """
    limit, order = limit_of(limit), _ORDERS[wanted.sort]
    listed = order.behind(_fitting(actor, wanted), cursor)
    typed = as_typed(wanted.q).strip()
    rows = _sought(listed, typed, order, limit + 1) if typed else list(listed[: limit + 1])
    return order.cut(rows, limit)


def count(actor: Actor, wanted: RecordFilter, *, ceiling: int = 1_000) -> int:
    """How many visible records fit; counts no further than `ceiling` + 1, so that a page costs the same at any size."""
    return len(narrowed(actor, wanted).order_by().values_list("id", flat=True)[: ceiling + 1])


def counts_by_state(actor: Actor, process: str = "") -> dict[tuple[str, str], int]:
    """How many visible records stand in each (process, state); of one process where it is named."""
    found = visible_to(actor).filter(process=process) if process else visible_to(actor)
    rows = found.order_by().values_list("process", "state").annotate(n=Count("id"))
    return {(row[0], row[1]): row[2] for row in rows}


# ----------------------------------------------------------------- one record


def revisions(record: Record) -> QuerySet[Revision]:
    """The record's revisions without their bytes, newest first."""
    return Revision.objects.filter(record=record).defer("content").order_by("-number")


def revision(record: Record, number: int) -> Revision:
    """One revision with its bytes; the refusal "not there" for a number this record never reached."""
    found = Revision.objects.filter(record=record, number=number).first() if 0 < number < 2**31 else None
    if found is None:
        raise not_there(f"{record.number} revision {number}")
    return found


def content_of(found: Revision) -> dict[str, Any]:
    """What a revision says: `{"attachments": [{field, name, sha256}], "fields": {...}}`."""
    return parsed(found.content)


def links_of(actor: Actor, *those: Record) -> list[Link]:
    """Links that stand, in the order they were made, from and to the records; only those whose other end is visible."""
    ends = visible_to(actor).values("id")
    return list(
        Link.objects.filter(
            Q(source__in=those, target__in=ends) | Q(target__in=those, source__in=ends), end=None
        )
        .select_related("source", "target")
        .order_by("id")
    )


def attachments_of(record: Record) -> QuerySet[Attachment]:
    """Every file the record ever carried, in the order they came."""
    return Attachment.objects.filter(record=record).order_by("id")


def reused_elsewhere(record: Record) -> set[str]:
    """Of this record's pictures of handwritten signatures those, by SHA-256, that also lie elsewhere, as one or as any other
    file: at another record, or here at another place or under another name."""
    own = {(one.blob_id, one.field, one.name) for one in attachments_of(record) if one.handwritten}
    found = Attachment.objects.filter(blob_id__in={blob for blob, _, _ in own}).order_by()
    return {
        one.blob_id
        for one in found
        if one.record_id != record.pk or (one.blob_id, one.field, one.name) not in own
    }


def attachment(actor: Actor, number: str, sha256: str) -> Attachment:
    """The file of this digest that this record carries; the one refusal "not there or not yours" otherwise."""
    record = get(actor, number)
    found = attachments_of(record).filter(blob_id=as_typed(sha256)).last()
    if found is None:
        raise not_there(f"{record.number} attachment {sha256}")
    return found


def state_entries(record: Record) -> list[StateEntry]:
    """When the record entered each state it was in, oldest first, the first state included; from the trail."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select new ->> 'state', at, act from audit.events where tbl = 'records_record' and pk = %s"
            " and new ->> 'state' is distinct from old ->> 'state' and op <> 'D' order by id",
            [str(record.pk)],
        )
        return [StateEntry(*row) for row in cursor.fetchall()]


def authors_of(record: Record, numbers: Iterable[int]) -> list[str]:
    """Ids of everyone who wrote one of these revisions, in order of first writing."""
    rows = (
        revisions(record).filter(number__in=list(numbers)).order_by("number").values_list("author", flat=True)
    )
    return list(dict.fromkeys(rows))
