"""Checkpoints (C2SP tlog-checkpoint v1.0.0): what a log signs about itself.

indelible.example/4f2a\\n          origin
70000\\n                           number of leaves, decimal
base64(root hash)\\n               32 bytes
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from indelible.ledger import note
from indelible.ledger.faults import Malformed, Mismatch
from indelible.ledger.leaf import EMPTY_ROOT, HASH_SIZE

_MOST_LEAVES = 1 << 63


@dataclass(frozen=True)
class Checkpoint:
    """Origin, number of leaves, 32-byte root. `extensions` are further lines; this log writes none."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin:
            raise Malformed("A checkpoint needs an origin of one line.")
        if not 0 <= self.size < _MOST_LEAVES or len(self.root) != HASH_SIZE:
            raise Malformed("A checkpoint needs a size and a root of 32 bytes.")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise Malformed("The root of an empty tree must be the hash of nothing.")
        if any(not line or "\n" in line for line in self.extensions):
            raise Malformed("An extension line of a checkpoint is empty.")

    def text(self) -> str:
        """The text that is signed."""
        lines = [self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions]
        return "".join(line + "\n" for line in lines)


def parse(text: str) -> Checkpoint:
    """Reads a checkpoint text; raises Malformed for everything that is not canonical."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise Malformed("A checkpoint has three lines: origin, size, root.")
    size = lines[1]
    if not size.isascii() or not size.isdigit() or len(size) > 19:
        raise Malformed("The size in the checkpoint is not a decimal number.")
    read = Checkpoint(lines[0], int(size), note.strict_base64(lines[2]), tuple(lines[3:-1]))
    if read.text() != text:
        raise Malformed("The checkpoint is not in its one canonical form.")
    return read


def signed(checkpoint: Checkpoint, signers: Sequence[note.Signer]) -> bytes:
    """The checkpoint as a signed note."""
    return note.sign(checkpoint.text(), signers).to_bytes()


def open_checkpoint(data: bytes, origin: str, verifiers: Sequence[note.Verifier]) -> Checkpoint:
    """The checkpoint in a signed note, its signature checked; raises Malformed, or Mismatch also for another origin."""
    read = parse(note.open_note(data, verifiers).text)
    if read.origin != origin:
        raise Mismatch(f"The checkpoint is of the log {read.origin}, not of {origin}.")
    return read
