"""The sealer at work: order, completeness, what is held back, serving until told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest

from indelible.home.layout import Home
from indelible.jobs import sealer as sealer_module
from indelible.jobs.sealer import Beat, serve
from tests.conftest import Database
from tests.jobs import writers
from tests.jobs.sealing import assert_whole, leaves, sealed, wait_for

pytestmark = pytest.mark.urs("URS-AUD-03")


def test_entries_are_sealed_in_order_and_signed(
    database: Database, writer: writers.Connection, tmp_path: Path
) -> None:
    sealed(database, tmp_path)
    first = len(leaves(database))
    assert first == 2, "the installation itself is the first entry, what protects it the second"
    writers.act(writer, "A", "B")
    writers.act(writer, "A", last=7)
    assert sealed(database, tmp_path) == Beat(added=5, late=0, size=first + 5)
    assert_whole(database, tmp_path)
    assert sealed(database, tmp_path) == Beat(added=0, late=0, size=first + 5)


def test_an_open_act_holds_back_what_came_after_it(
    database: Database, writer: writers.Connection, tmp_path: Path
) -> None:
    size = sealed(database, tmp_path).size
    with psycopg.connect(database.url("app")) as slow:
        writers.begin(slow)
        writers.add(slow, "SLOW")
        writers.act(writer, "FAST")
        assert sealed(database, tmp_path).added == 0
        slow.commit()
    assert sealed(database, tmp_path) == Beat(added=4, late=0, size=size + 4)
    assert_whole(database, tmp_path)


def test_a_prepared_transaction_holds_back_too_or_cannot_be(database: Database, tmp_path: Path) -> None:
    """PREPARE keeps the mark's lock; where the server does not allow it, it refuses, and that is as good."""
    with psycopg.connect(database.url("app")) as prepared:
        writers.begin(prepared)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            prepared.execute("prepare transaction 'held'")


def test_a_session_that_hides_its_mark_is_sealed_late_and_told(
    database: Database, writer: writers.Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    size = sealed(database, tmp_path).size
    with psycopg.connect(database.url("app")) as hostile:
        hostile.execute("select set_config('indelible.lw', pg_current_xact_id()::text, true)")
        hidden = writers.begin(hostile)
        writers.act(writer, "A")
        assert sealed(database, tmp_path).size == size + 2
        hostile.commit()
    with caplog.at_level("WARNING", "indelible.sealer"):
        assert sealed(database, tmp_path) == Beat(added=1, late=1, size=size + 3)
    assert "passed over" in caplog.text
    assert leaves(database)[-1][1] == hidden and leaves(database)[-1][4]
    assert_whole(database, tmp_path, late=True)


def test_a_big_backlog_is_sealed_in_batches(
    database: Database, writer: writers.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indelible.jobs.sealer.BATCH", 7)
    for one in range(20):
        writers.act(writer, f"A{one}", f"B{one}")
    assert sealed(database, tmp_path).added == 62
    assert_whole(database, tmp_path)


def test_it_serves_until_told_and_seals_the_rest(
    database: Database, writer: writers.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = type("Kept", (), {"sealer": tmp_path, "id": database.home.id, "keys": database.home.keys})
    stop = threading.Event()
    thread = threading.Thread(
        target=serve, args=(lambda: psycopg.connect(database.url("seal"), autocommit=True), home, stop)
    )
    thread.start()
    try:
        writers.act(writer, "A")
        wait_for(lambda: len(leaves(database)) == 4)
        database.superuser(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'indelible_seal' and datname = %s",
            [database.name],
        )
        writers.act(writer, "B")
        wait_for(lambda: len(leaves(database)) == 6)
        writers.act(writer, "C")
    finally:
        stop.set()
        thread.join(20)
    assert_whole(database, tmp_path)


def test_a_sealer_that_must_not_sign_says_so_and_goes_on_when_all_is_in_order(
    database: Database,
    writer: writers.Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """The service lives on meanwhile: people read, and `/readyz` says that nothing is sealed."""
    monkeypatch.setattr(sealer_module, "REFUSED_PAUSE", 0.1)
    monkeypatch.setattr(Home, "sealer", property(lambda home: tmp_path))
    home, stop = database.home, threading.Event()
    beside = psycopg.connect(database.url("seal"), autocommit=True)
    beside.execute("select pg_advisory_lock(%s, %s)", sealer_module._LOCK)
    connect = partial(psycopg.connect, database.url("seal"), autocommit=True)
    at_work = threading.Thread(target=serve, args=(connect, home, stop))
    at_work.start()
    try:
        _until(lambda: "Another sealer already works on this database." in caplog.text)
        assert at_work.is_alive() and leaves(database) == []
        beside.close()
        _until(lambda: len(leaves(database)) > 0)
    finally:
        stop.set()
        at_work.join(20)
    assert not at_work.is_alive()


def _until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
