"""A witness of other people's logs (C2SP tlog-witness v1.0.0): what it remembers, what it cosigns, what it refuses.

It remembers one checkpoint a log and cosigns only what extends it. Pure Python; HTTP stands in front, a folder behind.

    POST add-checkpoint: old <size>\\n, up to 63 proof lines, \\n, checkpoint    ->  200 cosignature line, or
    400 not in that form, 404 unknown origin, 403 no valid signature of the log, 409 + size not the size last cosigned,
    422 the proof does not lead from what was cosigned to this checkpoint, 503 this witness cannot answer for itself now
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from indelible.ledger import checkpoint, cosignature, note
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from indelible.ledger.leaf import EMPTY_ROOT, HASH_SIZE
from indelible.ledger.note import Signer, Verifier
from indelible.ledger.proof import check_consistency

MOST_BYTES: Final = 65_536
"""Bytes of a request: sixteen signatures, each of the largest kind known, fit in."""
MOST_PROOF: Final = 63
CLOCK_SLIP: Final = 5
"""Seconds by which this machine's clock may go back between two cosignatures; more is refused, not signed."""
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Submission:
    """What a log asks: the size it believes was cosigned last, the proof from there, its signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, body, media type."""

    status: int
    body: bytes
    type: str = TEXT_TYPE


@dataclass(frozen=True)
class Fork:
    """Evidence that a log signed two histories: what was kept, what came, and the proof that does not join them."""

    at: int
    origin: str
    why: str
    kept: bytes
    submitted: bytes
    old: int
    proof: tuple[bytes, ...]


class Store(Protocol):
    """Where one log's last cosigned checkpoint and the evidence against it are kept durably."""

    def read(self) -> bytes:
        """The kept note (the log's signature and the witness's own), empty before the first; raises LedgerFault."""

    def keep(self, signed: bytes) -> None:
        """Puts the note on disk, whole and durable, before it returns; raises OSError."""

    def keep_evidence(self, fork: Fork) -> None:
        """Puts evidence on disk; the same once only; raises OSError."""


class WitnessedLog:
    """One log this witness accepts: its keys (one, or two while a key is exchanged), its store, its last checkpoint."""

    def __init__(self, origin: str, keys: Sequence[Verifier], store: Store, own: Verifier) -> None:
        self.origin, self.keys, self.store = origin, tuple(keys), store
        self.kept = store.read()
        self.head: Checkpoint | None = None
        self.last_time = 0
        if self.kept:
            self.head, self.last_time = self._read(own)

    def advance(self, head: Checkpoint, kept: bytes, at: int) -> None:
        """Remembers a newer checkpoint: on disk first, then here."""
        self.store.keep(kept)
        self.head, self.kept, self.last_time = head, kept, at

    def _read(self, own: Verifier) -> tuple[Checkpoint, int]:
        """The state as this witness wrote it; raises LedgerFault when the file is anything else."""
        opened = note.open_note(self.kept, [*self.keys, own])
        mine = [one for one in opened.verified if one.key_id == own.key_id]
        if len(mine) != 1 or len(opened.verified) < 2:
            raise Mismatch(f"The kept checkpoint of {self.origin} does not carry both signatures.")
        head = checkpoint.parse(opened.text)
        if head.origin != self.origin:
            raise Mismatch(f"The kept checkpoint of {self.origin} is of {head.origin}.")
        return head, note.cosignature_time(mine[0].payload)


