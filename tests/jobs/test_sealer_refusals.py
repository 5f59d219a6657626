"""What the sealer refuses to sign, and what its login may not."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from indelible.jobs.sealer import NotSealed, Sealer
from indelible.kernel.audit import seal
from tests.conftest import Database
from tests.jobs import writers
from tests.jobs.sealing import as_superuser, assert_refused, sealed, state

pytestmark = pytest.mark.urs("URS-AUD-03")


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
