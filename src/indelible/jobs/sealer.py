"""The sealer: puts committed entries into the ledger in order and signs the tree, in a process of its own.

It has its own database role, its own key and its own state on disk, and signs only a tree that extends the one it signed
before (ledger.md 3.3 and 3.4; the opposite of trusting the database). Run: `python -m indelible.jobs.sealer`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import TupleRow

from indelible.home.addresses import database_address
from indelible.home.layout import HOME_VARIABLE, Home, HomeProblem, find_home
from indelible.jobs import digests, epochs
from indelible.jobs.attesting import Attesting
from indelible.kernel.audit import epochs as breaks
from indelible.kernel.audit import seal, tokens
from indelible.kernel.audit.epochs import LOST_IDS, Break
from indelible.kernel.audit.seal import LogSigner, SealState
from indelible.ledger.faults import LedgerFault
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.tree import Edge

Connection = psycopg.Connection[TupleRow]

BEAT: Final = 1.0
"""Seconds between two looks at the database when nothing wakes the sealer; an entry is sealed within two of them."""
BATCH: Final = 5_000
MADE_AT_MOST: Final = 200_000
"""Leaves whose hash is remembered from their making to their reading back; more than that are made again and compared."""
RECENT: Final = 20_000
"""How many of the newest ids every beat looks through for entries that were passed over."""
SWEEP_EVERY: Final = 600.0
"""Seconds between two looks through all ids for entries that were passed over."""
REFUSED_PAUSE: Final = 30.0
"""Seconds until a sealer that must not sign looks again."""
_LOCK: Final = (
    0x494E44,
    1,
)  # two-key form: cannot collide with the low-water marks, which use the one-key form

log = logging.getLogger("indelible.sealer")


class NotSealed(Exception):  # noqa: N818  (a sentence for the operator and the security unit)
    """The sealer will not sign; the message says why. Nothing was signed, nothing is lost."""


class LedgerBroken(NotSealed):
    """Less of the ledger is here than was signed, or a witness holds another: two people have to settle it."""


class SealerBeside(NotSealed):
    """Another sealer works on this database: what is committed is sealed by that one."""


@dataclass(frozen=True)
class Beat:
    """What one beat did: leaves added, how many of them were late, and the size now signed."""

    added: int
    late: int
    size: int


class Sealer:
    """Seals one database. `folder` holds its state; the connection is indelible_seal's, in autocommit."""

    def __init__(self, connection: Connection, folder: Path, key: LogSigner) -> None:
        if not connection.autocommit:
            raise ValueError("the sealer's three looks need a snapshot each: autocommit")
        self.connection, self.folder, self.key = connection, folder, key
        self.state: SealState | None = None
        self._swept = float("-inf")
        self._attesting = Attesting(connection, folder)
        self._made: dict[int, bytes] = {}

    def start(self) -> None:
        """Takes the single-instance lock and checks the whole tree in the database against the saved state.

        Raises NotSealed when another sealer runs or when the database's tree does not extend what was signed. Where that
        is because the database was put back, or a witness holds another history, it is told in the trail (LedgerBroken),
        until two people let a new epoch begin: then that is what this start does (URS-BCK-02).
        """
        self.connection.execute("set synchronous_commit = on")
        if not self._one("select pg_try_advisory_lock(%s, %s)", _LOCK):
            raise SealerBeside("Another sealer already works on this database.")
        state = self._own_state()
        if broken := breaks.behind(self.connection, state, self.key.verifier):
            state = self._settled(state, broken)
        self._check_all(state)
        if state.opening:
            epochs.begin(self.connection, self.folder, state)
        if broken := self._halted(state):
            state = self._settled(state, broken)
            epochs.begin(self.connection, self.folder, state)
        self.state = state
        if not state.opening:
            self._publish(state)
        self.connection.execute(f"listen {seal.WAKE_CHANNEL}")

    def _halted(self, state: SealState) -> Break | None:
        """What a witness's evidence stops, also where the file about it was taken away by hand."""
        return breaks.halted(self.connection, self.folder, state, self.key.verifier) or breaks.left_open(
            self.connection, self.key.verifier
        )

    def _settled(self, state: SealState, broken: Break) -> SealState:
        """The state of the new epoch that two people let begin; raises LedgerBroken where they have not."""
        epochs.tell(self.connection, broken)
        decision = epochs.decision(self.connection, broken, tokens.known_keys(find_home()))
        if decision is None:
            raise LedgerBroken(broken.says)
        return epochs.settle(self.connection, self.folder, self.key, state, broken, decision)

    def beat(self) -> Beat:
        """Seals everything that is committed now; signs once, after all of it is on disk and read back."""
        state = self._checked_state()
        self._attesting.beat()
        added = late = 0
        while batch := self._append(late=False):
            added += batch
        late = self._sweep()
        if self._one("select coalesce(max(seq) + 1, 0) from audit.leaf") > state.edge.size:
            state = self._sign(state)
        if late:
            log.warning("%s entries were passed over by the sequencing and are now sealed late", late)
        return Beat(added + late, late, state.edge.size)

    def run(self, stop: threading.Event) -> None:
        """Beats until `stop` is set, then once more, so that an orderly end leaves nothing unsealed."""
        while not stop.is_set():
            self.beat()
            for _wake in self.connection.notifies(timeout=BEAT, stop_after=1):
                break
        self.beat()

    def _own_state(self) -> SealState:
        leaves = self._one("select count(*) from audit.leaf")
        checkpoints = self._one("select count(*) from audit.checkpoint")
        try:
            state = seal.read_state(self.folder, self.key.verifier)
        except LedgerFault as fault:
            raise NotSealed(
                f"{fault} Put back the sealer's own file {self.folder / seal.STATE_FILE}."
            ) from fault
        if state is not None:
            return state
        if leaves or checkpoints:
            raise NotSealed(
                f"The ledger has {leaves} entries, but the sealer's own state is missing from {self.folder}; "
                "without it nobody can tell whether they are the ones that were signed."
            )
        state = seal.signed_state(Edge(), None, self.key)
        seal.write_state(
            self.folder, state
        )  # before the first leaf: a state that is missing later was taken away
        return state

    def _check_all(self, state: SealState) -> None:
        """The hashes of all leaves up to the signed size give the signed root."""
        with self.connection.transaction(), self.connection.cursor(name="sealed_leaves") as cursor:
            cursor.itersize = 20_000
            cursor.execute("select hash from audit.leaf where seq < %s order by seq", [state.edge.size])
            edge = Edge().extended(row[0] for row in cursor)
        if edge.size < state.edge.size:
            raise NotSealed(
                f"The database holds {edge.size} sealed entries; this sealer has signed {state.edge.size}. The database "
                "was put back to an earlier time, or entries were deleted."
            )
        if edge.root() != state.checkpoint.root:
            raise NotSealed(
                f"The {edge.size} sealed entries in the database are not those this sealer has signed."
            )

    def _checked_state(self) -> SealState:
        """The state, after a look that the end of the signed tree is still there as it was."""
        state = self.state
        if state is None:
            raise ValueError("start() comes before beat()")
        if why := seal.halted(self.folder):
            raise NotSealed(why)
        last = (
            self._one("select hash from audit.leaf where seq = %s", [state.edge.size - 1])
            if state.last
            else None
        )
        if last != state.last:
            raise NotSealed(
                f"Entry {state.edge.size - 1}, the last one signed, is no longer in the database as it was signed."
            )
        return state

    def _append(self, *, late: bool) -> int:
        """Adds one batch of leaves below the low-water mark and commits; three statements, a snapshot each."""
        called = self._one("select case when is_called then last_value else 0 end from audit.entry_id_seq")
        mark = self._one(_LOWEST_MARK)
        upto = called if mark is None else min(called, mark)
        after = self._one("select coalesce(max(entry), 0) from audit.leaf where entry < %s", [LOST_IDS])
        if late:
            return self._insert(
                _LATE, {"after": min(after, upto), "floor": self._sweep_floor(after), "late": True}
            )
        return self._insert(_NEXT, {"after": after, "upto": upto, "most": BATCH, "late": False})

    def _insert(self, source: str, values: dict[str, Any]) -> int:
        with self.connection.cursor(binary=True) as cursor:
            made = cursor.execute(_INSERT.format(source=source), values).fetchall()
        if len(self._made) < MADE_AT_MOST:
            self._made.update(made)
        return len(made)

    def _sweep(self) -> int:
        """Seals what is committed below the newest sealed id and was passed over: its session hid its mark."""
        return self._append(late=True)

    def _sweep_floor(self, after: int) -> int:
        if time.monotonic() - self._swept < SWEEP_EVERY:
            return max(0, after - RECENT)
        self._swept = time.monotonic()
        return 0

    def _sign(self, state: SealState) -> SealState:
        """Reads back and re-hashes what is new, signs, saves its own state, publishes; in this order."""
        edge, last = state.edge, state.last
        with self.connection.transaction(), self.connection.cursor(name="new_leaves", binary=True) as cursor:
            cursor.execute(_READ_BACK, [state.edge.size])
            for rows in iter(lambda: cursor.fetchmany(BATCH), []):
                hashes = [_checked_hash(row, edge.size + at) for at, row in enumerate(rows)]
                self._compare(rows)
                edge, last = edge.extended(hashes), hashes[-1]
        self._made.clear()
        key = self.key.named(state.checkpoint.origin)
        signed = seal.signed_state(edge, last, key, epochs.known(self.connection, state))
        seal.write_state(self.folder, signed)
        self.state = signed
        self._publish(signed)
        return signed

    def _compare(self, rows: Sequence[Sequence[Any]]) -> None:
        """Every leaf is the one this sealer made of its entry; one it does not remember is made again and compared."""
        unknown = []
        for seq, _entry, _bytes, stored in rows:
            made = self._made.get(seq)
            if made is None:
                unknown.append(seq)
            elif made != stored:
                raise NotSealed(f"Ledger entry {seq} is not on disk as it was written.")
        if unknown and (found := self.connection.execute(_UNLIKE, [unknown]).fetchone()):
            raise NotSealed(
                f"Ledger entry {found[0]} does not say what entry {found[1]} of the audit trail says."
            )

    def _publish(self, state: SealState) -> None:
        """Writes the signed checkpoint into the database; after a kill between the two, it is written at the next start."""
        if state.edge.size == 0:
            return
        head = state.checkpoint
        self.connection.execute(
            "insert into audit.checkpoint (size, root, note, at) values (%s, %s, %s, audit.clock()) on conflict do nothing",
            [head.size, head.root, state.note.decode()],
        )
        if self._one("select note from audit.checkpoint where size = %s", [head.size]) != state.note.decode():
            raise NotSealed(
                f"The database holds another checkpoint of {head.size} entries than this sealer signed."
            )

    def _one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        row = self.connection.execute(sql, values).fetchone()
        return None if row is None else row[0]


