"""How sealing and verification go on as the trail grows: the same rates at a hundred thousand entries and at ten million.

Made up of events as the capture writes them, a thousand rows changed again and again; inserted by the superuser, because the
question is what becomes of them and not how they came. Run by name only: `python -m bench growth --upto 7` takes half an hour.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import scratch

if TYPE_CHECKING:
    from indelible.home.postgres import Server

ROWS: Final = 1_000
CHUNK: Final = 500_000
CHECKS: Final = frozenset({"leaves", "tree", "agreement", "completeness", "continuity"})


def measure(server: Server, upto: int) -> list[str]:
    """The lines of the report, for 10^5 entries and on, by tens, up to 10^`upto`."""
    import django
    import psycopg

    django.setup()
    from indelible.jobs.sealer import Sealer
    from indelible.jobs.verification import ROOMS, examine
    from indelible.kernel.audit import seal

    name, folder = "bench_growth", Path(tempfile.mkdtemp(prefix="ind-bench-growth-"))
    scratch.database(server, name, installed=True)
    others = {check.name for room in ROOMS for check in room.CHECKS} - CHECKS
    lines = [
        "| entries | sealed a second | verified a second | bytes an entry, indexes included |",
        "|---|---|---|---|",
    ]
    made = 0
    with (
        psycopg.connect(server.url("superuser", name), autocommit=True) as superuser,
        psycopg.connect(server.url("seal", name), autocommit=True) as sealing,
    ):
        sealer = Sealer(sealing, folder, seal.signer(server.home))
        sealer.start()
        sealer.beat()
        for power in range(5, upto + 1):
            rate = 0.0
            while made < 10**power:
                more = min(CHUNK, 10**power - made)
                superuser.execute(_EVENTS, {"first": made, "last": made + more - 1, "rows": ROWS})
                made += more
                began = time.perf_counter()
                rate = sealer.beat().added / (time.perf_counter() - began)
            report = examine(server.url("verify", name), server.home, sealer_folder=folder, without=others)
            if report.findings:
                raise RuntimeError(report.findings[0].sentence)
            size = superuser.execute(_SIZE).fetchone()
            each = (size[0] if size else 0) / report.size
            lines.append(
                f"| {report.size:,} | {rate:,.0f} | {report.size / report.seconds:,.0f} | {each:,.0f} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    return lines


_EVENTS: Final = """
    insert into audit.event (id, xid, at, kind, tbl, layout, pk, op, db, old, new)
    select nextval('audit.entry_id_seq'), pg_current_xact_id(), clock_timestamp(), 'row', 'records_record',
           (select layout from audit.protection where tbl = 'records_record'), (i %% %(rows)s)::text,
           case when i < %(rows)s then 'I' else 'U' end::"char", 'indelible_app',
           case when i >= %(rows)s then jsonb_build_object('id', i %% %(rows)s, 'title', 'Temperature above limit', 'n', i / %(rows)s - 1) end,
           jsonb_build_object('id', i %% %(rows)s, 'title', 'Temperature above limit', 'n', i / %(rows)s)
      from generate_series(%(first)s::bigint, %(last)s::bigint) as i
"""
_SIZE: Final = """
    select pg_total_relation_size('audit.event') + pg_total_relation_size('audit.leaf')
"""
