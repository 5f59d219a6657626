"""Reads of the trail's own state: the clock, the protections, the last checkpoint."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from django.db import connection

from indelible.kernel.audit import events
from indelible.kernel.audit.types import Action

SEALED_WITHIN: Final = 30.0
"""Seconds an act may wait for its seal before that is told as late; the sealer takes two."""


def clock() -> datetime:
    """The database's time, aware, UTC: the only time a record, act or signature has (URS-TIM-01)."""
    with connection.cursor() as cursor:
        cursor.execute("select audit.clock()")
        found: datetime = cursor.fetchone()[0]
    return found


def missing_protections() -> list[str]:
    """What differs from the control plane as installed, a sentence each; empty means whole (URS-AUD-02)."""
    with connection.cursor() as cursor:
        cursor.execute("select change, item from audit.differences() order by item, change")
        return [f"{change}: {item}" for change, item in cursor.fetchall()]


def differences_digest(differences: list[str]) -> str:
    """A name for a set of differences, by which the next look knows whether it was told already; empty for none."""
    return sha256("\n".join(sorted(differences)).encode()).hexdigest() if differences else ""


def told_differences() -> str:
    """The digest of the differences that the trail told of last; empty where it told that all is whole, or nothing yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select detail ->> 'digest' from audit.acts where action in (%s, %s) and user_id like 'job:protections@%%'"
            " order by id desc limit 1",
            [events.PROTECTION_LOST.name, events.PROTECTION_RESTORED.name],
        )
        row = cursor.fetchone()
    return row[0] or "" if row else ""


def is_protected() -> bool:
    """The cheap question each act asks: are all triggers of capture in place and always on?"""
    with connection.cursor() as cursor:
        cursor.execute("select audit.is_protected()")
        return bool(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The newest signed head of the ledger: size in leaves, 32-byte root, signed note, database time."""

    size: int
    root: bytes
    note: str
    at: datetime


def last_checkpoint() -> Checkpoint | None:
    """The newest checkpoint, or None before the first seal."""
    return next(iter(last_checkpoints(1)), None)


def last_checkpoints(most: int) -> list[Checkpoint]:
    """The newest signed heads of the ledger, newest first, at most `most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select size, root, note, at from audit.checkpoints order by size desc limit %s", [most]
        )
        return [Checkpoint(row[0], bytes(row[1]), row[2], row[3]) for row in cursor.fetchall()]


def checkpoint_of(size: int) -> Checkpoint | None:
    """The checkpoint that was signed at exactly this size, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute("select size, root, note, at from audit.checkpoints where size = %s", [size])
        row = cursor.fetchone()
    return None if row is None else Checkpoint(row[0], bytes(row[1]), row[2], row[3])


def newest_act() -> tuple[datetime, int | None] | None:
    """Time (database) and leaf index of the newest act, the index None until it is sealed; None before the first act."""
    with connection.cursor() as cursor:
        cursor.execute("select at, seq from audit.acts order by id desc limit 1")
        row = cursor.fetchone()
    return None if row is None else (row[0], row[1])


def last_sign_of_life() -> datetime | None:
    """Where the service's last run did not end in order: the time of its last entry; None after an orderly end, or before
    the first run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select action, (select at from audit.acts order by id desc limit 1) from audit.acts where action in (%s, %s)"
            " order by id desc limit 1",
            [events.STARTED.name, events.STOPPED.name],
        )
        row = cursor.fetchone()
    return row[1] if row and row[0] == events.STARTED.name else None


def is_sealing_late() -> bool:
    """Whether an act that is older than SEALED_WITHIN has no leaf yet: the sealer does not work, or must not sign."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select seq is null from audit.acts where at < audit.clock() - make_interval(secs => %s) order by id desc limit 1",
            [SEALED_WITHIN],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def is_act_sealed(act: int) -> bool:
    """Whether a signed checkpoint holds every change that this act made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select bool_and(coalesce(seq < (select max(size) from audit.checkpoints), false)) from audit.events where act = %s",
            [act],
        )
        return bool(cursor.fetchone()[0])


def leaf_hashes(first: int, count: int) -> list[bytes]:
    """The 32-byte hashes of so many leaves of the ledger from index `first` (0 is the first leaf)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select hash from audit.leaves where seq >= %s and seq < %s order by seq", [first, first + count]
        )
        return [bytes(row[0]) for row in cursor.fetchall()]


