"""Fills a scratch database with records for the benchmark of pages: a few by the product's verbs, the rest by SQL as superuser.

Run as `python -m bench.grow RECORDS`; BENCH_SUPERUSER_URL is the database's. The copies have what real ones have beside
them: a revision, an act and two events each, so that the tables of the trail grow as well.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final

import django
import psycopg

django.setup()

from tests import people  # noqa: E402

from indelible.kernel.signatures.types import Components  # noqa: E402
from indelible.kernel.workflow import actions  # noqa: E402

MEASURED: Final = "DEV-2026-00001"
WORDS: Final = (
    "autoclave",
    "vial",
    "label",
    "torque",
    "gasket",
    "filter",
    "isolator",
    "balance",
    "stopper",
    "humidity",
)
_FIRST: Final[dict[str, Any]] = {
    "title": "Label of the previous lot on line 3",
    "occurred_at": "2026-01-05T08:30:00+01:00",
    "discovered_at": "2026-01-05T09:00:00+01:00",
    "area": "Packaging line 3",
    "product": "Bench solution 5 mg/ml",
    "facts": "Two labels of the previous lot were found in the hopper at the in-process check. " * 3,
    "immediate_action": "Line stopped and cleared; the lot was put on hold.",
    "lots": [{"lot": "A1", "product": "Bench solution", "status": "on hold"}],
    "systems": "Labeller 3",
    "documents": "SOP-114",
}
_COPY: Final = """
    with made as (
        insert into records_record (number, process, process_version, fingerprint, title, state, owner_id, site_id, legal_entity_id,
                                    values, revision, digest, created_at, updated_at, state_entered_at)
        select 'DEV-2025-' || lpad(n::text, 6, '0'), r.process, r.process_version, r.fingerprint,
               'Finding ' || n || ' at the ' || (%(words)s::text[])[1 + n %% 10],
               case when n %% 3 = 0 then 'draft' else r.state end, r.owner_id, r.site_id, r.legal_entity_id,
               r.values || jsonb_build_object('area', 'Room ' || n %% 400, 'product', 'Batch ' || md5(n::text)),
               1, r.digest, r.created_at - n * interval '1 minute', r.updated_at - n * interval '1 minute',
               r.state_entered_at - n * interval '1 minute'
          from records_record as r, generate_series(1, %(count)s) as n where r.number = %(pattern)s
        returning id, number, digest, values, created_at),
    acts as (
        insert into audit.act (id, xid, at, db, token, action, reason, source, channel, session, user_id, name, role, site, object, record)
        select nextval('audit.entry_id_seq'), pg_current_xact_id(), m.created_at, 'indelible_app',
               'v1|ana|s|' || md5(m.number) || '|' || repeat('0', 64) || '|1|' || repeat('A', 86), 'record.create', '', '192.0.2.10',
               'web', 's', 'ana', 'Ana Alvarez', 'author', 'BSL', 'deviation', m.number from made as m
        returning id, record, at),
    contents as (
        insert into records_revision (record_id, number, content, digest, changed, author, act)
        select m.id, 1, convert_to(jsonb_build_object('attachments', '[]'::jsonb, 'fields', m.values)::text, 'UTF8'), m.digest,
               array['title', 'facts'], 'ana', a.id from made as m join acts as a on a.record = m.number)
    insert into audit.event (id, act, xid, at, kind, tbl, layout, pk, op, db, new)
    select nextval('audit.entry_id_seq'), a.id, pg_current_xact_id(), a.at, 'row', t.tbl, p.layout, m.id::text, 'I', 'indelible_app',
           jsonb_build_object('id', m.id, 'number', m.number, 'digest', m.digest, 'values', '{"sha256": "0", "len": 900}'::jsonb)
      from made as m join acts as a on a.record = m.number, (values ('records_record'), ('records_revision')) as t(tbl)
      join audit.protection as p using (tbl)
"""


def main() -> int:
    """The cast, a record with a history, and copies up to the wanted number."""
    people.stock()
    ana, petra = people.signed_in(people.ANA), people.signed_in(people.PETRA)
    record = actions.create_record(ana, "deviation", _FIRST)
    for at, area in enumerate(("Packaging line 4", "Packaging line 5", "Packaging line 6"), 1):
        actions.edit_record(
            ana, record.number, {"area": area}, revision=at, reason=f"line number misread, {area}"
        )
    signed = Components("ana", people.ANA.password, None, "Responsibility for the report")
    actions.take_step(ana, record.number, "report", revision=4, signature=signed)
    other = actions.create_record(ana, "deviation", _FIRST)
    if record.number != MEASURED:
        raise RuntimeError(f"the measured record became {record.number}")
    _copies(int(sys.argv[1]) - 2, other.number)
    print(people.session(people.PETRA)[0], petra.user_id)
    return 0


def _copies(count: int, pattern: str) -> None:
    with psycopg.connect(os.environ["BENCH_SUPERUSER_URL"], autocommit=True) as database:
        tables = ("records_record", "records_revision")
        for table in tables:
            database.execute(f"alter table {table} disable trigger indelible_capture")
        database.execute(_COPY, {"words": list(WORDS), "count": count, "pattern": pattern})
        for table in tables:
            database.execute(f"alter table {table} enable always trigger indelible_capture")
        database.execute("vacuum analyze")


if __name__ == "__main__":
    sys.exit(main())
