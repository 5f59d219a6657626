"""The ledger as it is published (C2SP tlog-tiles, tlog-proof): newest checkpoint, tiles, proofs, each checked on its way out.

Nothing is told that the signed root does not hold: hashes are led to it, entries to their hashes. What full tiles have in
common is remembered by the process, so that a proof reads one tile from the database.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indelible.kernel.audit import anchors, events
from indelible.kernel.audit.queries import (
    Checkpoint,
    checkpoint_of,
    cosignature_lines,
    last_checkpoint,
    last_detail,
    leaf_entries,
    leaf_hashes,
)
from indelible.ledger import cosignature, note, proof, tile
from indelible.ledger.faults import LedgerFault, Mismatch
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.note import Verifier
from indelible.ledger.policy import Log, Policy, Witness, of_count
from indelible.ledger.proof_file import ProofFile
from indelible.ledger.tile import ENTRIES, WIDTH, Tile
from indelible.ledger.tree import Subtree, root_of

_AT_ONCE: Final = 64
"""Tiles whose leaves are read at once: half a megabyte of hashes."""
_LOWEST_KEPT: Final = 64
_TRIED: Final = 20
"""Checkpoints that are tried for a quorum before a proof is made under the newest: twenty rounds of asking witnesses."""


class _Full:
    """The hashes of the log's full tiles by level, level 1 first; grows with the log. Safe among threads."""

    def __init__(self) -> None:
        self._levels: list[list[bytes]] = [[]]
        self._one = threading.Lock()

    def levels(self, size: int) -> list[list[bytes]]:
        """The levels of at least `size` leaves; lists only ever grow. Raises Mismatch where leaves are missing."""
        with self._one:
            lowest = self._levels[0]
            while len(lowest) < size // WIDTH:
                count = min(_AT_ONCE, size // WIDTH - len(lowest))
                hashes = _leaves(len(lowest) * WIDTH, count * WIDTH)
                lowest += [root_of(hashes[at : at + WIDTH]) for at in range(0, len(hashes), WIDTH)]
            self._raise_above()
            return self._levels

    def _raise_above(self) -> None:
        for level, below in enumerate(self._levels):
            if level + 1 == len(self._levels) and len(below) >= WIDTH:
                self._levels.append([])
            if level + 1 < len(self._levels):
                above = self._levels[level + 1]
                while len(above) < len(below) // WIDTH:
                    above.append(root_of(below[len(above) * WIDTH : (len(above) + 1) * WIDTH]))

    def forget(self) -> None:
        """Reads everything anew the next time; lists handed out stay as they are."""
        with self._one:
            self._levels = [[]]


_full: Final = _Full()


class Tiles:
    """The tiles of the log under one checkpoint. Raises Mismatch where the leaves do not give its root."""

    def __init__(self, head: Checkpoint) -> None:
        self.head = head
        self._lowest: dict[int, list[bytes]] = {}
        try:
            self._open()
        except Mismatch:
            _full.forget()  # what is remembered may be of leaves that were mended since, or of another database
            self._lowest.clear()
            self._open()

    def hashes(self, one: Tile) -> list[bytes]:
        """The hashes of a hash tile that the log `has`."""
        if one.level == 0:
            return self._leaves(one.number)[: one.width]
        return self._levels[one.level - 1][one.first() : one.first() + one.width]

    def entries(self, one: Tile) -> list[bytes]:
        """The entries of an entries tile that the log `has`, as sealed; raises Mismatch for one that was altered."""
        held = leaf_entries(range(one.first(), one.first() + one.width))
        if [leaf_hash(raw) for _, raw in held] != self._leaves(one.number)[: one.width]:
            raise Mismatch(f"The entries from {one.first()} on are not those that were sealed.")
        return [raw for _, raw in held]

    def has(self, one: Tile) -> bool:
        """Whether the log is large enough for the tile; partial ones of every earlier size are there too."""
        items = self.head.size if one.level == ENTRIES else self.head.size // WIDTH**one.level
        return one.first() + one.width <= items

    def subtree(self) -> Subtree:
        """Hashes of any range of leaves, for proofs."""
        return tile.subtree_from(self.hashes, self.head.size)

    def proof_file(self, index: int, signed: bytes | None = None) -> ProofFile:
        """The proof of one entry under this checkpoint; `signed` is its note with the cosignatures of witnesses, if any."""
        hashes = proof.inclusion(index, self.head.size, self.subtree())
        return ProofFile(index, tuple(hashes), signed or self.head.note.encode())

    def _open(self) -> None:
        self._levels = _full.levels(self.head.size)
        if self.head.size and self.subtree()(0, self.head.size) != self.head.root:
            raise Mismatch("The leaves of the ledger do not give the root of its checkpoint.")

    def _leaves(self, number: int) -> list[bytes]:
        """All leaf hashes of a lowest tile, those of a full one led to what the root holds."""
        if number not in self._lowest:
            if len(self._lowest) >= _LOWEST_KEPT:
                self._lowest.clear()
            hashes = _leaves(number * WIDTH, min(WIDTH, self.head.size - number * WIDTH))
            if len(hashes) == WIDTH and root_of(hashes) != self._levels[0][number]:
                raise Mismatch(f"The leaves from {number * WIDTH} on are not those that were sealed.")
            self._lowest[number] = hashes
        return self._lowest[number]


@dataclass(frozen=True, slots=True)
class Vouched:
    """A checkpoint, its note with the cosignatures that came for it, and who is named to vouch for the ledger."""

    head: Checkpoint
    signed: bytes
    witnesses: tuple[str, ...]
    named: anchors.Named

    @property
    def is_met(self) -> bool:
        """Whether at least as many witnesses cosigned as must; false where nobody is named."""
        return bool(self.named.witnesses) and len(self.witnesses) >= self.named.quorum

    def policy(self, log: Verifier) -> Policy:
        """What a reader may hold this checkpoint to: the quorum asked for where it is met, else the log's key alone."""
        known = tuple(Witness(name, key) for name, key in self.named.witnesses.items())
        return of_count(log, known, self.named.quorum) if self.is_met else Policy((Log(log),), known)


def newest() -> Vouched | None:
    """The newest checkpoint with the cosignatures that came for it; None before the first seal."""
    head = last_checkpoint()
    if head is None:
        return None
    named = _named()
    return _vouched(head, cosignature_lines().get(head.size, ()), named)


def newest_vouched(index: int) -> Vouched | None:
    """The newest checkpoint over this entry that a quorum of the witnesses cosigned, with their lines; where there is none
    yet, the newest of all. None for an entry that no checkpoint covers."""
    named = _named()
    held = cosignature_lines()
    for size in [size for size in sorted(held, reverse=True) if size > index][:_TRIED]:
        head = checkpoint_of(size)
        found = _vouched(head, held[size], named) if head else None
        if found and found.is_met:
            return found
    found = newest()
    return found if found and index < found.head.size else None


def _leaves(first: int, count: int) -> list[bytes]:
    hashes = leaf_hashes(first, count)
    if len(hashes) != count:
        raise Mismatch(f"The ledger lacks leaves from {first} on.")
    return hashes


def _named() -> anchors.Named:
    detail = last_detail(events.WITNESSES_NAMED, "witnesses")
    return anchors.read_named(detail) if detail else anchors.NOBODY


def _checked(head: Checkpoint, lines: Sequence[str], named: anchors.Named) -> dict[str, str]:
    """One line a witness, each checked: a false receipt in the trail must not make a note that readers reject."""
    text = note.parse(head.note.encode()).text
    good: dict[str, str] = {}
    for line in lines:
        try:
            made = cosignature.check(line, text, named.witnesses.values())
        except LedgerFault:
            continue  # of a witness no longer named, or false: `verify` tells of that
        good.setdefault(made.witness, made.line)
    return good


def _vouched(head: Checkpoint, lines: Sequence[str], named: anchors.Named) -> Vouched:
    good = _checked(head, lines, named)
    signed = (head.note + "".join(f"{line}\n" for line in good.values())).encode()
    return Vouched(head, signed, tuple(good), named)
