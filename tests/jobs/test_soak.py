"""Eight writers with random rollbacks and savepoints while the sealer runs: none lost, none out of order per row.

Short by default; `INDELIBLE_SOAK_EVENTS=30000` runs the long form.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from indelible.jobs.sealer import Sealer, seal_once
from indelible.kernel.audit import seal
from tests.conftest import Database
from tests.jobs import writers
from tests.jobs.sealing import assert_whole

EVENTS = int(os.environ.get("INDELIBLE_SOAK_EVENTS", "3000"))
WRITERS = 8
ACTS = 50
PER_ROW = """
    with c as (select pk, op, old, seq, lag(new) over w as before, lag(op) over w as op_before
                 from audit.event join audit.leaf on entry = id where tbl = 'records_counter'
               window w as (partition by pk order by seq))
    select * from c where (op_before is null) <> (op = 'I') or (op = 'U' and old is distinct from before)
"""
STATE = """
    with l as (select distinct on (pk) pk, new from audit.event join audit.leaf on entry = id
                where tbl = 'records_counter' order by pk, seq desc)
    select * from l full join records_counter as r on r.id::text = l.pk where l.new is distinct from to_jsonb(r)
"""


@pytest.mark.slow
@pytest.mark.urs("URS-AUD-01", "URS-AUD-03")
@pytest.mark.timeout(3600)
def test_eight_writers_lose_nothing_and_invert_nothing(database: Database, tmp_path: Path) -> None:
    stop = threading.Event()
    written, beats = 0, 0

    def keep_sealing() -> int:
        count = 0
        with psycopg.connect(database.url("seal"), autocommit=True) as connection:
            sealer = Sealer(connection, tmp_path, seal.signer(database.home))
            sealer.start()
            while not stop.is_set():
                assert sealer.beat().late == 0
                count += 1
                time.sleep(0.01)
        return count

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        sealing = pool.submit(keep_sealing)
        seed = 0
        try:
            while written < EVENTS:
                seeds = range(seed, seed + WRITERS)
                batch = [pool.submit(writers.random_acts, database.url("app"), one, ACTS, 6) for one in seeds]
                written += sum(one.result() for one in batch)
                seed += WRITERS
        finally:
            stop.set()
        beats = sealing.result()
    assert seal_once(database.url("seal"), tmp_path, seal.signer(database.home)).late == 0
    assert database.rows("select count(*) from audit.event where tbl = 'records_counter'")[0][0] == written
    assert_whole(database, tmp_path)
    assert database.rows(PER_ROW) == []
    assert database.rows(STATE) == []
    assert beats > 10
