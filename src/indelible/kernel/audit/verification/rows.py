"""The tables against the trail: what each row is now is what its last event said, and each event follows from the last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from psycopg import sql

from indelible.kernel.audit.verification.examination import Check, Examination, Finding, Table, row_in_words
from indelible.ledger.entry import OPERATIONS


def continuity(examined: Examination) -> Iterator[Finding]:
    """Per row, what an event says was there before is what the event before it left (net i of ledger.md 3.6)."""
    for number, table, key, op, kind, old, before, op_before in examined.rows(_BROKEN):
        image = old or before
        name = f"event {number} ({OPERATIONS.get(op, kind)} of {row_in_words(table, key, image)})"
        yield Finding("continuity", name, _break_in_words(op, op_before, old, before))
    examined.count("events followed row by row", examined.one("select count(*) from audit.event"))


def state(examined: Examination) -> Iterator[Finding]:
    """Each row of each regulated table is what its last event said, and no row is missing or without one (net ii)."""
    for table in examined.tables:
        for key, op, last, now in examined.rows(
            _differing(table), {"tbl": table.name, "key": list(table.key)}
        ):
            yield Finding("state", row_in_words(table.name, key, now or last), _state_in_words(op, last, now))
        counted = sql.SQL("select count(*) from public.{}").format(sql.Identifier(table.name))
        examined.count("rows", examined.one(counted))


CHECKS: Final = (
    Check("continuity", "each event against the event before it of the same row", continuity, quick=True),
    Check("state", "each row of each regulated table against its last event", state, quick=True),
)

# A baseline states a row's image anew (after an installation step): it may begin a row, and must agree with what was.
_BROKEN: Final = """
    with c as (
        select id, tbl, pk, op, kind, old, layout, new, lag(new) over w as before, lag(op) over w as op_before,
               lag(layout) over w as layout_before
          from audit.event where tbl <> '' window w as (partition by tbl, pk order by id))
    select id, tbl, pk, op::text, kind, coalesce(old, case when kind = 'baseline' then new end), before, op_before::text from c
     where (op_before is null or op_before = 'D') and op <> 'I'
        or op_before in ('I', 'U') and op = 'I' and kind <> 'baseline'
        or op_before in ('I', 'U') and (op in ('U', 'D') or kind = 'baseline')
           and case when layout is not distinct from layout_before then coalesce(old, new) is distinct from before
                    else not coalesce(audit.same_image(before, layout_before, coalesce(old, new)), false) end
     order by id
"""

_STATE: Final = """
    with l as (select distinct on (pk) pk, op::text as op, new, layout from audit.event where tbl = %(tbl)s order by pk, id desc),
         r as (select audit.key_of(image, %(key)s::text[]) as pk, {shown} as image
                 from (select to_jsonb(t) as image from public.{table} as t) as x)
    select coalesce(l.pk, r.pk), l.op, l.new, r.image
      from (select * from l where op <> 'D') as l full join r on r.pk = l.pk
     where l.pk is null or r.pk is null
        or l.new <> r.image and not coalesce(l.layout is distinct from (select p.layout from audit.protection as p where p.tbl = %(tbl)s)
                                             and audit.same_image(l.new, l.layout, r.image), false)
"""


def _differing(table: Table) -> sql.Composed:
    """The query for one table. Where no column has a policy, only rows that may hold a large value need the slow image."""
    slow = sql.SQL("audit.image(%(tbl)s, image)")
    quick = sql.SQL("case when pg_column_size(image) > 4096 then audit.image(%(tbl)s, image) else image end")
    return sql.SQL(_STATE).format(shown=slow if table.policy else quick, table=sql.Identifier(table.name))


def _break_in_words(op: str, op_before: str | None, old: Any, before: Any) -> str:
    if op_before is None:
        return "The trail knows nothing of this row before this change: an earlier event is missing."
    if op == "I" and not _changed(old, before):
        return "The row is entered a second time: an event in between is missing."
    if op_before == "D":
        return "The row was deleted before; the event that brought it back is missing."
    return f"What it says was there before is not what the event before it left ({_changed(old, before)})."


def _state_in_words(op: str | None, last: Any, now: Any) -> str:
    if op is None:
        return "The row is in the table, but no event says who entered it."
    if now is None:
        return "The row is gone from the table, but no event says who deleted it."
    return f"The row was changed past the audit trail ({_changed(last, now)})."


def _changed(was: Any, now: Any) -> str:
    """The columns that differ, with both values where they are short."""
    was, now = was or {}, now or {}
    columns = [key for key in {**was, **now} if was.get(key) != now.get(key)]
    return "; ".join(
        f"{key}: recorded {_short(was.get(key))}, found {_short(now.get(key))}" for key in columns[:5]
    )


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
