"""What the sealer keeps outside the database: its key's name, and the state that lets it refuse a rewritten tree.

The file `state.json` in the sealer's folder: the last signed checkpoint (a note, exact text), the right edge of that tree
and the hash of its last leaf, in hex; and what a restored database would have forgotten. It is replaced whole or not at all,
on disk before anything is published. What an epoch left behind is kept in `epochs/`, a folder a time (decision 0012).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.home.keys import SEALER, former_keys, sealer_key, sealer_key_beside
from indelible.home.layout import Home
from indelible.ledger import checkpoint, note
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from indelible.ledger.note import Signer, Verifier
from indelible.ledger.tree import Edge
from indelible.ledger.witness_folder import replace_durably

STATE_FILE: Final = "state.json"
WAKE_CHANNEL: Final = "indelible_seal"
"""Notified by an act that carries a signature, at its commit: the sealer need not wait for its beat."""
HALT_FILE: Final = "halt"
"""While this file lies in the sealer's folder, nothing is signed; it says why, in a sentence."""
HALT_NOTE: Final = "halt.note"
"""Beside it: the checkpoint, signed by our own key, that a witness showed for it."""
EPOCHS_FOLDER: Final = "epochs"


def origin(home: Home) -> str:
    """The log's name in every checkpoint of the first epoch: the installation, not the company (ledger.md 3.5).

    A later epoch adds a slash and the moment it began: `ledger.indelible/4f2a.../20261126T221005Z`.
    """
    return f"ledger.indelible/{home.id}"


@dataclass(frozen=True)
class LogKey(Verifier):
    """The log's public key, and the others (32 bytes each) that sign or ever signed beside or before it."""

    others: tuple[bytes, ...] = ()

    def every(self) -> list[Verifier]:
        """Each of them under this name."""
        return [Verifier(self.name, one, self.type) for one in (self.public, *self.others)]


@dataclass(frozen=True)
class LogSigner(Signer):
    """The sealer's key with the one beside it while keys are changed, and what is kept of former ones."""

    beside: Ed25519PrivateKey | None = None
    former: tuple[bytes, ...] = ()

    @property
    def verifier(self) -> LogKey:
        """The public halves, the present one first."""
        new = (self.beside.public_key().public_bytes_raw(),) if self.beside else ()
        return LogKey(self.name, self.key.public_key().public_bytes_raw(), self.type, (*new, *self.former))

    def signers(self) -> list[Signer]:
        """Who signs each checkpoint: in an overlap, both."""
        both = [self.key, *([self.beside] if self.beside else [])]
        return [Signer(self.name, one) for one in both]

    def named(self, name: str) -> LogSigner:
        """The same keys under the name of an epoch."""
        return replace(self, name=name)


def signer(home: Home) -> LogSigner:
    """The sealer's key under the log's first name; raises HomeProblem when the key is missing or open to others."""
    former = tuple(former_keys(home, SEALER))
    return LogSigner(origin(home), sealer_key(home), beside=sealer_key_beside(home), former=former)


def every_key(key: Verifier) -> list[Verifier]:
    """All keys that may have signed what this log signed."""
    return key.every() if isinstance(key, LogKey) else [key]


def of_epoch(verifier: Verifier, name: str) -> Verifier:
    """The same key under the name of one of its epochs; raises Mismatch for the name of another log."""
    if name != verifier.name and not name.startswith(f"{verifier.name}/"):
        raise Mismatch(f"The checkpoint is of the log {name}, not of {verifier.name}.")
    return replace(verifier, name=name)


def opened(signed: bytes, verifier: Verifier) -> Checkpoint:
    """A checkpoint of any epoch of this log, its signature checked; raises LedgerFault."""
    name = note.parse(signed).text.partition("\n")[0]
    key = of_epoch(verifier, name) if name.startswith(f"{verifier.name}/") else verifier
    return checkpoint.open_checkpoint(signed, key.name, every_key(key))


def log_key(home: Home, signed: str) -> Verifier:
    """The log's public key under the name this checkpoint bears; raises LedgerFault where it is not ours."""
    key = signer(home).verifier
    named = of_epoch(key, opened(signed.encode(), key).origin)
    by = {one.key_id for one in note.parse(signed.encode()).signatures}
    return next(one for one in every_key(named) if one.key_id in by)


def current_key(home: Home) -> Verifier:
    """The log's public key under the name it bears now, by the sealer's own state; the first one where there is none."""
    key = signer(home).verifier
    try:
        state = read_state(home.sealer, key)
    except LedgerFault:
        return key
    return of_epoch(key, state.checkpoint.origin) if state else key


