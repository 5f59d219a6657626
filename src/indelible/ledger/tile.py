"""Tiles (C2SP tlog-tiles v0.1.0): where each hash and entry of the log lies, and what is in each file.

`tile/<level>/<N>` holds 256 hashes of subtrees of 256**level leaves; `tile/entries/<N>` holds 256 entries, each with
its length before it. The last tile of a level may be partial: `.p/<width>`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from indelible.ledger.faults import Malformed
from indelible.ledger.leaf import HASH_SIZE
from indelible.ledger.tree import Edge, Subtree, root_of

WIDTH = 256
MOST_ENTRY_BYTES = 65_535
ENTRIES = -1
"""The level number this module uses for `tile/entries/`."""

_MOST_LEVEL = 63


@dataclass(frozen=True, order=True)
class Tile:
    """Level (0 to 63, or `ENTRIES`), number within the level, and how many items it holds (1 to 256)."""

    level: int
    number: int
    width: int = WIDTH

    def path(self) -> str:
        """Its path below the log's prefix: tile number 1234067 is `x001/x234/067`."""
        digits = str(self.number)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{name}" + ("" if self.width == WIDTH else f".p/{self.width}")

    def first(self) -> int:
        """Index of the first item of this tile among all items of its level."""
        return self.number * WIDTH


def parse_path(path: str) -> Tile:
    """The tile at a path; raises Malformed for a path that no tile has."""
    head, _, width = path.partition(".p/")
    parts = head.split("/")
    digits = "".join(part.removeprefix("x") for part in parts[2:])
    level = parts[1] if len(parts) > 2 else ""
    numbers = (digits, "0" if level == "entries" else level, width or "0")
    if any(not one.isascii() or not one.isdigit() or len(one) > 30 for one in numbers):
        raise Malformed(f"{path} is not the path of a tile.")
    tile = Tile(ENTRIES if level == "entries" else int(level), int(digits), int(width or WIDTH))
    if tile.path() != path or tile.level > _MOST_LEVEL or not 1 <= tile.width <= WIDTH:
        raise Malformed(f"{path} is not the path of a tile.")
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a log of `size` leaves, entries first, then the hash tiles from the lowest level up."""
    yield from _level(ENTRIES, size)
    level, items = 0, size
    while items:
        yield from _level(level, items)
        level, items = level + 1, items // WIDTH


def new_tiles(old: int, new: int) -> Iterator[Tile]:
    """The tiles a log must write when it grows from `old` to `new` leaves (partial ones written before stay valid)."""
    known = set(tiles_of(old)) if old < WIDTH else _last_tiles(old)
    for tile in tiles_of(new):
        items = old if tile.level == ENTRIES else old // WIDTH**tile.level
        if tile.first() + WIDTH > items and tile not in known:
            yield tile


def hashes(tile: Tile, subtree: Subtree) -> bytes:
    """Content of a hash tile: `width` hashes of 32 bytes, each of a full subtree of 256**level leaves."""
    span = WIDTH**tile.level
    starts = range(tile.first() * span, (tile.first() + tile.width) * span, span)
    return b"".join(subtree(start, start + span) for start in starts)


def parse_hashes(data: bytes, width: int) -> list[bytes]:
    """The hashes in a hash tile; raises Malformed if there are not exactly `width`."""
    if len(data) != width * HASH_SIZE:
        raise Malformed(f"A tile of {width} hashes is {len(data)} bytes long, not {width * HASH_SIZE}.")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def entries(items: Sequence[bytes]) -> bytes:
    """Content of an entries tile: each entry after its length in two bytes, big-endian.

    Raises Malformed for an entry over 65,535 bytes.
    """
    if any(len(item) > MOST_ENTRY_BYTES for item in items):
        raise Malformed(f"An entry is longer than {MOST_ENTRY_BYTES} bytes.")
    return b"".join(len(item).to_bytes(2, "big") + item for item in items)


def parse_entries(data: bytes, width: int) -> list[bytes]:
    """The entries in an entries tile; raises Malformed if there are not exactly `width` or bytes are left over."""
    items: list[bytes] = []
    at = 0
    while at < len(data) and len(items) <= width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise Malformed("A tile of entries ends in the middle of an entry.")
        items.append(data[at + 2 : end])
        at = end
    if len(items) != width:
        raise Malformed(f"A tile that should hold {width} entries does not.")
    return items


def subtree_from(read: Callable[[Tile], Sequence[bytes]], size: int) -> Subtree:
    """A `Subtree` for a log of `size` leaves read through its hash tiles; `read` gives the hashes of one tile."""

    def item(level: int, index: int) -> bytes:
        items = size // WIDTH**level
        number = index // WIDTH
        return read(Tile(level, number, min(WIDTH, items - number * WIDTH)))[index % WIDTH]

    def subtree(start: int, end: int) -> bytes:
        level = 0
        while start % WIDTH ** (level + 1) == 0 and end - start >= WIDTH ** (level + 1):
            level += 1
        span = WIDTH**level
        full = (end - start) // span
        parts = [item(level, start // span + at) for at in range(full)]
        if start + full * span == end:
            return root_of(parts)
        return Edge().extended(parts).joined(subtree(start + full * span, end))

    return subtree


def _level(level: int, items: int) -> Iterator[Tile]:
    for number in range(items // WIDTH):
        yield Tile(level, number)
    if items % WIDTH:
        yield Tile(level, items // WIDTH, items % WIDTH)


def _last_tiles(size: int) -> set[Tile]:
    """The partial tiles of a log of `size` leaves."""
    found = {Tile(ENTRIES, size // WIDTH, size % WIDTH)}
    level, items = 0, size
    while items:
        found.add(Tile(level, items // WIDTH, items % WIDTH))
        level, items = level + 1, items // WIDTH
    return found
