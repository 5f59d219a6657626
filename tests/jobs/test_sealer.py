"""The sealer: what it refuses to sign first; then order, completeness and what a kill may not break."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from indelible.home.layout import Home
from indelible.jobs import sealer as sealer_module
from indelible.jobs.sealer import Beat, NotSealed, Sealer, seal_once, serve
from indelible.kernel.audit import seal
from indelible.kernel.audit.seal import SealState
from indelible.ledger import checkpoint, entry
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.tree import root_of
from tests.conftest import Database
from tests.jobs import writers

pytestmark = pytest.mark.urs("URS-AUD-03")


@pytest.fixture
def writer(database: Database) -> Iterator[writers.Connection]:
    with psycopg.connect(database.url("app"), autocommit=True) as connection:
        yield connection


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


def test_a_deleted_tail_is_not_signed_over(
    database: Database, writer: writers.Connection, tmp_path: Path
) -> None:
    writers.act(writer, "A", "B")
    sealed(database, tmp_path)
    as_superuser(
        database, "audit.leaf", "delete from audit.leaf where seq = (select max(seq) from audit.leaf)"
    )
    assert_refused(database, tmp_path, "entries were deleted")


def test_a_rewritten_leaf_is_not_signed_over(
    database: Database, writer: writers.Connection, tmp_path: Path
) -> None:
    writers.act(writer, "A", "B")
    sealed(database, tmp_path)
    as_superuser(
        database,
        "audit.leaf",
        r"update audit.leaf set bytes = '{}', hash = sha256('\x00'::bytea || '{}') where seq = 1",
    )
    assert_refused(database, tmp_path, "are not those this sealer has signed")


def test_an_end_rewritten_while_it_runs_is_not_signed_over(
    database: Database, writer: writers.Connection, tmp_path: Path
) -> None:
    writers.act(writer, "A")
    with psycopg.connect(database.url("seal"), autocommit=True) as connection:
        sealer = Sealer(connection, tmp_path, seal.signer(database.home))
        sealer.start()
        sealer.beat()
        as_superuser(
            database,
            "audit.leaf",
            r"update audit.leaf set hash = sha256('x') where seq = (select max(seq) from audit.leaf)",
        )
        with pytest.raises(NotSealed, match="the last one signed"):
            sealer.beat()


def test_a_leaf_that_does_not_say_what_its_entry_says_is_not_signed(
    database: Database, writer: writers.Connection, tmp_path: Path
) -> None:
    sealed(database, tmp_path)
    entry_id = writers.act(writer, "A")
    database.superuser(
        "insert into audit.leaf select max(seq) + 1, %s, '{}', sha256(%s) from audit.leaf",
        [entry_id, b"\x00{}"],
    )
    with pytest.raises(NotSealed, match="does not say what entry"):
        sealed(database, tmp_path)
    assert state(database, tmp_path).edge.size == 2


def test_a_leaf_out_of_its_place_is_not_signed(
    database: Database, writer: writers.Connection, tmp_path: Path
) -> None:
    sealed(database, tmp_path)
    entry_id = writers.act(writer)
    database.superuser(
        r"insert into audit.leaf select 7, a.id, audit.entry_bytes(a), sha256('\x00'::bytea || audit.entry_bytes(a))"
        " from audit.act as a where id = %s",
        [entry_id],
    )
    with pytest.raises(NotSealed, match="entry 2 is missing"):
        sealed(database, tmp_path)


def test_a_leaf_altered_between_writing_and_reading_back_is_not_signed(
    database: Database, writer: writers.Connection, tmp_path: Path
) -> None:
    """Bytes and hash agree with each other, and would with an entry rewritten to match; not with what was written."""

    class Interrupted(Sealer):
        def _sweep(self) -> int:
            as_superuser(
                database,
                "audit.leaf",
                r"update audit.leaf set bytes = '{}', hash = sha256('\x00'::bytea || '{}') where seq = 3",
            )
            return super()._sweep()

    sealed(database, tmp_path)
    writers.act(writer, "A", "B")
    with psycopg.connect(database.url("seal"), autocommit=True) as connection:
        sealer = Interrupted(connection, tmp_path, seal.signer(database.home))
        sealer.start()
        with pytest.raises(NotSealed, match="Ledger entry 3 is not on disk as it was written"):
            sealer.beat()
    assert state(database, tmp_path).edge.size == 2


def test_a_lost_state_stops_sealing(database: Database, writer: writers.Connection, tmp_path: Path) -> None:
    sealed(database, tmp_path)
    (tmp_path / seal.STATE_FILE).unlink()
    assert_refused(database, tmp_path, "own state is missing")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "[]",
        lambda text: "{}",
        lambda text: text.replace('"size": 2', '"size": 0'),
        lambda text: text.replace('"last": "', '"last": "zz'),
        lambda text: text.replace('"edge": [\n  "', '"edge": [\n  "00'),
        lambda text: json.dumps(json.loads(text) | {"edge": ["00" * 32]}),
        lambda text: json.dumps(json.loads(text) | {"note": 5}),
        lambda text: json.dumps(
            json.loads(text) | {"note": json.loads(text)["note"].replace("\n2\n", "\n3\n")}
        ),
    ],
)
def test_a_damaged_state_stops_sealing(database: Database, tmp_path: Path, spoil: object) -> None:
    sealed(database, tmp_path)
    file = tmp_path / seal.STATE_FILE
    file.write_text(spoil(file.read_text()))  # type: ignore[operator]
    assert_refused(database, tmp_path, "Put back the sealer's own file")


def test_a_second_sealer_is_refused(database: Database, tmp_path: Path) -> None:
    with psycopg.connect(database.url("seal"), autocommit=True) as connection:
        Sealer(connection, tmp_path, seal.signer(database.home)).start()
        with pytest.raises(NotSealed, match="Another sealer"):
            sealed(database, tmp_path)


def test_another_checkpoint_of_the_same_size_is_refused(database: Database, tmp_path: Path) -> None:
    sealed(database, tmp_path)
    as_superuser(database, "audit.checkpoint", "update audit.checkpoint set note = 'other'")
    assert_refused(database, tmp_path, "another checkpoint of 2 entries")


def test_the_sealers_role_can_add_and_nothing_else(database: Database, tmp_path: Path) -> None:
    sealed(database, tmp_path)
    for sql in (
        "update audit.leaf set late = true",
        "delete from audit.leaf",
        "truncate audit.leaf",
        "delete from audit.checkpoint",
        "insert into audit.event (id) values (1)",
        "select * from records_record",
        "alter table audit.leaf disable trigger all",
        "set session_replication_role = replica",
    ):
        with (
            psycopg.connect(database.url("seal"), autocommit=True) as connection,
            pytest.raises(psycopg.Error),
        ):
            connection.execute(sql)


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
        _wait_for(lambda: len(leaves(database)) == 4)
        database.superuser(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'indelible_seal' and datname = %s",
            [database.name],
        )
        writers.act(writer, "B")
        _wait_for(lambda: len(leaves(database)) == 6)
        writers.act(writer, "C")
    finally:
        stop.set()
        thread.join(20)
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
    _wait_for(
        lambda: (
            not database.superuser(
                "select 1 from pg_stat_activity where usename = 'indelible_seal' and datname = %s",
                [database.name],
            )
        )
    )


def _wait_for(what: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.02)


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
