"""The sealer killed between two steps, and at any instant: nothing is lost, nothing half."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from indelible.jobs.sealer import Sealer
from indelible.kernel.audit import seal
from indelible.kernel.audit.seal import SealState
from tests.conftest import Database
from tests.jobs import writers
from tests.jobs.sealing import assert_whole, leaves, sealed, wait_for

pytestmark = pytest.mark.urs("URS-AUD-03")


class Killed(Exception):  # noqa: N818
    """The process ends here."""


class KilledBeforeSigning(Sealer):
    def _sign(self, state: SealState) -> SealState:
        raise Killed


class KilledBeforePublishing(Sealer):
    def _publish(self, state: SealState) -> None:
        if state.edge.size > 2:
            raise Killed


@pytest.mark.parametrize("kind", [KilledBeforeSigning, KilledBeforePublishing])
def test_a_kill_between_two_steps_loses_nothing(
    database: Database, writer: writers.Connection, tmp_path: Path, kind: type[Sealer]
) -> None:
    sealed(database, tmp_path)
    writers.act(writer, "A")
    with psycopg.connect(database.url("seal"), autocommit=True) as connection:
        sealer = kind(connection, tmp_path, seal.signer(database.home))
        sealer.start()
        with pytest.raises(Killed):
            sealer.beat()
    writers.act(writer, "B")
    sealed(database, tmp_path)
    assert_whole(database, tmp_path)


PROGRAM = """
import sys, threading, psycopg
from pathlib import Path
from indelible.home.layout import find_home
from indelible.jobs.sealer import Sealer
from indelible.kernel.audit import seal
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    sealer = Sealer(connection, Path(sys.argv[2]), seal.signer(find_home()))
    sealer.start()
    print("sealing", flush=True)
    while True:
        sealer.beat()
"""


@pytest.mark.slow
def test_kill_9_at_any_instant_leaves_nothing_half(database: Database, tmp_path: Path) -> None:
    """The sealer is killed again and again while eight writers write; every entry is sealed once, in order."""
    rounds = int(os.environ.get("INDELIBLE_SOAK_KILLS", "12"))
    done = threading.Event()

    def write(seed: int) -> None:
        while not done.is_set():
            writers.random_acts(database.url("app"), seed, 5, rows=6)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for one in threads:
        one.start()
    dice = random.Random(11)
    try:
        for _ in range(rounds):
            _run_and_kill(database, tmp_path, dice.uniform(0.0, 0.4))
    finally:
        done.set()
        for one in threads:
            one.join()
    assert sealed(database, tmp_path).late == 0
    assert_whole(database, tmp_path)
    assert len(leaves(database)) > rounds


def _run_and_kill(database: Database, folder: Path, after: float) -> None:
    command = [sys.executable, "-c", PROGRAM, database.url("seal"), str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "src"}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sealing\n"
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
    wait_for(
        lambda: (
            not database.superuser(
                "select 1 from pg_stat_activity where usename = 'indelible_seal' and datname = %s",
                [database.name],
            )
        )
    )
