"""The clock's own acts: protections told once and again when whole, floods counted, sessions closed; the worker lives on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from indelible.jobs import tasks
from indelible.kernel.audit import actions, events, queries
from indelible.kernel.audit.types import Refusal, nobody
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.types import IDLE_LOCK
from tests.conftest import Database
from tests.people import ANA

ROOT = Path(__file__).parents[2]
OF_PROTECTIONS = "select action, detail from audit.act where action like 'security.protection%' and user_id like 'job:%' order by id"


@pytest.mark.urs("URS-AUD-02")
def test_a_lost_protection_is_told_once_and_told_again_when_it_is_back(database: Database) -> None:
    tasks.watch_protections(0)
    assert database.rows(OF_PROTECTIONS) == []
    database.superuser("alter table identity_person disable trigger indelible_capture")
    tasks.watch_protections(60)
    tasks.watch_protections(120)
    database.superuser("grant delete on identity_person to indelible_app")
    tasks.watch_protections(180)
    database.superuser("revoke delete on identity_person from indelible_app")
    database.superuser("alter table identity_person enable always trigger indelible_capture")
    tasks.watch_protections(240)
    tasks.watch_protections(300)
    told = database.rows(OF_PROTECTIONS)
    assert [row[0].partition(".")[2] for row in told] == [
        "protection_lost",
        "protection_lost",
        "protection_restored",
    ]
    assert any("indelible_capture on identity_person" in line for line in told[0][1]["differences"])
    assert told[1][1]["count"] > told[0][1]["count"]
    who = database.rows(
        "select distinct user_id, on_behalf_of, channel from audit.act where user_id like 'job:%'"
    )
    assert who == [("job:protections@1", "installation", "job")]


@pytest.mark.urs("URS-AUD-07")
def test_the_job_writes_one_entry_for_what_was_only_counted(database: Database) -> None:
    stranger = nobody(source="10.0.0.9", channel="api")
    for _ in range(45):
        actions.note(stranger, events.PROTECTION_LOST, outcome="denied", throttled=True)
    tasks.count_floods(0)
    assert (
        database.rows("select count(*) from audit.act where outcome = 'counted'")[0][0] == 0
    )  # not over yet
    database.superuser("update audit.flood set minute = minute - interval '5 minutes'")
    tasks.count_floods(60)
    tasks.count_floods(120)
    counted = database.rows("select source, user_id from audit.act where outcome = 'counted'")
    assert ("10.0.0.9", "job:floods@1") in counted and len(counted) <= 2
    assert queries.floods_waiting() == 0


def _session(person: Any = ANA) -> str:
    token, _ = identity.sign_in(person.user_id, person.password, source="127.0.0.1", channel="web")
    return token


@pytest.mark.urs("URS-ACC-04")
def test_sessions_nobody_comes_to_are_closed_by_the_clock(stocked: Database) -> None:
    over, idle, present = _session(), _session(), _session()
    ids = [r[0] for r in stocked.rows("select id from identity_session order by id desc limit 3")][::-1]
    stocked.superuser(
        "update identity_session set expires_at = clock_timestamp() - interval '1 hour' where id = %s",
        [ids[0]],
    )
    stocked.superuser(
        "update identity_session_seen set at = at - %s - interval '1 minute' where session_id = %s",
        [IDLE_LOCK, ids[1]],
    )
    tasks.close_sessions(0)
    tasks.close_sessions(60)
    states = stocked.rows(
        "select ended_cause, ended_at = expires_at, locked_at is not null from identity_session where id = any(%s) order by id",
        [ids],
    )
    assert states == [("absolute end", True, False), ("", None, True), ("", None, False)]
    told = stocked.rows(  # only of these: the people of a long run's template have idled too
        "select action, detail ->> 'cause' from audit.act where user_id = 'job:sessions@1' and object in"
        " (select 'session:' || public_id from identity_session where id = any(%s)) order by id",
        [ids],
    )
    assert told == [("session.end", "absolute end"), ("session.lock", "idle")]
    for token, lives in ((over, False), (idle, False), (present, True)):
        assert _enters(token) is lives


def _enters(token: str) -> bool:
    try:
        identity.enter(token, source="127.0.0.1", channel="web")
    except Refusal:
        return False
    return True


@pytest.fixture
def worker(database: Database, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process on this clone, its log in `tmp_path / "worker.log"`."""
    environment = {
        **os.environ,
        "INDELIBLE_DATABASE_URL": database.url("app"),
        "INDELIBLE_DATABASE_VERIFY_URL": database.url("verify"),
        "PYTHONPATH": str(ROOT / "src"),
    }
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "indelible.jobs.worker"],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=tmp_path,
        )
        yield process
        if process.poll() is None:
            process.kill()
        process.wait()


def _until(what: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def _lost(database: Database) -> list[str]:
    return [row[0] for row in database.rows(OF_PROTECTIONS)]


@pytest.mark.slow
@pytest.mark.urs("URS-AUD-02", "URS-AUD-13")
def test_the_worker_goes_on_when_the_database_comes_back(
    database: Database, worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    database.superuser("alter table identity_person disable trigger indelible_capture")
    _until(lambda: _lost(database) == ["security.protection_lost"])
    running = database.rows("select coalesce(max(id), 0) from procrastinate_jobs")[0][0]
    cut = database.superuser(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database()"
        " and usename = 'indelible_app'"
    )
    assert cut[0][0] > 0
    database.superuser("alter table identity_person enable always trigger indelible_capture")
    _until(lambda: "security.protection_restored" in _lost(database), 75.0)
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    told = (tmp_path / "worker.log").read_text()
    assert database.url("app").split(":")[2].split("@")[0] not in told, (
        "the log holds the database's password"
    )
    after_the_cut = "select count(*) from procrastinate_jobs where status = 'failed' and id > %s"
    assert database.rows(after_the_cut, [running])[0][0] == 0  # the one the cut met may have failed
