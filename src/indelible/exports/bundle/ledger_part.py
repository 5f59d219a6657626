"""The ledger's part of a bundle: checkpoint, tiles, the entries that may leave, a proof for each record."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence

from indelible.exports.bundle.parcel import Parcel
from indelible.kernel.audit.queries import Checkpoint, leaf_entries, leaf_hashes
from indelible.ledger import proof, tile
from indelible.ledger.faults import Mismatch
from indelible.ledger.tile import ENTRIES, WIDTH, Tile
from indelible.ledger.tree import Subtree, root_of

_AT_ONCE = 2_000


class Tiles:
    """The hash tiles of the log at one checkpoint: the lowest read as asked, those above kept (1/256 of the hashes)."""

    def __init__(self, head: Checkpoint) -> None:
        self.head = head
        self._above: list[list[bytes]] = [[]]

    def write(self, parcel: Parcel) -> None:
        """Every hash tile, byte for byte as C2SP tlog-tiles has them. Raises Mismatch where they miss the signed root."""
        for one in tile.tiles_of(self.head.size):
            if one.level == ENTRIES:
                continue
            hashes = self.read(one)
            parcel.add(f"ledger/{one.path()}", b"".join(hashes))
            if len(self._above) <= one.level + 1:
                self._above.append([])
            if one.width == WIDTH:
                self._above[one.level + 1].append(root_of(hashes))
        if self.head.size and self.subtree()(0, self.head.size) != self.head.root:
            raise Mismatch("The leaves of the ledger do not give the root of its last checkpoint.")

    def read(self, one: Tile) -> Sequence[bytes]:
        """The hashes of one tile."""
        if one.level == 0:
            hashes = leaf_hashes(one.first(), one.width)
            if len(hashes) != one.width:
                raise Mismatch(f"The ledger lacks leaves from {one.first()} on.")
            return hashes
        return self._above[one.level][one.first() : one.first() + one.width]

    def subtree(self) -> Subtree:
        """Hashes of any range of leaves, for proofs."""
        return tile.subtree_from(self.read, self.head.size)

    def proof_file(self, index: int) -> bytes:
        """The C2SP tlog-proof of one entry under this checkpoint."""
        hashes = proof.inclusion(index, self.head.size, self.subtree())
        lines = [b64encode(one).decode() + "\n" for one in hashes]
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{''.join(lines)}\n{self.head.note}".encode()


def write_slice(parcel: Parcel, indexes: Sequence[int]) -> None:
    """`ledger/entries`: one line an entry, its index, a space, its bytes as sealed."""
    parcel.add("ledger/entries", _lines(indexes))


def _lines(indexes: Sequence[int]) -> Iterator[bytes]:
    for at in range(0, len(indexes), _AT_ONCE):
        for index, raw in leaf_entries(indexes[at : at + _AT_ONCE]):
            yield b"%d %s\n" % (index, raw)


def write_whole(parcel: Parcel, size: int) -> None:
    """Every entry of the log, in entries tiles as C2SP tlog-tiles has them."""
    for one in tile.tiles_of(size):
        if one.level == ENTRIES:
            held = leaf_entries(range(one.first(), one.first() + one.width))
            parcel.add(f"ledger/{one.path()}", tile.entries([raw for _, raw in held]))
