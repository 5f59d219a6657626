"""The tables as the ledger remembers them: what a state digest says of a moment is what the trail says of it.

Where rows were changed past the trail and put back later, a digest made in between says so for ever (ledger.md 3.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from indelible.kernel.audit.verification.examination import Check, Examination, Finding

NEWEST: Final = 7
"""How many digests are replayed: each is a pass over the trail, and those before were replayed when they were new."""


def digests(examined: Examination) -> Iterator[Finding]:
    """Each table's digest, made again from the events that its snapshot shows."""
    known = list(examined.rows(_DIGESTS, {"newest": NEWEST}))
    for number, at, image in known:
        for table, said in sorted(image["tables"].items()):
            values = {"tbl": table, "snapshot": image["snapshot"], "layout": int(said["layout"])}
            rows, root = next(examined.rows(_REPLAY, values))
            examined.count("digests of tables replayed")
            if (rows, root) != (said["rows"], said["root"]):
                yield Finding("digests", f"{table} in digest {number}", _in_words(at, said, rows))
    if total := examined.one("select count(*) from audit.event where kind = 'digest'") - len(known):
        examined.notices.append(
            f"The newest {NEWEST} state digests were replayed; the {total} before them were when they were new."
        )


def _in_words(at: str, said: Any, rows: str) -> str:
    if said["rows"] != rows:
        return f"At {at} the table held {said['rows']} rows; by the trail it held {rows}."
    return f"At {at} some of its {rows} rows were not what the trail says of that moment."


CHECKS: Final = (Check("digests", "the state digests against the trail", digests),)

_DIGESTS: Final = """
    select id, to_char(at, 'YYYY-MM-DD HH24:MI:SS "UTC"'), new from audit.event
     where kind = 'digest' and db = 'indelible_seal' and tbl = '' order by id desc limit %(newest)s
"""
_REPLAY: Final = """
    with l as (select distinct on (pk) pk, op, new, layout from audit.event
                where tbl = %(tbl)s and pg_visible_in_snapshot(xid, %(snapshot)s::text::pg_snapshot) order by pk, id desc),
         r as (select pk, case when layout = %(layout)s then new else (
                   select jsonb_object_agg(c ->> 0, coalesce(new -> (c ->> 0), 'null'))
                     from audit.layout as y, jsonb_array_elements(y.columns) as c where y.id = %(layout)s) end as image
                 from l where op <> 'D')
    select count(*)::text, encode(sha256(coalesce(
               string_agg(sha256(convert_to(pk || E'\\n' || image::text, 'UTF8')), '' order by pk collate "C"), '')), 'hex')
      from r
"""
