"""A database that is full: the real error of a server that may not write more, told as a refusal; nothing is half there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection

from indelible.kernel.audit import queries
from indelible.kernel.audit.types import Refusal
from tests import seen
from tests.conftest import Database
from tests.resilience.conftest import largest_file, pairs, reconnect, save

SEGMENT = 16 * 1024 * 1024
"""A file of the write-ahead log: the limit must leave room for those."""


def _fill(database: Database) -> int:
    """Makes the trail's table larger than a WAL segment and returns the size of its file in bytes."""
    database.superuser(
        "insert into audit.event (id, xid, at, kind, tbl, db, new) select nextval('audit.entry_id_seq'), pg_current_xact_id(),"
        " clock_timestamp(), 'row', '', 'filler', jsonb_build_object('filler', repeat(md5(n::text), 8))"
        " from generate_series(1, 52000) as n"
    )
    database.superuser("checkpoint")
    path = Path(database.superuser("select pg_relation_filepath('audit.event')")[0][0])
    return (database.server.data / path).stat().st_size


@pytest.mark.slow
@pytest.mark.urs("URS-AUD-04", "URS-BCK-03")
def test_a_full_database_refuses_and_changes_nothing(broken: Database) -> None:
    save("ROOM")
    size = _fill(broken)
    assert size > SEGMENT
    broken.server.stop()
    reconnect(broken)
    with largest_file(size):
        broken.server.start()
    kept, refusal = _save_until_refused()
    assert refusal.rule.code == "storage_failed" and "Nothing was changed" in refusal.detail
    assert re.search("could not (extend|write)", str(refusal.__cause__)), refusal.__cause__
    seen.rules.add("storage_failed")
    assert pairs(broken) >= {"ROOM", *kept}
    assert f"FULL{len(kept)}" not in pairs(broken)
    with connection.cursor() as cursor:  # reading goes on
        cursor.execute("select count(*) from identity_legal_entity where name = 'First of a pair'")
        assert cursor.fetchone()[0] >= len(kept) + 1
    assert queries.missing_protections() == []
    broken.server.stop()
    reconnect(broken)
    broken.server.start()
    save("ROOM-AGAIN")
    assert "ROOM-AGAIN" in pairs(broken)


def _save_until_refused() -> tuple[list[str], Refusal]:
    """The free space of the last pages takes a few; then the file would have to grow."""
    kept: list[str] = []
    for number in range(2_000):
        try:
            save(f"FULL{number}")
        except Refusal as refusal:
            return kept, refusal
        kept.append(f"FULL{number}")
    raise AssertionError("the limit was never met")