_LOWEST_MARK: Final = """
    select min((classid::bigint << 32 | objid::bigint) & ((1::bigint << 48) - 1)) from pg_locks
     where locktype = 'advisory' and objsubid = 1 and classid::bigint >> 16 = 7
       and database = (select oid from pg_database where datname = current_database())
"""
_NEXT: Final = "audit.entries(%(after)s, %(upto)s, %(most)s)"
_LATE: Final = """(
    select a.id, audit.entry_bytes(a) as bytes from audit.act as a
     where a.id > %(floor)s and a.id <= %(after)s and not exists (select from audit.leaf where entry = a.id)
    union all
    select e.id, audit.entry_bytes(e) from audit.event as e
     where e.id > %(floor)s and e.id <= %(after)s and not exists (select from audit.leaf where entry = e.id))
"""
_INSERT: Final = r"""
    insert into audit.leaf (seq, entry, bytes, hash, late)
    select (select coalesce(max(seq) + 1, 0) from audit.leaf) + row_number() over (order by id) - 1, id, bytes,
           sha256('\x00'::bytea || bytes), %(late)s
      from {source} as fresh returning seq, hash
"""
_READ_BACK: Final = """
    select l.seq, l.entry, l.bytes, l.hash from audit.leaf as l where l.seq >= %s order by l.seq
"""
_UNLIKE: Final = """
    select l.seq, l.entry from audit.leaf as l
     where l.seq = any(%s)
       and l.bytes is distinct from coalesce((select audit.entry_bytes(a) from audit.act as a where a.id = l.entry),
                                             (select audit.entry_bytes(e) from audit.event as e where e.id = l.entry))
     order by l.seq limit 1
"""