class Witness:
    """Answers for the logs it accepts; one request at a time, so that checking and remembering are one."""

    def __init__(
        self,
        signer: Signer,
        logs: Mapping[str, WitnessedLog],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.signer, self.logs, self.clock = signer, dict(logs), clock
        self._one = threading.Lock()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answers one request; never raises for what the request says, raises OSError when nothing can be kept."""
        try:
            asked = parse_request(body)
            head = checkpoint.parse(note.parse(asked.note).text)
        except LedgerFault as fault:
            return _said(400, str(fault))
        log = self.logs.get(head.origin)
        if log is None:
            return _said(404, "This witness does not know the log of that origin.")
        try:
            opened = note.open_note(asked.note, log.keys)
        except LedgerFault:
            return _said(403, "No key this witness trusts for that log has validly signed the checkpoint.")
        if asked.old > head.size:
            return _said(400, "The old size is larger than the checkpoint.")
        signed_by_log = note.Note(opened.text, opened.verified)
        with self._one:
            return self._answer(log, asked, head, signed_by_log)

    def kept_checkpoint(self, digest: str) -> Answer:
        """The last cosigned checkpoint of the log whose origin has this SHA-256 in hex; 404 where there is none."""
        for log in self.logs.values():
            if origin_digest(log.origin) == digest and log.kept:
                return Answer(200, log.kept)
        return _said(404, "This witness has cosigned no such log.")

    def _answer(self, log: WitnessedLog, asked: Submission, head: Checkpoint, signed: note.Note) -> Answer:
        size, root = (log.head.size, log.head.root) if log.head else (0, EMPTY_ROOT)
        if asked.old != size:
            self._look_at_stale(log, asked, head)
            return _size(size)
        if head.size == size and log.head is not None and head.root != root:
            self._remember_fork(log, asked, "The log signed two different trees of the same size.")
            return _size(size)
        try:
            check_consistency(size, root, head.size, head.root, asked.proof)
        except Mismatch as fault:
            if log.head is not None:
                self._remember_fork(log, asked, str(fault))
            return _said(422, str(fault))
        at = int(self.clock())
        if at <= 0 or at + CLOCK_SLIP < log.last_time:
            return _said(
                503, "The clock of this witness went back; it cosigns nothing until it is right again."
            )
        at = max(at, log.last_time)
        made = self.signer.sign(signed.text, at)
        log.advance(head, note.Note(signed.text, (*signed.signatures, made)).to_bytes(), at)
        return Answer(200, made.line().encode())

    def _look_at_stale(self, log: WitnessedLog, asked: Submission, head: Checkpoint) -> None:
        """A checkpoint of exactly the cosigned size but another root is a fork, whatever old size came with it."""
        if log.head is not None and head.size == log.head.size and head.root != log.head.root:
            self._remember_fork(log, asked, "The log signed two different trees of the same size.")

    def _remember_fork(self, log: WitnessedLog, asked: Submission, why: str) -> None:
        log.store.keep_evidence(
            Fork(int(self.clock()), log.origin, why, log.kept, asked.note, asked.old, asked.proof)
        )


def parse_request(body: bytes) -> Submission:
    """Reads the body of add-checkpoint; raises Malformed for everything that is not exactly in its form."""
    if len(body) > MOST_BYTES:
        raise Malformed("The request is larger than any real one.")
    head, blank, rest = body.partition(b"\n\n")
    if not blank or not head.isascii():
        raise Malformed("The request has no empty line between proof and checkpoint.")
    first, *lines = head.decode("ascii").split("\n")
    if len(lines) > MOST_PROOF:
        raise Malformed(f"The request has more than {MOST_PROOF} proof lines.")
    return Submission(_old_size(first), tuple(_proof_hash(line) for line in lines), rest)


def request(old: int, proof: Sequence[bytes], signed: bytes) -> bytes:
    """The body of add-checkpoint as a log sends it."""
    lines = [f"old {old}", *(b64encode(one).decode() for one in proof), ""]
    return "".join(line + "\n" for line in lines).encode() + signed


def origin_digest(origin: str) -> str:
    """How a log is named in a witness's addresses: SHA-256 of its origin, in hex."""
    return sha256(origin.encode()).hexdigest()


def read_size(body: bytes) -> int:
    """The size in the body of a 409; raises Malformed when it is anything else."""
    text = body.decode("ascii", "replace")
    if not text.endswith("\n"):
        raise Malformed("The witness's answer is not a size.")
    return _decimal(text[:-1])


def read_kept(
    body: bytes, origin: str, log: Verifier | Sequence[Verifier], own: Verifier
) -> tuple[Checkpoint, cosignature.Cosignature]:
    """The checkpoint a witness says it cosigned last, both signatures checked; raises Malformed or Mismatch.

    Since the log's own signature is checked, it is proof of what this log signed, whatever one thinks of the witness. `log`
    may be several keys, where it was changed: one of them has signed.
    """
    logs = [log] if isinstance(log, Verifier) else list(log)
    opened = note.open_note(body, [*logs, own])
    if not {one.key_id for one in logs} & {one.key_id for one in opened.verified}:
        raise Mismatch("The checkpoint the witness keeps is not signed by this log.")
    head = checkpoint.parse(opened.text)
    if head.origin != origin:
        raise Mismatch("The checkpoint the witness keeps is of another log.")
    lines = "".join(one.line() for one in opened.verified if one.key_id == own.key_id)
    return head, cosignature.read_answer(lines.encode(), opened.text, [own])[0]


def _old_size(line: str) -> int:
    if not line.startswith("old "):
        raise Malformed("The request does not begin with the old size.")
    return _decimal(line[4:])


def _decimal(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19 or str(int(text)) != text:
        raise Malformed("A size is not a plain decimal number.")
    return int(text)


def _proof_hash(line: str) -> bytes:
    one = note.strict_base64(line)
    if len(one) != HASH_SIZE:
        raise Malformed("A proof line is not a hash of 32 bytes.")
    return one


def _size(size: int) -> Answer:
    return Answer(409, f"{size}\n".encode(), SIZE_TYPE)


def _said(status: int, sentence: str) -> Answer:
    return Answer(status, f"{sentence}\n".encode())
