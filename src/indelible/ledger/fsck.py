"""Checks a whole log kept as files (C2SP tlog-tiles) from nothing but the files and the log's public key.

Every byte of every file is accounted for: signed checkpoint, entries, hashes of all levels, partial tiles, strangers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indelible.ledger import checkpoint, note, tile
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import LedgerFault
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.tile import Tile
from indelible.ledger.tree import Edge


@dataclass(frozen=True)
class Problem:
    """What is wrong, at which file (path below the log's prefix) or leaf, as a plain sentence."""

    where: str
    sentence: str


def check_entries(entries: Iterable[bytes], signed: Checkpoint) -> list[Problem]:
    """Re-derives size and root from the entries, in order, and compares them with a checkpoint already opened."""
    edge = Edge().extended(map(leaf_hash, entries))
    if edge.size != signed.size:
        return [
            Problem("checkpoint", f"The checkpoint speaks of {signed.size} entries; there are {edge.size}.")
        ]
    if edge.root() != signed.root:
        return [
            Problem("checkpoint", f"The {edge.size} entries do not give the root of the signed checkpoint.")
        ]
    return []


def check_log(folder: Path, origin: str, verifiers: Sequence[note.Verifier]) -> list[Problem]:
    """All problems of the log in `folder`; an empty list means that it is exactly what was signed."""
    try:
        signed = checkpoint.open_checkpoint(_read(folder, "checkpoint"), origin, verifiers)
    except LedgerFault as fault:
        return [Problem("checkpoint", str(fault))]
    log = _Log(folder, signed)
    return [*log.problems(), *_strangers(folder, signed)]


class _Log:
    """One pass over the entries, one over each level of hashes: a level is made of the full tiles of the level below."""

    def __init__(self, folder: Path, signed: Checkpoint) -> None:
        self.folder, self.signed = folder, signed

    def problems(self) -> Iterator[Problem]:
        hashes: list[bytes] = []
        for one in tile.tiles_of(self.signed.size):
            if one.level != tile.ENTRIES:
                break
            try:
                hashes += [
                    leaf_hash(item) for item in tile.parse_entries(_read(self.folder, one.path()), one.width)
                ]
            except LedgerFault as fault:
                yield Problem(one.path(), str(fault))
                return
            yield from self._partials(one)
        yield from self._levels(hashes)
        if Edge().extended(hashes).root() != self.signed.root:
            sentence = f"The {len(hashes)} entries do not give the root of the signed checkpoint."
            yield Problem("checkpoint", sentence)

    def _levels(self, hashes: list[bytes]) -> Iterator[Problem]:
        level = 0
        while hashes:
            above: list[bytes] = []
            for at in range(0, len(hashes), tile.WIDTH):
                part = hashes[at : at + tile.WIDTH]
                one = Tile(level, at // tile.WIDTH, len(part))
                yield from self._compare(one, b"".join(part))
                yield from self._partials(one)
                if one.width == tile.WIDTH:
                    above.append(Edge().extended(part).root())
            level, hashes = level + 1, above

    def _compare(self, one: Tile, expected: bytes) -> Iterator[Problem]:
        try:
            if _read(self.folder, one.path()) != expected:
                yield Problem(one.path(), "The hashes in this tile are not those of the entries below it.")
        except LedgerFault as fault:
            yield Problem(one.path(), str(fault))

    def _partials(self, full: Tile) -> Iterator[Problem]:
        """Partial tiles kept from earlier checkpoints must be the beginning of the tile they became."""
        kept = self.folder / Path(Tile(full.level, full.number, 1).path()).parent
        for width in range(1, full.width) if kept.is_dir() else ():
            path = Tile(full.level, full.number, width).path()
            if (self.folder / path).exists() and not self._begins(full, path, width):
                yield Problem(path, "This partial tile is not the beginning of the tile it became.")

    def _begins(self, full: Tile, path: str, width: int) -> bool:
        data, whole = _read(self.folder, path), _read(self.folder, full.path())
        if not whole.startswith(data):
            return False
        try:
            return bool(
                tile.parse_hashes(data, width) if full.level >= 0 else tile.parse_entries(data, width)
            )
        except LedgerFault:
            return False


def _strangers(folder: Path, signed: Checkpoint) -> Iterator[Problem]:
    """Files that no log of this size has."""
    last = {(one.level, one.number): one.width for one in tile.tiles_of(signed.size)}
    for path in sorted(one for one in folder.rglob("*") if not one.is_dir()):
        name = path.relative_to(folder).as_posix()
        if name == "checkpoint":
            continue
        try:
            one = tile.parse_path(name)
            known = one.width <= last.get((one.level, one.number), 0)
        except LedgerFault:
            known = False
        if not known:
            yield Problem(name, "This file does not belong to a log of the size that was signed.")


def _read(folder: Path, path: str) -> bytes:
    try:
        return (folder / path).read_bytes()
    except OSError as error:
        raise LedgerFault(f"The file {path} is missing or cannot be read ({error.strerror}).") from error