def _checked_hash(row: Sequence[Any], expected: int) -> bytes:
    """The hash of a leaf read back from the database, made from its bytes; raises NotSealed when anything disagrees."""
    seq, _entry, data, stored = row
    if seq != expected:
        raise NotSealed(f"Ledger entry {expected} is missing; the next one in the database is {seq}.")
    hashed = leaf_hash(data)
    if hashed != stored:
        raise NotSealed(
            f"Ledger entry {seq} was read back from disk with another hash than it was written with."
        )
    return hashed


def seal_once(url: str, folder: Path, key: LogSigner) -> Beat:
    """Starts, seals what is committed now, ends; raises NotSealed. For `init`, `demo`, `verify` after them, and tests."""
    with psycopg.connect(url, autocommit=True) as connection:
        sealer = Sealer(connection, folder, key)
        sealer.start()
        return sealer.beat()


def serve(connect: Callable[[], Connection], home: Home, stop: threading.Event) -> None:
    """Seals until `stop` is set, reconnecting when the database goes away.

    Where it must not sign it says why and looks again, every REFUSED_PAUSE seconds: people go on reading, `/readyz` and
    the pages say that sealing is late, and what is put back in order is sealed without a restart.
    """
    pause = 0.2
    while not stop.is_set():
        try:
            with connect() as connection:
                sealer = Sealer(connection, home.sealer, seal.signer(home))
                sealer.start()
                pause = 0.2
                log.info("sealing from entry %s", sealer.state.edge.size if sealer.state else 0)
                sealer.run(stop)
        except NotSealed as refusal:
            log.error("nothing is signed: %s", refusal)
            stop.wait(REFUSED_PAUSE)
        except psycopg.OperationalError as error:
            log.warning("the database is not there (%s); trying again", type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, 5.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the sealer of one home until SIGTERM or SIGINT; exit 0 when told to stop, 1 when `--once` will not sign."""
    parser = argparse.ArgumentParser(prog="indelible-sealer", description=__doc__)
    parser.add_argument(
        "--home", type=Path, help="folder of the installation (default: INDELIBLE_HOME, else ./var)"
    )
    parser.add_argument("--once", action="store_true", help="seal what is committed now and end")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.Formatter.converter = time.gmtime
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _number, _frame: stop.set())
    try:
        if given.home:
            os.environ[HOME_VARIABLE] = str(given.home.absolute())
        home = find_home()
        return _work(home, stop, once=given.once)
    except (NotSealed, HomeProblem) as problem:
        log.error("%s", problem)
        return 1


def _work(home: Home, stop: threading.Event, *, once: bool) -> int:
    url = database_address(home, "seal")
    if once:
        done = seal_once(url, home.sealer, seal.signer(home))
        print(json.dumps({"added": done.added, "late": done.late, "size": done.size}))
        return 0
    connect = partial(psycopg.connect, url, autocommit=True)
    digesting = threading.Thread(target=digests.serve, args=(connect, stop), name="digests", daemon=True)
    digesting.start()
    serve(connect, home, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