def leaf_entries(indexes: Sequence[int]) -> list[tuple[int, bytes]]:
    """(index, entry bytes) of these leaves, in the ledger's order: the bytes as they were sealed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select seq, bytes from audit.leaves where seq = any(%s) order by seq", [list(indexes)]
        )
        return [(row[0], bytes(row[1])) for row in cursor.fetchall()]


def is_demonstration() -> bool:
    """Whether this database was made by `indelible demo`: marked on every page and copy, never for regulated use."""
    with connection.cursor() as cursor:
        cursor.execute("select exists(select from audit.demonstration)")
        return bool(cursor.fetchone()[0])


def clock_is_plain() -> bool:
    """Whether `audit.clock()` is the database's own time and nothing else; `serve` and `verify` refuse any other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select btrim(prosrc) = 'select pg_catalog.clock_timestamp()' from pg_proc where proname = 'clock'"
            " and pronamespace = 'audit'::regnamespace"
        )
        return bool(cursor.fetchone()[0])


def floods_waiting() -> int:
    """How many sources and minutes have counted requests that no entry tells of yet."""
    with connection.cursor() as cursor:
        cursor.execute("select audit.floods_waiting()")
        return int(cursor.fetchone()[0])


def may_alter_trail() -> list[str]:
    """Why the service's own login could alter the trail, a sentence each; empty is the only good answer (decision D3)."""
    with connection.cursor() as cursor:
        cursor.execute(_LOGIN_POWERS)
        return [row[0] for row in cursor.fetchall()]


_LOGIN_POWERS = """
    select 'the service logs in as ' || session_user || ', not as indelible_app' where session_user <> 'indelible_app'
    union all
    select 'the service''s login is ' || what from pg_roles,
           lateral (values (rolsuper, 'a superuser'), (rolbypassrls, 'allowed to bypass row security'),
                           (rolreplication, 'allowed to replicate'), (rolcreaterole, 'allowed to make roles')) as p(has, what)
     where rolname = session_user and has
    union all
    select 'the service''s login is a member of ' || g.rolname
      from pg_auth_members as m join pg_roles as g on g.oid = m.roleid join pg_roles as r on r.oid = m.member
     where r.rolname = session_user
    union all
    select 'the service''s login may ' || p || ' ' || c.oid::regclass
      from pg_class as c, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) as p
     where c.relnamespace = 'audit'::regnamespace and c.relkind in ('r', 'v') and has_table_privilege(c.oid, p)
    union all
    select 'the service''s login may ' || p || ' ' || t.tbl
      from audit.regulated as t, unnest(array['DELETE', 'TRUNCATE', 'TRIGGER']) as p
     where has_table_privilege('public.' || quote_ident(t.tbl), p)
"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the watch of the protections found and has not seen mended: since when (database time), which differences by
    name (at most fifty), and how many there are."""

    since: datetime
    differences: tuple[str, ...]
    count: int


def alarm() -> Alarm | None:
    """The watch's last finding, since its first after all was whole; None where it told that all is whole, or nothing yet."""
    with connection.cursor() as cursor:
        cursor.execute(_ALARM, {"lost": events.PROTECTION_LOST.name, "back": events.PROTECTION_RESTORED.name})
        row = cursor.fetchone()
    if row is None:
        return None
    since, detail = row
    told = json.loads(detail) if isinstance(detail, str) else detail
    return Alarm(since=since, differences=tuple(told["differences"]), count=int(told["count"]))


_ALARM = """
    with told as (select id, at, action, detail from audit.acts
                   where action in (%(lost)s, %(back)s) and user_id like 'job:protections@%%'),
         lost as (select * from told
                   where id > coalesce((select max(id) from told where action = %(back)s), 0))
    select (select at from lost order by id limit 1), detail from lost order by id desc limit 1
"""


