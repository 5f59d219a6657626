"""The daily digest of all tables: made when it is due, not twice, and after a database that was away."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import psycopg
import pytest

from indelible.jobs import digests
from tests.conftest import Database
from tests.jobs.sealing import wait_for

pytestmark = pytest.mark.urs("URS-AUD-12")
MADE = "select count(*) from audit.event where kind = 'digest'"


def test_it_is_made_once_and_again_after_a_day(database: Database) -> None:
    with psycopg.connect(database.url("seal"), autocommit=True) as connection:
        assert digests.is_due(connection)
        digests.digest_tables(connection)
        assert not digests.is_due(connection)
        database.superuser("alter table audit.event disable trigger user")
        database.superuser("update audit.event set at = at - interval '25 hours' where kind = 'digest'")
        assert digests.is_due(connection)


def test_it_waits_for_a_database_that_is_away_and_makes_one(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(digests, "LOOK_EVERY", 0.1)
    stop, tries = threading.Event(), iter([False])

    def connect() -> psycopg.Connection[Any]:
        if next(tries, True):
            return psycopg.connect(database.url("seal"), autocommit=True)
        raise psycopg.OperationalError("not there")

    thread = threading.Thread(target=partial(digests.serve, connect, stop))
    thread.start()
    try:
        wait_for(lambda: database.rows(MADE) == [(1,)])
    finally:
        stop.set()
        thread.join(20)
    assert "no digest of the tables: OperationalError" in caplog.text
    assert database.rows(MADE) == [(1,)]
