"""kill -9 of the service, its parts and its database at random while it is written to: nothing lost, nothing half, told.

Short by default; `INDELIBLE_SOAK_KILLS=100 INDELIBLE_SOAK_MINUTES=60` is the long form.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest

from indelible.home.layout import Home
from indelible.home.postgres import Server
from tests import seen
from tests.cli.conftest import Command, children_of, free_port, status, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(10800)]
KILLS = int(os.environ.get("INDELIBLE_SOAK_KILLS", "5"))
GAP = max(1.5, float(os.environ.get("INDELIBLE_SOAK_MINUTES", "0")) * 60 / KILLS)
"""Seconds from one kill to the next, on average."""
WRITER = """
import os, sys, threading, time, psycopg
from tests.jobs import writers
os.nice(10)  # other tests run beside this one
url, stop, one_at_once = sys.argv[1], threading.Event(), threading.Lock()
def write(crew):
    number = 0
    while not stop.is_set():
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                while not stop.is_set():
                    number += 1
                    names = [f"{crew}-{number}-{part}" for part in "ab"]
                    writers.act(connection, *names)
                    with one_at_once:
                        print(names[0][:-2], flush=True)
                    time.sleep(0.05)
        except psycopg.Error:
            time.sleep(0.2)
crews = [threading.Thread(target=write, args=(f"W{n}",)) for n in range(8)]
for one in crews: one.start()
sys.stdin.readline(); stop.set()
for one in crews: one.join()
"""


@contextmanager
def writing(command: Command) -> Iterator[list[str]]:
    """Eight writers of two rows an act, all the while; the list is of the acts whose commit was told to them."""
    told: list[str] = []
    url = Server(Home(command.home)).url("app")
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=command.environment(PYTHONPATH=str(Path(__file__).parents[2])),
    )  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    reading = threading.Thread(target=lambda: told.extend(line.strip() for line in process.stdout or ()))
    reading.start()
    try:
        yield told
    finally:
        process.stdin.close()
        process.wait(60)
        reading.join(20)
        process.stdout.close()


def target(service: subprocess.Popen[str], command: Command, dice: random.Random) -> tuple[str, int] | None:
    """Whom to kill next: the service, one of its parts, or the database; None while that one is not there."""
    name = dice.choice(["service", "web", "worker", "sealer", "sealer", "database", "database"])
    if name == "service":
        return name, service.pid
    if name == "database":
        with suppress(OSError, ValueError, IndexError):
            return name, int((Server(Home(command.home)).data / "postmaster.pid").read_text().splitlines()[0])
        return None
    number = children_of(service.pid).get(name)
    return (name, number) if number else None


def is_ready(port: int) -> bool:
    with suppress(OSError):
        return status(port, "/readyz") == 200
    return False


def kill_at_random(command: Command, dice: random.Random) -> list[str]:
    """Serves, kills, serves again; who was killed, in order."""
    killed: list[str] = []
    while len(killed) < KILLS:
        port = free_port()
        with command.serving(port) as service:
            while len(killed) < KILLS and service.poll() is None:
                time.sleep(dice.uniform(GAP / 3, GAP * 5 / 3))
                found = target(service, command, dice)
                if found is None:
                    continue
                with suppress(ProcessLookupError):
                    os.kill(found[1], signal.SIGKILL)
                    killed.append(found[0])
                if found[0] == "service":
                    service.wait(20)
            if service.poll() is None:
                wait_until(partial(is_ready, port), 60)
    return killed


@pytest.mark.urs("URS-AUD-01", "URS-AUD-03", "URS-AUD-08")
def test_kills_at_random_lose_nothing_leave_nothing_half_and_are_told(empty: Command) -> None:
    assert empty("init").returncode == 0
    empty.patience = 120 + 60 * GAP  # an hour's entries take longer to verify than a minute's
    dice = random.Random(7)
    with Server(Home(empty.home)):
        pass
    with writing(empty) as told:
        killed = kill_at_random(empty, dice)
        with empty.serving(free_port()):
            wait_until(lambda: bool(told))
            time.sleep(2)
    done = empty("verify")
    assert done.returncode == 0, done.stdout + done.stderr
    with Server(Home(empty.home)) as server, psycopg.connect(server.url("verify")) as reading:
        series = {
            row[0] for row in reading.execute("select series from records_counter where series like 'W%'")
        }
        restarted = reading.execute(
            "select object from audit.act where action = 'system.restarted'"
        ).fetchall()
        unclean = reading.execute(
            "select count(*) from audit.act where action = 'system.started' and detail ? 'ended_without_stop_after'"
        ).fetchone()
        seen.collect(reading.execute(seen.QUERY))
    assert told and {f"{act}-{part}" for act in told for part in "ab"} <= series
    assert {name[:-1] + "a" for name in series} == {name for name in series if name.endswith("a")}
    assert {name[:-1] + "b" for name in series} == {name for name in series if name.endswith("b")}
    assert unclean is not None and unclean[0] >= killed.count("service")
    parts = {name for (name,) in restarted}
    assert parts <= {"web", "worker", "sealer", "database"} and (parts or set(killed) == {"service"})
