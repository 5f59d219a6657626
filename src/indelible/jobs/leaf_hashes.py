"""The hashes of the ledger's leaves in the database as a source of subtrees, so that proofs of any two sizes are quick."""

from __future__ import annotations

import threading
from typing import Any, Final

import psycopg

from indelible.ledger.tree import Edge, root_of

BLOCK: Final = 256
"""Leaves whose common hash is remembered once they are all there: 10 million leaves take 2.5 MB."""


class LeafHashes:
    """Gives MTH(D[start:end]) for the ranges proofs ask for; `connection` may read audit.leaf. Safe among threads."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._blocks: list[bytes] = []
        self._one = threading.Lock()

    def subtree(self, start: int, end: int) -> bytes:
        """The hash of a range that begins where a subtree of the log begins; raises IndexError beyond the leaves."""
        with self._one:
            if start % BLOCK:
                return root_of(self._leaves(start, end))
            first, last = start // BLOCK, end // BLOCK
            self._fill(last)
            whole = Edge().extended(self._blocks[first:last])
            rest = self._leaves(last * BLOCK, end)
            if not rest:
                return whole.root()
            return whole.joined(root_of(rest)) if whole.size else root_of(rest)

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves as they stand in the database now."""
        return self.subtree(0, size) if size else Edge().root()

    def _fill(self, blocks: int) -> None:
        while len(self._blocks) < blocks:
            start = len(self._blocks) * BLOCK
            some = self._leaves(start, min(blocks * BLOCK, start + 64 * BLOCK))
            self._blocks += [root_of(some[at : at + BLOCK]) for at in range(0, len(some), BLOCK)]

    def _leaves(self, start: int, end: int) -> list[bytes]:
        found = self.connection.execute(
            "select seq, hash from audit.leaf where seq >= %s and seq < %s order by seq", [start, end]
        ).fetchall()
        if [row[0] for row in found] != list(range(start, end)):
            raise IndexError(f"the ledger's entries {start} to {end - 1} are not all there")
        return [bytes(row[1]) for row in found]
