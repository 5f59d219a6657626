"""The ledger's part of a bundle: checkpoint, tiles, the entries that may leave, a proof for each record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indelible.exports.bundle.parcel import Parcel
from indelible.exports.published import Tiles
from indelible.kernel.audit.queries import leaf_entries
from indelible.ledger import tile
from indelible.ledger.tile import ENTRIES

_AT_ONCE = 2_000


def write_tiles(parcel: Parcel, tiles: Tiles) -> None:
    """Every hash tile, byte for byte as C2SP tlog-tiles has them. Raises Mismatch where they miss the signed root."""
    for one in tile.tiles_of(tiles.head.size):
        if one.level != ENTRIES:
            parcel.add(f"ledger/{one.path()}", b"".join(tiles.hashes(one)))


def write_slice(parcel: Parcel, indexes: Sequence[int]) -> None:
    """`ledger/entries`: one line an entry, its index, a space, its bytes as sealed."""
    parcel.add("ledger/entries", _lines(indexes))


def _lines(indexes: Sequence[int]) -> Iterator[bytes]:
    for at in range(0, len(indexes), _AT_ONCE):
        for index, raw in leaf_entries(indexes[at : at + _AT_ONCE]):
            yield b"%d %s\n" % (index, raw)


def write_whole(parcel: Parcel, tiles: Tiles) -> None:
    """Every entry of the log, in entries tiles as C2SP tlog-tiles has them. Raises Mismatch for an altered one."""
    for one in tile.tiles_of(tiles.head.size):
        if one.level == ENTRIES:
            parcel.add(f"ledger/{one.path()}", tile.entries(tiles.entries(one)))
