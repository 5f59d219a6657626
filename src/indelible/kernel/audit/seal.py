"""What the sealer keeps outside the database: its key's name, and the state that lets it refuse a rewritten tree.

The file `state.json` in the sealer's folder: the last signed checkpoint (a note, exact text), the right edge of that tree
and the hash of its last leaf, in hex. It is replaced whole or not at all, on disk before anything is published.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indelible.home.keys import sealer_key
from indelible.home.layout import Home
from indelible.ledger import checkpoint
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


def origin(home: Home) -> str:
    """The log's name in every checkpoint, for ever: names the installation, not the company (ledger.md 3.5)."""
    return f"ledger.indelible/{home.id}"


def signer(home: Home) -> Signer:
    """The sealer's key under the log's name; raises HomeProblem when the key is missing or open to others."""
    return Signer(origin(home), sealer_key(home))


@dataclass(frozen=True)
class SealState:
    """The tree as last signed: the checkpoint, its note, the right edge, and the last leaf's hash (None when empty)."""

    checkpoint: Checkpoint
    note: bytes
    edge: Edge
    last: bytes | None


def signed_state(edge: Edge, last: bytes | None, key: Signer) -> SealState:
    """The state in which this tree is signed."""
    head = Checkpoint(key.name, edge.size, edge.root())
    return SealState(head, checkpoint.signed(head, [key]), edge, last)


def read_state(folder: Path, verifier: Verifier) -> SealState | None:
    """The sealer's saved state, its signature and root checked; None when there is none yet.

    Raises LedgerFault when the file is not what the sealer wrote.
    """
    try:
        data = (folder / STATE_FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        read = json.loads(data)
        edge = Edge(read["size"], tuple(bytes.fromhex(one) for one in read["edge"]))
        note, last = read["note"].encode(), bytes.fromhex(read["last"]) if read["last"] else None
    except LedgerFault:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed("The sealer's saved state cannot be read.") from error
    head = checkpoint.open_checkpoint(note, verifier.name, [verifier])
    if (head.size, head.root) != (edge.size, edge.root()):
        raise Mismatch("The sealer's saved tree is not the one of its saved checkpoint.")
    return SealState(head, note, edge, last)


def halt(folder: Path, why: str) -> None:
    """Stops the sealer from its next beat on: proof came that it would sign another history. `why` is a sentence."""
    replace_durably(folder / HALT_FILE, f"{why}\n".encode())


def halted(folder: Path) -> str:
    """Why nothing may be signed, as `halt` was told; empty where nothing stands against it."""
    try:
        return (folder / HALT_FILE).read_text(encoding="utf-8").strip() or "Signing was stopped."
    except FileNotFoundError:
        return ""


def write_state(folder: Path, state: SealState) -> None:
    """Puts the state on disk durably: new file, fsync, rename over the old one, fsync of the folder."""
    content = {
        "note": state.note.decode(),
        "size": state.edge.size,
        "edge": [one.hex() for one in state.edge.hashes],
        "last": state.last.hex() if state.last else None,
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
