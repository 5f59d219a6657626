"""The audit trail that people read: one item an act, narrowed, sorted and paged, of what the reader may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection

from indelible.kernel.audit import timekeeping
from indelible.kernel.audit.paging import PAGE, PAGE_MAXIMUM, Page, cursor_of, keys_of, limit_of
from indelible.kernel.audit.types import EVERY_CLASS, EVERY_PROCESS, EVERY_SITE, Actor
from indelible.kernel.records import events
from indelible.kernel.records.differences import declared_path
from indelible.kernel.records.telling import changes_of, plain_label
from indelible.kernel.records.types import (
    LINKING,
    REFUSING_TO_SIGN,
    STEP,
    STEP_PATH,
    Labels,
    TrailFilter,
    TrailItem,
    as_typed,
)

WHOLE_TRAIL: Final = ("qa_approver", "security_unit", "system_administrator", "inspector")
"""Roles that also read what is about no record: sign-ins, people, grants, settings, writes past the product."""

_NOT_THERE: Final = f"{events.NOT_THERE.urs} {events.NOT_THERE.code}"

_ACTS: Final = """
    select a.id, a.seq, a.at, a.user_id, a.name, a.role, a.on_behalf_of, a.action, n.title, {object} as object, a.record,
           a.reason, a.source, a.channel, a.outcome, a.rule, a.clause, {key} as key,
           coalesce(a.detail ->> 'terminal', '') as terminal,
           (select array[r.process, r.fingerprint] from public.records_record as r
             where a.action in ('{step}', '{refusing}') and a.rule <> %(not_there)s and r.number = a.record) as pinned
      from audit.acts as a join audit.actions as n on n.name = a.action
"""

# A write without an act came past the product, by a privileged login; it stands in the trail under that login's name. What an
# installation itself did to the structure stands behind its own act.
_DIRECT: Final = """
    select * from (
        select e.id, e.seq, e.at, e.db as user_id, 'Database login ' || e.db as name, '' as role, '' as on_behalf_of,
               'database.' || case e.op when 'I' then 'insert' when 'U' then 'update' when 'D' then 'delete'
                              else e.kind end as action,
               case e.kind when 'ddl' then 'Structure of the database changed' else 'Written past the product' end as title,
               case e.kind when 'ddl' then concat_ws(' ', e.new ->> 'command', e.new -> 'on' ->> 0) else e.tbl end as object,
               coalesce((select r.number from public.records_record as r where r.id::text = case
                    when e.tbl = 'records_record' then e.pk else coalesce(e.new, e.old) ->> 'record_id' end), '') as record,
               '' as reason, '' as source, '' as terminal, 'sql' as channel, 'done' as outcome, '' as rule, '' as clause
          from audit.events as e where e.act is null and e.kind in ('row', 'ddl') and not (
               e.kind = 'ddl' and e.db = 'indelible_owner' and exists (
               select from audit.acts as i where i.action = 'system.installed' and i.db = 'indelible_owner'
                  and i.id > e.id and (i.detail ->> 'since')::bigint < e.id))) as a
"""

# Null for an act about no record. A scalar subquery is looked up for the few acts of a page; an `exists` the planner may
# answer by reading all records first.
_SEEN: Final = """(select {within} from public.records_record as r join public.identity_site as s on s.id = r.site_id
                    where r.number = {number})"""

_FIELD_KEY: Final = """coalesce((select min(path) from public.records_revision as v, unnest(v.changed) as path
                                   where v.act = a.id), '')"""
_KEYS: Final[Mapping[str, str]] = {
    "person": "a.user_id",
    "record": "a.record",
    "action": "a.action",
    "field": _FIELD_KEY,
}
"""What a trail is sorted by, besides its own order; ties stand in the trail's order."""


def page(
    actor: Actor, wanted: TrailFilter, *, cursor: str = "", limit: int = PAGE, labels: Labels = plain_label
) -> Page[TrailItem]:
    """One page of the trail, newest first unless sorted otherwise; at most 500 acts.

    Only acts on records the actor may see; for the roles of WHOLE_TRAIL also those about no record. Keyset on the
    act's id: entries that come meanwhile neither repeat nor hide others. Raises Refusal (400) for a foreign cursor.
    """
    limit = limit_of(limit)
    rows = _rows(actor, wanted, cursor, limit + 1)
    items = _items(actor, rows[:limit], labels)
    return Page(items, _behind(rows[limit - 1], wanted) if len(rows) > limit else None)


def entries(actor: Actor, wanted: TrailFilter, *, labels: Labels = plain_label) -> Iterator[TrailItem]:
    """The whole narrowed trail, page by page, for a copy: the same items as on the screen, none left out."""
    cursor: str | None = ""
    while cursor is not None:
        found = page(actor, wanted, cursor=cursor, limit=PAGE_MAXIMUM, labels=labels)
        yield from found.items
        cursor = found.next


