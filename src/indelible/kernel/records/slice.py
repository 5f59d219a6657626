"""Which entries of the ledger concern some records: the slice of the trail that leaves the house with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from indelible.kernel.audit.types import EVERY_CLASS, EVERY_SITE, Actor
from indelible.kernel.records.models import Attachment, Link, LinkEnd, Record, Revision
from indelible.kernel.records.queries import visible_to
from indelible.kernel.records.trail import WHOLE_TRAIL, hides_other_end, reach


def sees_whole_trail(actor: Actor) -> bool:
    """Whether every entry of every site and confidentiality class is this person's to read."""
    return actor.holds(*WHOLE_TRAIL) and actor.sites == EVERY_SITE and actor.classes == EVERY_CLASS


def entries_of(
    actor: Actor, records: Sequence[Record], signatures: Iterable[int]
) -> list[tuple[int, int | None, str, str]]:
    """(entry id, index in the ledger or None before it is sealed, table or "", key) of what concerns visible records.

    Their rows, revisions, files, links between visible records, these signatures; each act that wrote one of them or
    names a record, without those that would name another one that is not the actor's to know. `signatures` are ids of the room above.
    """
    found = _rows_of(actor, records) | {"signatures_signature": [str(one) for one in signatures]}
    pairs = [(table, key) for table, keys in found.items() for key in keys]
    values: dict[str, Any] = {
        "tables": [table for table, _ in pairs],
        "keys": [key for _, key in pairs],
        "numbers": [record.number for record in records],
        "ids": [str(record.pk) for record in records],
        "denied": actor.holds(*WHOLE_TRAIL),  # as `trail._visible` has it
        **reach(actor),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CONCERNING.format(hidden=hides_other_end(actor)), values)
        return [(row[0], row[1], row[2], row[3]) for row in cursor.fetchall()]


def _rows_of(actor: Actor, records: Sequence[Record]) -> dict[str, list[str]]:
    ends = visible_to(actor).values("id")
    ours = [record.pk for record in records]
    links = Link.objects.filter(Q(source__in=ours) | Q(target__in=ours), source__in=ends, target__in=ends)
    owned: dict[str, Any] = {
        "records_record": ours,
        "records_revision": Revision.objects.filter(record__in=ours).values_list("pk", flat=True),
        "records_attachment": Attachment.objects.filter(record__in=ours).values_list("pk", flat=True),
        "records_link": links.values_list("pk", flat=True),
        "records_link_end": LinkEnd.objects.filter(link__in=links.values("pk")).values_list("pk", flat=True),
    }
    return {table: [str(key) for key in keys] for table, keys in owned.items()}


# Rows by their keys, and what an act on the record wrote for it and somebody took out of the table since.
_CONCERNING: Final = """
    with ours as (
        select e.id, e.seq, e.tbl, e.pk, e.act
          from unnest(%(tables)s::text[], %(keys)s::text[]) as k(tbl, pk)
          join audit.events as e on e.tbl = k.tbl and e.pk = k.pk
        union
        select e.id, e.seq, e.tbl, e.pk, e.act
          from audit.acts as a join audit.events as e on e.act = a.id
         where a.record = any(%(numbers)s::text[])
           and e.tbl in ('records_revision', 'records_attachment', 'signatures_signature')
           and coalesce(e.new, e.old) ->> 'record_id' = any(%(ids)s::text[]))
    select id, seq, tbl, pk from ours
    union
    select a.id, a.seq, '', '' from audit.acts as a
     where a.id in (select act from ours)
        or (a.action = 'key.rotate' and a.object = 'key:service' and a.outcome = 'done')  -- else its tokens fit no key
        or (a.record = any(%(numbers)s::text[]) and (%(denied)s or a.rule <> %(not_there)s)
            and not {hidden})  -- an entry leaves as its bytes, nothing in it can be blanked
     order by id
"""
