"""What tests of the sealer look at: leaves, its state, that all is whole or refused; and the hand of a superuser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from indelible.jobs.sealer import Beat, NotSealed, seal_once
from indelible.kernel.audit import seal
from indelible.kernel.audit.seal import SealState
from indelible.ledger import checkpoint, entry
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.tree import root_of
from tests.conftest import Database


def sealed(database: Database, folder: Path) -> Beat:
    return seal_once(database.url("seal"), folder, seal.signer(database.home))


def leaves(database: Database) -> list[tuple[int, int, bytes, bytes, bool]]:
    return database.rows("select seq, entry, bytes, hash, late from audit.leaf order by seq")


def state(database: Database, folder: Path) -> SealState:
    found = seal.read_state(folder, seal.signer(database.home).verifier)
    assert found is not None
    return found


def assert_whole(database: Database, folder: Path, *, late: bool = False) -> None:
    """Every entry has one leaf, in order of id, and the newest checkpoint is of exactly these leaves."""
    rows = leaves(database)
    assert [row[0] for row in rows] == list(range(len(rows)))
    entries = [row[1] for row in rows]
    written = database.rows("select id from audit.act union all select id from audit.event order by 1")
    assert sorted(entries) == [row[0] for row in written]
    assert late or entries == sorted(entries)
    assert all(entry.parse(row[2]).id == row[1] and leaf_hash(row[2]) == row[3] for row in rows)
    size, root, note = database.rows(
        "select size, root, note from audit.checkpoint order by size desc limit 1"
    )[0]
    key = seal.signer(database.home)
    head = checkpoint.open_checkpoint(note.encode(), key.name, [key.verifier])
    assert (size, root) == (head.size, head.root) == (len(rows), root_of(row[3] for row in rows))
    assert state(database, folder).note.decode() == note


def assert_refused(database: Database, folder: Path, words: str) -> None:
    """The sealer refuses with these words; no leaf, no checkpoint and no state of its own changed."""
    file = folder / seal.STATE_FILE
    before = (
        leaves(database),
        database.rows("select * from audit.checkpoint"),
        file.exists() and file.read_bytes(),
    )
    with pytest.raises(NotSealed, match=words):
        sealed(database, folder)
    after = (
        leaves(database),
        database.rows("select * from audit.checkpoint"),
        file.exists() and file.read_bytes(),
    )
    assert before == after


def as_superuser(database: Database, table: str, statement: str) -> None:
    """What the attack table's superuser does: triggers off, the statement, triggers on again."""
    for sql in (f"alter table {table} disable trigger all", statement):
        database.superuser(sql)
    database.superuser(f"alter table {table} enable always trigger indelible_append_only")
    database.superuser(f"alter table {table} enable always trigger indelible_no_truncate")


def wait_for(what: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.02)