@dataclass(frozen=True)
class Known:
    """What a database that was put back would have forgotten: when it was sealed last (database time, RFC 3339, UTC), the
    highest entry id, and the highest record number a series and year (`CAPA-2026`). Empty in a state of earlier versions."""

    at: str = ""
    entry: int = 0
    numbers: Mapping[str, int] = field(default_factory=dict)

    def with_later(self, later: Known) -> Known:
        """Both together: the later time, the higher number of each."""
        numbers = {
            stem: max(self.numbers.get(stem, 0), later.numbers.get(stem, 0))
            for stem in sorted({*self.numbers, *later.numbers})
        }
        return Known(later.at or self.at, max(self.entry, later.entry), numbers)


@dataclass(frozen=True)
class SealState:
    """The tree as last signed: the checkpoint, its note, the right edge, and the last leaf's hash (None when empty).

    `opening` is what the entry of a new epoch will say, until it is sealed.
    """

    checkpoint: Checkpoint
    note: bytes
    edge: Edge
    last: bytes | None
    known: Known = field(default_factory=Known)
    opening: Mapping[str, Any] | None = None


def signed_state(
    edge: Edge,
    last: bytes | None,
    key: Signer,
    known: Known | None = None,
    opening: Mapping[str, Any] | None = None,
) -> SealState:
    """The state in which this tree is signed, under the key's name."""
    head = Checkpoint(key.name, edge.size, edge.root())
    signers = key.signers() if isinstance(key, LogSigner) else [key]
    return SealState(head, checkpoint.signed(head, signers), edge, last, known or Known(), opening)


def read_state(folder: Path, verifier: Verifier) -> SealState | None:
    """The sealer's saved state of whatever epoch, its signature and root checked; None when there is none yet.

    Raises LedgerFault when the file is not what the sealer wrote.
    """
    try:
        data = (folder / STATE_FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        read = json.loads(data)
        edge = Edge(read["size"], tuple(bytes.fromhex(one) for one in read["edge"]))
        signed, last = read["note"].encode(), bytes.fromhex(read["last"]) if read["last"] else None
        known = _read_known(read.get("known") or {})
        opening = read.get("opening")
    except LedgerFault:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed("The sealer's saved state cannot be read.") from error
    head = opened(signed, verifier)
    if (head.size, head.root) != (edge.size, edge.root()):
        raise Mismatch("The sealer's saved tree is not the one of its saved checkpoint.")
    return SealState(head, signed, edge, last, known, opening)


def _read_known(read: Mapping[str, Any]) -> Known:
    numbers = {str(stem): int(last) for stem, last in dict(read.get("numbers", {})).items()}
    return Known(str(read.get("at", "")), int(read.get("entry", 0)), numbers)


def halt(folder: Path, why: str, proof: bytes = b"") -> None:
    """Stops the sealer from its next beat on: proof came that it would sign another history. `why` is a sentence, `proof`
    the checkpoint by our own key that shows it."""
    if proof:
        replace_durably(folder / HALT_NOTE, proof)
    replace_durably(folder / HALT_FILE, f"{why}\n".encode())


def halted(folder: Path) -> str:
    """Why nothing may be signed, as `halt` was told; empty where nothing stands against it."""
    try:
        return (folder / HALT_FILE).read_text(encoding="utf-8").strip() or "Signing was stopped."
    except FileNotFoundError:
        return ""


def halt_proof(folder: Path) -> bytes:
    """The checkpoint that was shown for the halt, as a note; empty where none is kept."""
    try:
        return (folder / HALT_NOTE).read_bytes()
    except FileNotFoundError:
        return b""


def keep_aside(folder: Path, name: str, opening: Mapping[str, Any]) -> None:
    """Copies the state, and what the new epoch says, into the folder of that epoch, where nothing is ever deleted."""
    place = folder / EPOCHS_FOLDER / name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / STATE_FILE).exists():
        replace_durably(place / STATE_FILE, (folder / STATE_FILE).read_bytes())
    replace_durably(place / "begun.json", json.dumps(dict(opening), indent=1).encode() + b"\n")


def put_aside(folder: Path, name: str, *things: str) -> None:
    """Moves files or folders there that must not count in the new epoch; what is not there is left out."""
    place = folder / EPOCHS_FOLDER / name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for thing in things:
        if (folder / thing).exists() and not (place / thing).exists():
            (folder / thing).rename(place / thing)


def write_state(folder: Path, state: SealState) -> None:
    """Puts the state on disk durably: new file, fsync, rename over the old one, fsync of the folder."""
    content = {
        "note": state.note.decode(),
        "size": state.edge.size,
        "edge": [one.hex() for one in state.edge.hashes],
        "last": state.last.hex() if state.last else None,
        "known": {
            "at": state.known.at,
            "entry": state.known.entry,
            "numbers": dict(state.known.numbers),
        },
        "opening": dict(state.opening) if state.opening else None,
    }
    staged = folder / f"{STATE_FILE}.new"
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(json.dumps(content, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    staged.replace(folder / STATE_FILE)
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