def last_detail(action: Action, named_object: str) -> dict[str, Any] | None:
    """The detail of the newest event of this action on this object; None where there is none yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select detail from audit.acts where action = %s and object = %s order by id desc limit 1",
            [action.name, named_object],
        )
        row = cursor.fetchone()
    if row is None or row[0] is None:
        return None
    found: dict[str, Any] = json.loads(row[0]) if isinstance(row[0], str) else row[0]
    return found


@dataclass(frozen=True, slots=True)
class Vouching:
    """One who is named to vouch for the ledger from outside: the name, what they do (`cosignature` or `timestamp`), the
    largest size they vouched for and when that was kept (database time); 0 and None where they have not yet."""

    name: str
    kind: str
    size: int
    at: datetime | None


def vouching() -> list[Vouching]:
    """Everybody who is named now, each with the newest of their last receipts; empty where nobody is (ledger.md 3.5)."""
    named = last_detail(events.WITNESSES_NAMED, "witnesses") or {"witnesses": [], "authorities": []}
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPTS)
        kept = {(kind, name): (size, at) for kind, name, size, at in cursor.fetchall()}
    wanted = [
        *(("cosignature", one["name"], one["vkey"].partition("+")[0]) for one in named["witnesses"]),
        *(("timestamp", one["name"], one["name"]) for one in named["authorities"]),
    ]
    return [Vouching(name, kind, *kept.get((kind, by), (0, None))) for kind, name, by in wanted]


_RECEIPTS: Final = """
    with newest as (select new, at from audit.events where tbl = '' and pk = '' and kind = 'receipt'
                     order by id desc limit 500)
    select distinct on (kind, name) kind, name, size, at
      from (select new ->> 'receipt' as kind, coalesce(new ->> 'witness', new ->> 'authority') as name,
                   (new ->> 'size')::bigint as size, at from newest) as told
     order by kind, name, size desc
"""


def cosignature_lines() -> dict[int, list[str]]:
    """The newest 500 cosignature lines that witnesses gave, unchecked, by the size of the checkpoint they are for."""
    found: dict[int, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COSIGNATURES)
        for size, line in cursor.fetchall():
            found.setdefault(size, []).append(line)
    return found


def newest_stamp(size: int) -> tuple[Checkpoint, bytes] | None:
    """The newest time stamp (DER answer of the authority), unchecked, over a checkpoint of at most this size, and that one."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, [size])
        row = cursor.fetchone()
    head = checkpoint_of(row[0]) if row else None
    return (head, b64decode(row[1], validate=True)) if head and row else None


_COSIGNATURES: Final = """
    select (new ->> 'size')::bigint, new ->> 'line' from audit.events
     where tbl = '' and pk = '' and kind = 'receipt' and new ->> 'receipt' = 'cosignature' order by id desc limit 500
"""
_STAMP: Final = """
    select (new ->> 'size')::bigint, new ->> 'token' from audit.events
     where tbl = '' and pk = '' and kind = 'receipt' and new ->> 'receipt' = 'timestamp' and (new ->> 'size')::bigint <= %s
     order by id desc limit 1
"""


def broken() -> dict[str, Any] | None:
    """What the sealer told of the ledger last, where it refuses to sign until two people settle it (URS-BCK-02); None
    where it signs. Keys as of `epochs.Break`, and `told_at` (database time)."""
    with connection.cursor() as cursor:
        cursor.execute("select new, at, seq from audit.epochs order by id desc limit 1")
        row = cursor.fetchone()
    if row is None or row[2] is not None:
        return None
    found: dict[str, Any] = json.loads(row[0]) if isinstance(row[0], str) else row[0]
    return {**found, "told_at": row[1]} if found["epoch"] == "broken" else None


def newest_done(action: str, named_object: str) -> tuple[int, str, str] | None:
    """Id, user id and reason of the newest act of this action on this object, or on one below it; None where none is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, user_id, reason from audit.acts where action = %s and outcome = 'done'"
            " and (object = %s or starts_with(object, %s)) order by id desc limit 1",
            [action, named_object, f"{named_object}/"],
        )
        row = cursor.fetchone()
    return None if row is None else (row[0], row[1], row[2])


def acts_with(action: str, key: str, value: str) -> list[dict[str, str]]:
    """The acts of this action that were done whose detail says this of this key, as `tokens.is_of_act` takes them, with `token`."""
    names = ("token", "action", "object", "record", "reason", "outcome", "rule")
    with connection.cursor() as cursor:
        cursor.execute(
            "select token, action, object, record, reason, outcome, rule from audit.acts"
            " where action = %s and outcome = 'done' and detail ->> %s = %s",
            [action, key, value],
        )
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
