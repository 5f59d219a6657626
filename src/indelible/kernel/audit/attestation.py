"""What the sealer attests: the control plane as the catalogue holds it, and which of its rows were ever touched.

Beside what each item says stands the transaction that wrote its row in the catalogue (`xmin`), which also a superuser cannot
set back: a protection that was switched off and on again, within one transaction even, is another line (ledger.md 3.4, 3.6).
The query stands here and not in a function of the database, which whoever rewrites the database could make say anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from indelible.ledger.witness_folder import replace_durably

FILE: Final = "control-plane.txt"
"""In the sealer's folder: the lines as they were attested last."""
SAID_AT_MOST: Final = 20
"""Changes an attestation names one by one; how many there were in all, it always says."""


def lines_now(connection: Any) -> list[str]:
    """Every line, in order; the connection is psycopg's or Django's, of any login."""
    with connection.cursor() as cursor:
        cursor.execute(_TEXT)
        return str(cursor.fetchone()[0]).split("\n")


def digest_of(lines: Sequence[str]) -> str:
    """SHA-256 over all lines, in hex."""
    return sha256("\n".join(lines).encode()).hexdigest()


def changes(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """What is different, in words; an item that says what it said before was changed and put back."""
    was, is_ = dict(map(_parted, before)), dict(map(_parted, now))
    said = []
    for item in sorted({*was, *is_}):
        if was.get(item) != is_.get(item):
            how = "taken away" if item not in is_ else "new" if item not in was else "changed and put back"
            said.append(f"{how}: {item}")
    return said


def image(lines: Sequence[str], changed: Sequence[str]) -> dict[str, Any]:
    """What the `attest` entry says."""
    return {
        "control_plane": digest_of(lines),
        "items": str(len(lines)),
        "changes": str(len(changed)),
        "changed": list(changed[:SAID_AT_MOST]),
    }


def keep(folder: Path, lines: Sequence[str]) -> None:
    """Puts the lines into the sealer's folder, whole or not at all."""
    replace_durably(folder / FILE, "\n".join(lines).encode())


def kept(folder: Path) -> list[str]:
    """The lines as attested last; none where nothing was attested yet, or where the file was taken away or spoiled.

    It only puts the difference into words: that there is one, the ledger itself knows.
    """
    try:
        return (folder / FILE).read_bytes().decode().split("\n")
    except (FileNotFoundError, UnicodeDecodeError):
        return []


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest attestation (UTC; how many items protect the trail) and the newest digest of all tables; None: never yet."""

    attested: datetime | None
    items: int
    digested: datetime | None


def newest(connection: Any) -> Newest:
    """What the ledger remembers last of its protections; for the service's own login."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        attested, items, digested = cursor.fetchone()
    return Newest(attested, int(items or 0), digested)


def declared(detail: Mapping[str, Any] | None) -> str:
    """The digest that an installation's act says it left behind; empty for one of earlier versions."""
    return str((detail or {}).get("control_plane", ""))


def _parted(line: str) -> tuple[str, str]:
    item, _, touched = line.rpartition(" @")
    return item, touched


_NEWEST: Final = """
    select a.at, a.items, d.at
      from (select 1) as one
           left join lateral (select at, new ->> 'items' as items from audit.events
                               where kind = 'attest' and db = 'indelible_seal' order by id desc limit 1) as a on true
           left join lateral (select at from audit.events
                               where kind = 'digest' and db = 'indelible_seal' order by id desc limit 1) as d on true
"""
_TEXT: Final = """
    with places as (select oid, nspname from pg_catalog.pg_namespace where nspname in ('public', 'audit')),
         tables as (select c.oid, p.nspname || '.' || c.relname as name, c.relkind, c.relowner, c.relacl
                      from pg_catalog.pg_class as c join places as p on p.oid = c.relnamespace
                     where c.relkind in ('r', 'p', 'v', 'S')),
         items as (
    select 'trigger ' || g.tgname || ' on ' || t.name || ' ' || g.tgenabled::text || ' ' || p.pronamespace::text || '.'
           || p.proname || ' ' || g.tgtype || ' ' || encode(g.tgargs, 'hex') || case when g.tgqual is null then '' else ' with a condition' end
           || ' @' || g.xmin as line
      from pg_catalog.pg_trigger as g join tables as t on t.oid = g.tgrelid join pg_catalog.pg_proc as p on p.oid = g.tgfoid
    union all
    select 'function audit.' || p.proname || '(' || p.proargtypes::text || ') of ' || p.proowner::text || ' '
           || encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') || ' ' || p.prosecdef || ' '
           || coalesce(array_to_string(p.proconfig, ';'), '') || ' ' || coalesce(p.proacl::text, '') || ' @' || p.xmin
      from pg_catalog.pg_proc as p where p.pronamespace = (select oid from places where nspname = 'audit')
    union all
    select 'column ' || t.name || '.' || a.attname || ' ' || a.atttypid::text || ' ' || a.atttypmod || ' '
           || a.attnotnull || a.attisdropped || ' @' || a.xmin
      from pg_catalog.pg_attribute as a join tables as t on t.oid = a.attrelid and t.relkind in ('r', 'p') where a.attnum > 0
    union all
    select 'rule ' || r.rulename || ' on ' || t.name || ' ' || r.ev_enabled::text || ' @' || r.xmin
      from pg_catalog.pg_rewrite as r join tables as t on t.oid = r.ev_class
    union all
    select 'event trigger ' || e.evtname || ' on ' || e.evtevent || ' ' || e.evtenabled::text || ' ' || e.evtfoid::text || ' @' || e.xmin
      from pg_catalog.pg_event_trigger as e
    union all
    select 'table ' || t.name || ' of ' || t.relowner::text || ' ' || coalesce(t.relacl::text, '') || ' @' from tables as t
    union all
    select 'role ' || r.rolname || ' ' || r.rolsuper || r.rolbypassrls || r.rolreplication || r.rolcreaterole || r.rolcanlogin
           || coalesce((select ' member of ' || string_agg(m.roleid::text, ',' order by m.roleid)
                          from pg_catalog.pg_auth_members as m where m.member = r.oid), '') || ' @'
      from pg_catalog.pg_roles as r where r.rolname in ('indelible_app', 'indelible_seal', 'indelible_verify', 'indelible_owner', 'audit_owner')
    union all
    select 'setting ' || s.name || ' ' || s.setting || ' @'
      from pg_catalog.pg_settings as s where s.name in ('event_triggers', 'session_replication_role'))
    select string_agg(line, E'\\n' order by line collate "C") from items
"""
