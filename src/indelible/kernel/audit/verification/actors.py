"""Who acted: every act has a genuine token of its own, every event an act of its own transaction; the rest is direct SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from indelible.kernel.audit import tokens
from indelible.kernel.audit.verification.examination import Check, Examination, Finding, row_in_words
from indelible.ledger.entry import OPERATIONS

TOLERANCE: Final = 60
"""Seconds a token's life may reach past its act, beyond its own lifetime: two clocks are never the same."""


def actors(examined: Examination) -> Iterator[Finding]:
    """Each act's token is signed by the service for exactly this act, at that time, and used once."""
    shifted = examined.one("select exists(select from audit.event where kind = 'demo')")
    seen: dict[str, int] = {}
    for number, db, token, user_id, session, second, *said in examined.rows(_ACTS):
        examined.count("actor tokens")
        parts = token.split("|")
        reason = _fault(examined, token, user_id, session, said)
        if reason is None and not shifted and not 0 <= int(parts[5]) - second <= tokens.LIFETIME + TOLERANCE:
            reason = "its token was made at another time"
        if reason is None and (earlier := seen.setdefault(parts[3], number)) != number:
            reason = f"its token was used before, by act {earlier}"
        if reason is not None:
            sentence = f"Direct SQL by {db}: the act names {user_id or 'nobody'}, but {reason}."
            yield Finding(
                "actors", f"act {number} ({said[0]}{' of ' + said[2] if said[2] else ''})", sentence
            )


def direct_writes(examined: Examination) -> Iterator[Finding]:
    """Each event belongs to an act of the same transaction and login; what does not was written by hand."""
    noted = [table.name for table in examined.tables if table.noted]
    for number, op, kind, table, key, db, at, image, act, other in examined.rows(
        _WITHOUT_ACT, {"noted": noted}
    ):
        name = f"event {number} ({OPERATIONS.get(op, kind)} of {row_in_words(table, key, image)})"
        if act is None:
            sentence = f"Direct SQL by {db} at {at}: no person stands behind this change."
        else:
            sentence = f"Direct SQL by {db}: it claims act {act}, which {other}."
        yield Finding("direct writes", name, sentence)


@dataclass(frozen=True, slots=True)
class GenuineAct:
    """An act that the service's key attests: its id, index in the ledger (its id before it is sealed), login and detail."""

    id: int
    seq: int
    db: str
    detail: Mapping[str, Any]


def genuine_acts(examined: Examination, *actions: str, of: str = "") -> list[GenuineAct]:
    """The acts of these actions that were done, in order, on the object `of` where one is named; a forged one is left out.

    What a check allows because an act says so, it allows only on such an act's word.
    """
    rows = examined.rows(_SAID, {"actions": list(actions), "of": of})
    names = ("action", "object", "record", "reason", "outcome", "rule")
    return [
        GenuineAct(number, seq, db, detail or {})
        for number, seq, db, detail, token, *said in rows
        if tokens.is_of_act(token, dict(zip(names, said, strict=True)), examined.actor_keys)
    ]


CHECKS: Final = (
    Check("actors", "each act's token", actors),
    Check("direct writes", "each event's act", direct_writes, quick=True),
)

_ACTS: Final = """
    select id, db, token, user_id, session, extract(epoch from at)::bigint, action, object, record, reason, outcome, rule
      from audit.act order by id
"""
_SAID: Final = """
    select a.id, coalesce(l.seq, a.id), a.db, a.detail, a.token, a.action, a.object, a.record, a.reason, a.outcome, a.rule
      from audit.act as a left join audit.leaf as l on l.entry = a.id
     where a.action = any(%(actions)s) and a.outcome = 'done' and (%(of)s = '' or a.object = %(of)s) order by a.id
"""
_WITHOUT_ACT: Final = """
    select e.id, e.op::text, e.kind, e.tbl, e.pk, e.db, to_char(e.at, 'YYYY-MM-DD HH24:MI:SS "UTC"'), coalesce(e.new, e.old), e.act,
           case when a.id is null then 'is not there' when a.xid <> e.xid then 'was another transaction'
                when a.db <> e.db then 'was by ' || a.db
                when a.note then 'is an event or a refusal, under which no such row is written' else 'came later' end
      from audit.event as e left join audit.act as a on a.id = e.act
     where (a.id is null or a.xid <> e.xid or a.db <> e.db or a.id > e.id or a.at > e.at
            or a.note and not e.tbl = any(%(noted)s))
       and not (e.kind = 'demo' and e.id = (select min(id) from audit.event))
       and not (e.kind = 'ddl' and e.act is null and e.tbl = '' and e.pk = '' and e.op is null and e.layout is null and e.old is null)
       and not (e.kind in ('attest', 'digest', 'receipt', 'epoch') and e.db = 'indelible_seal' and e.act is null
                and e.tbl = '' and e.pk = '' and e.op is null and e.layout is null and e.old is null)
     order by e.id
"""


def _fault(examined: Examination, token: str, user_id: str, session: str, said: list[Any]) -> str | None:
    """Why a token does not stand for this act, in words; None when it does."""
    fields = token.split("|")
    if len(fields) != 7 or not fields[5].isdecimal():
        return "it has no token"
    if (fields[1], fields[2]) != (user_id, session):
        return "its token is of another person or session"
    action, named_object, named_record, *rest = said
    # object and record may have been named inside the act, after its token was made: then the token says nothing of them
    for one, other in product({named_object, ""}, {named_record, ""}):
        if tokens.is_genuine(token, [action, one, other, *rest], examined.actor_keys):
            return None
    return "its token is not signed by the service for this act"
