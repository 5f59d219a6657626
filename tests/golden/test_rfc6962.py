"""The public vectors of RFC 6962: our proofs are theirs, to the byte; each way they are altered elsewhere is refused here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indelible.ledger import proof
from indelible.ledger.faults import LedgerFault
from indelible.ledger.leaf import EMPTY_ROOT, leaf_hash
from indelible.ledger.tree import root_of, subtree_of

pytestmark = pytest.mark.urs("URS-AUD-03")
VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "rfc6962.json").read_text())
HASHES = [leaf_hash(bytes.fromhex(one)) for one in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(one) for one in VECTORS["roots"]]
SOME = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


def hashes_of(vector: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(one) for one in vector["proof"]]


def flipped(hashes: list[bytes]) -> Iterator[list[bytes]]:
    """Each hash with one bit changed; one hash less at either end; one more at either end, or between."""
    for at, one in enumerate(hashes):
        yield [*hashes[:at], bytes([one[0] ^ 8]) + one[1:], *hashes[at + 1 :]]
    if hashes:
        yield from (hashes[:-1], hashes[1:], [], [*hashes[:1], SOME, *hashes[1:]], [hashes[0], *hashes])
    yield from ([*hashes, b""], [b"", *hashes], [*hashes, SOME], [SOME, *hashes])


def test_roots_of_all_sizes() -> None:
    assert [root_of(HASHES[:size]) for size in range(1, 9)] == ROOTS
    assert root_of([]) == EMPTY_ROOT


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda v: f"{v['leaf']} of {v['size']}")
def test_inclusion(vector: dict[str, Any]) -> None:
    leaf, size, hashes = vector["leaf"], vector["size"], hashes_of(vector)
    root = ROOTS[size - 1]
    assert proof.inclusion(leaf, size, subtree_of(HASHES[:size])) == hashes
    proof.check_inclusion(HASHES[leaf], leaf, size, hashes, root)
    wrong: list[tuple[bytes, int, int, list[bytes], bytes]] = [
        (HASHES[leaf], leaf - 1, size, hashes, root),
        (HASHES[leaf], leaf + 1, size, hashes, root),
        (HASHES[leaf], leaf ^ 2, size, hashes, root),
        (HASHES[leaf], leaf, size * 2, hashes, root),
        (HASHES[leaf], leaf, size // 2, hashes, root),
        (b"WrongLeaf", leaf, size, hashes, root),
        (HASHES[leaf], leaf, size, hashes, EMPTY_ROOT),
        (HASHES[leaf], leaf, size, hashes, SOME),
        *((HASHES[leaf], leaf, size, other, root) for other in [*flipped(hashes), [root, *hashes]]),
    ]
    for each in wrong:
        with pytest.raises(LedgerFault):
            proof.check_inclusion(*each)


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda v: f"{v['old']} to {v['size']}")
def test_consistency(vector: dict[str, Any]) -> None:
    old, size, hashes = vector["old"], vector["size"], hashes_of(vector)
    before, after = ROOTS[old - 1], ROOTS[size - 1]
    assert proof.consistency(old, size, subtree_of(HASHES[:size])) == hashes
    proof.check_consistency(old, before, size, after, hashes)
    if old == size:
        with pytest.raises(LedgerFault):
            proof.check_consistency(old, before, size, after, [SOME])
        return
    wrong = [
        (old + 1, before, size, after, hashes),
        (old ^ 2, before, size, after, hashes),
        (old, before, size * 2, after, hashes),
        (old, before, size // 2, after, hashes),
        (old, b"WrongRoot", size, after, hashes),
        (old, before, size, b"WrongRoot", hashes),
        (old, after, size, before, hashes),
        *((old, before, size, after, other) for other in flipped(hashes)),
        *((old, before, size, after, other) for other in ([*hashes, before], [after, *hashes])),
    ]
    for each in wrong:
        with pytest.raises(LedgerFault):
            proof.check_consistency(*each)