def count(actor: Actor, wanted: TrailFilter, *, ceiling: int = 10_000) -> int:
    """How many acts fit; counts no further than `ceiling` + 1."""
    return len(_rows(actor, replace(wanted, sort="newest"), "", ceiling + 1))


# ----------------------------------------------------------------- which acts


def _rows(actor: Actor, wanted: TrailFilter, cursor: str, limit: int) -> list[dict[str, Any]]:
    where, values = _narrowing(actor, wanted)
    key = _KEYS.get(wanted.sort, "''")
    _add_place(where, values, wanted, cursor, key)
    condition = " and ".join(where)
    direction = "asc" if wanted.sort == "oldest" else "desc"
    order = f"a.id {direction}" if wanted.sort in ("newest", "oldest") else f"{key} asc, a.id desc"
    tail = f" where {condition} order by {order} limit {limit:d}"
    acts = _ACTS.format(key=key, step=STEP, refusing=REFUSING_TO_SIGN, object=_object(actor))
    found = _fetched(acts + tail, values)
    if not wanted.action or wanted.action.startswith("database."):
        direct = f"select a.*, {key} as key, null as pinned"
        found += _fetched(_DIRECT.replace("select *", direct, 1) + tail, values)
    return _merged(found, wanted)[:limit]


def _fetched(sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _merged(found: list[dict[str, Any]], wanted: TrailFilter) -> list[dict[str, Any]]:
    """Acts and direct writes in one order; both come sorted, so this is a merge."""
    if wanted.sort in ("newest", "oldest"):
        return sorted(found, key=lambda row: row["id"], reverse=wanted.sort == "newest")
    return sorted(sorted(found, key=lambda row: -row["id"]), key=lambda row: row["key"])


def _add_place(where: list[str], values: dict[str, Any], wanted: TrailFilter, cursor: str, key: str) -> None:
    if not cursor:
        return
    if wanted.sort in ("newest", "oldest"):
        (values["last"],) = keys_of(cursor, wanted.sort, [int])
        where.append("a.id > %(last)s" if wanted.sort == "oldest" else "a.id < %(last)s")
    else:
        values["key"], values["last"] = keys_of(cursor, wanted.sort, [str, int])
        where.append(f"({key} > %(key)s or ({key} = %(key)s and a.id < %(last)s))")


def _behind(row: Mapping[str, Any], wanted: TrailFilter) -> str:
    keys = [row["id"]] if wanted.sort in ("newest", "oldest") else [row["key"], row["id"]]
    return cursor_of(wanted.sort, *keys)


def _narrowing(actor: Actor, wanted: TrailFilter) -> tuple[list[str], dict[str, Any]]:
    values: dict[str, Any] = {
        "person": as_typed(wanted.person),
        "since": wanted.since,
        "until": wanted.until,
        "process": as_typed(wanted.process),
        "action": as_typed(wanted.action),
        "outcome": as_typed(wanted.outcome),
        **reach(actor),
    }
    where = [_visible(actor)]
    if wanted.person:
        where.append("(a.user_id = %(person)s or a.on_behalf_of = %(person)s)")
    if wanted.since is not None:
        where.append("a.at >= %(since)s")
    if wanted.until is not None:
        where.append("a.at < %(until)s")
    if wanted.process:
        where.append(
            "exists (select from public.records_record as p where p.number = a.record and p.process = %(process)s)"
        )
    if wanted.action:
        where.append("a.action = %(action)s")
    if wanted.outcome:
        where.append("a.outcome = %(outcome)s")
    _add_record(where, values, wanted.record)
    _add_field(where, values, wanted.field)
    _add_words(where, values, wanted.q, _object(actor))
    return where, values


def _visible(actor: Actor) -> str:
    """The condition of `queries.visible_to`, for acts. A denied look at what is "not there or not yours" counts as about
    no record, whether there is one or not: else the trail would tell which (URS-AUT-06)."""
    whole, within = actor.holds(*WHOLE_TRAIL), _within(actor)
    if whole and within == "true":
        return "true"
    seen = _SEEN.format(within=within, number="a.record")
    if whole:
        return f"(a.rule = %(not_there)s or coalesce({seen}, true))"
    return f"(a.record <> '' and a.rule <> %(not_there)s and coalesce({seen}, false))"


def _object(actor: Actor) -> str:
    """What an act is about, as this reader is told: of a link, made or refused, the other end's number only where they may know
    of that record."""
    return (
        "a.object"
        if (hidden := hides_other_end(actor)) == "false"
        else f"(case when {hidden} then '' else a.object end)"
    )


def hides_other_end(actor: Actor) -> str:
    """The condition that an act `a` would name a record at a link's other end that this reader may not know of; its values are
    `reach`. What was refused as "not there" is as it was typed, whether there is one or not: who typed it was not told either."""
    if (within := _within(actor)) == "true":
        return "false"
    seen = _SEEN.format(within=within, number="a.object")
    return f"(a.action = '{LINKING}' and a.rule <> %(not_there)s and not coalesce({seen}, false))"


def reach(actor: Actor) -> dict[str, Any]:
    """The values of the conditions on what an actor may know of."""
    return {
        "sites": list(actor.sites),
        "processes": list(actor.processes),
        "classes": list(actor.classes),
        "not_there": _NOT_THERE,
    }


def _within(actor: Actor) -> str:
    """The condition of `queries.visible_to` on a record `r` and its site `s`."""
    bounds = [] if actor.sites == EVERY_SITE else ["s.code = any(%(sites)s::text[])"]
    if actor.classes != EVERY_CLASS:
        bounds.append("(r.confidentiality is null or r.confidentiality = any(%(classes)s::text[]))")
    if actor.processes != EVERY_PROCESS:
        bounds.append("r.process = any(%(processes)s::text[])")
    return " and ".join(bounds) or "true"


def _add_record(where: list[str], values: dict[str, Any], record: str) -> None:
    """The record's own acts, and those that linked another record to it."""
    if not record:
        return
    values["record"] = as_typed(record)
    with connection.cursor() as cursor:
        cursor.execute(
            "select l.act, e.act from public.records_link as l left join public.records_link_end as e on e.link_id = l.id"
            " where l.target_id = (select id from public.records_record where number = %(record)s)",
            values,
        )
        values["linking"] = [act for pair in cursor.fetchall() for act in pair if act is not None]
    where.append("(a.record = %(record)s or a.id = any(%(linking)s))")


def _add_field(where: list[str], values: dict[str, Any], field: str) -> None:
    """By a field of content (`actions` finds its cells too), a column of the record (`state`) or of another table
    (`person.email`); the names are those that the changes bear."""
    if not field:
        return
    declared = declared_path(as_typed(field))
    noun, _, column = declared.rpartition(".")
    values |= {"field": declared, "noun": noun or "record", "column": column}
    where.append(
        "(exists (select from public.records_revision as v where v.act = a.id and %(field)s = any(v.changed))"
        " or exists (select from audit.events as e where (e.act = a.id or (e.id = a.id and e.act is null))"
        " and substr(e.tbl, strpos(e.tbl, '_') + 1) = %(noun)s and e.tbl <> 'records_revision'"
        " and (e.new ->> %(column)s is distinct from e.old ->> %(column)s"
        "  or e.new ->> (%(column)s || '_id') is distinct from e.old ->> (%(column)s || '_id'))))"
    )


def _add_words(where: list[str], values: dict[str, Any], q: str, named: str) -> None:
    """Each word somewhere in reason, object, record, person or action."""
    for place, word in enumerate(as_typed(q).split()):
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values[f"word{place}"] = f"%{escaped}%"
        told = f"concat_ws(' ', a.reason, {named}, a.record, a.user_id, a.name, a.on_behalf_of, a.action, title, a.rule)"
        where.append(f"{told} ilike %(word{place})s")


# ----------------------------------------------------------------- how an act reads


def _title(row: Mapping[str, Any], labels: Labels) -> str:
    """The action in words; of a step the words of the record's own declaration, refused or taken (URS-AUD-11)."""
    if not row["pinned"]:
        return str(row["title"])
    process, fingerprint = row["pinned"]
    words = labels(process, fingerprint, STEP_PATH + row["object"])
    return f"{row['title']}: {words}" if row["action"] == REFUSING_TO_SIGN else words


def _items(actor: Actor, rows: Sequence[Mapping[str, Any]], labels: Labels) -> list[TrailItem]:
    changes = changes_of(actor, [row["id"] for row in rows], labels)
    doubts = timekeeping.doubts() if rows else []
    return [
        {
            "id": row["id"],
            "seq": row["seq"],
            "at": row["at"],
            "time_doubtful": any(one.covers(row["id"]) for one in doubts),
            "person": {"user_id": row["user_id"], "name": row["name"], "role": row["role"]},
            "on_behalf_of": row["on_behalf_of"],
            "action": row["action"],
            "action_title": _title(row, labels),
            "object": row["object"],
            "record": row["record"],
            "changes": changes.get(row["id"], []),
            "reason": row["reason"],
            "source": row["source"],
            "terminal": row["terminal"],
            "channel": row["channel"],
            "outcome": row["outcome"],
            "rule": row["rule"].partition(" ")[0],
            "clause": row["clause"],
        }
        for row in rows
    ]
