"""Proof files (C2SP tlog-proof@v1): that one entry is in the log, to be checked by anyone without the log.

c2sp.org/tlog-proof@v1\\n
extra base64\\n                    left out where there is none; nothing vouches for it
index 73894\\n                     of the entry, from 0
base64(hash)\\n                    one line a hash of the inclusion proof, the leaf's sibling first
\\n
<checkpoint as a signed note>
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from indelible.ledger import checkpoint, note, proof
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import Malformed
from indelible.ledger.leaf import HASH_SIZE, leaf_hash
from indelible.ledger.policy import Policy, Vouched

HEADER = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MOST_BYTES = 1_000_000
MOST_HASHES = 63
"""A tree of 2**63 leaves, the largest a checkpoint can name, needs no more."""

_MOST_DIGITS = 19


@dataclass(frozen=True)
class ProofFile:
    """Index of the entry (from 0), its inclusion proof, the checkpoint's note as `signed`, and extra bytes, which nobody
    vouches for. Raises Malformed for parts that no proof file can have."""

    index: int
    hashes: tuple[bytes, ...]
    signed: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.checkpoint().size:
            raise Malformed(f"The checkpoint in the proof file covers no entry {self.index}.")
        if len(self.hashes) > MOST_HASHES or any(len(one) != HASH_SIZE for one in self.hashes):
            raise Malformed(f"A proof file has at most {MOST_HASHES} hashes of {HASH_SIZE} bytes.")

    def checkpoint(self) -> Checkpoint:
        """The checkpoint the proof leads to, its signatures not yet checked."""
        return checkpoint.parse(note.parse(self.signed).text)

    def to_bytes(self) -> bytes:
        """The file, byte for byte."""
        extra = [f"extra {b64encode(self.extra).decode()}"] if self.extra else []
        hashes = [b64encode(one).decode() for one in self.hashes]
        lines = [HEADER, *extra, f"index {self.index}", *hashes, ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.signed

    def check(self, entry: bytes, origin: str, verifiers: Sequence[note.Verifier]) -> Checkpoint:
        """The checkpoint, if one of the keys signed it for this origin and the raw entry is in its tree at this index.

        Raises Mismatch with the reason.
        """
        head = checkpoint.open_checkpoint(self.signed, origin, verifiers)
        self._check_inclusion(entry, head)
        return head

    def check_under(self, policy: Policy, entry: bytes) -> Vouched:
        """The same under a trust policy: a log it lists has signed and a quorum of its witnesses has cosigned."""
        vouched = policy.opened(self.signed)
        self._check_inclusion(entry, vouched.checkpoint)
        return vouched

    def _check_inclusion(self, entry: bytes, head: Checkpoint) -> None:
        proof.check_inclusion(leaf_hash(entry), self.index, head.size, self.hashes, head.root)


def parse(data: bytes) -> ProofFile:
    """Reads a proof file without checking it; raises Malformed unless it is canonical to the byte."""
    if len(data) > MOST_BYTES:
        raise Malformed("The proof file is larger than any real one.")
    head, mark, signed = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("The proof file holds characters that no proof has.") from error
    if not mark or lines.pop(0) != HEADER:
        raise Malformed(f"This is not a proof file: its first line is not {HEADER}.")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = note.strict_base64(lines.pop(0).removeprefix("extra "))
    if not lines or len(lines) > 1 + MOST_HASHES:
        raise Malformed(f"A proof file has an index and at most {MOST_HASHES} hashes.")
    read = ProofFile(_index(lines[0]), tuple(map(note.strict_base64, lines[1:])), signed, extra)
    if read.to_bytes() != data:
        raise Malformed("The proof file is not in its one canonical form.")
    return read


def _index(line: str) -> int:
    digits = line.removeprefix("index ")
    if digits == line or not digits.isdigit() or len(digits) > _MOST_DIGITS:
        raise Malformed("The proof file does not say which entry it is of.")
    return int(digits)
