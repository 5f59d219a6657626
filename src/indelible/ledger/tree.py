"""The Merkle tree: its right edge, which is all that appending needs, and the hash of any range of leaves."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from indelible.ledger.faults import Malformed
from indelible.ledger.leaf import EMPTY_ROOT, HASH_SIZE, node_hash

Subtree = Callable[[int, int], bytes]
"""Gives the 32-byte hash MTH(D[start:end]) for a range whose shape occurs in some tree of the log."""


@dataclass(frozen=True)
class Edge:
    """The right edge of a tree of `size` leaves: one hash per set bit of `size`, the largest subtree first.

    It is the whole state a log needs to grow and to give its root; immutable, so that a failed append loses nothing.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise Malformed(
                f"The right edge of a tree of {self.size} leaves cannot have {len(self.hashes)} hashes."
            )
        if any(len(one) != HASH_SIZE for one in self.hashes):
            raise Malformed("A hash in the right edge of the tree is not 32 bytes long.")

    def extended(self, leaf_hashes: Iterable[bytes]) -> "Edge":
        """The edge after appending `leaf_hashes` in order; O(1) hashes a leaf on average."""
        stack, size = list(self.hashes), self.size
        for one in leaf_hashes:
            stack.append(one)
            below = size
            while below & 1:
                right = stack.pop()
                stack[-1] = node_hash(stack[-1], right)
                below >>= 1
            size += 1
        return Edge(size, tuple(stack))

    def root(self) -> bytes:
        """The 32-byte root MTH(D[0:size]); SHA-256 of nothing for the empty tree."""
        if not self.hashes:
            return EMPTY_ROOT
        return Edge(self.size & (self.size - 1), self.hashes[:-1]).joined(self.hashes[-1])

    def joined(self, rest: bytes) -> bytes:
        """The root when a smaller subtree with hash `rest` stands to the right of this tree's leaves."""
        root = rest
        for left in reversed(self.hashes):
            root = node_hash(left, root)
        return root


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of the tree over these leaf hashes."""
    return Edge().extended(leaf_hashes).root()


def subtree_of(leaf_hashes: Sequence[bytes]) -> Subtree:
    """A `Subtree` over leaf hashes held in memory; raises IndexError beyond them."""

    def subtree(start: int, end: int) -> bytes:
        if not 0 <= start < end <= len(leaf_hashes):
            raise IndexError(f"leaves {start} to {end} are not all there")
        return root_of(leaf_hashes[start:end])

    return subtree


def split(size: int) -> int:
    """The largest power of two smaller than `size` (RFC 6962's k); `size` is at least 2."""
    return 1 << (size - 1).bit_length() - 1
