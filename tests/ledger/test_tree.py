"""The Merkle tree against RFC 6962's vectors, a naive recursive reading of the RFC, and random growth."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.ledger import proof
from indelible.ledger.faults import Malformed, Mismatch
from indelible.ledger.leaf import EMPTY_ROOT, leaf_hash
from indelible.ledger.tree import Edge, root_of, subtree_of

LEAVES = [
    bytes.fromhex(one)
    for one in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
ROOT_1 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
ROOT_8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
MOST = 65


def naive(data: list[bytes]) -> bytes:
    """MTH exactly as RFC 6962 section 2.1 writes it."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\x01" + naive(data[:k]) + naive(data[k:])).digest()


def naive_path(m: int, data: list[bytes]) -> list[bytes]:
    """PATH exactly as RFC 6962 section 2.1.1 writes it."""
    if len(data) == 1:
        return []
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m < k:
        return [*naive_path(m, data[:k]), naive(data[k:])]
    return [*naive_path(m - k, data[k:]), naive(data[:k])]


def naive_subproof(m: int, data: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF exactly as RFC 6962 section 2.1.2 writes it."""
    if m == len(data):
        return [] if whole else [naive(data)]
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m <= k:
        return [*naive_subproof(m, data[:k], whole), naive(data[k:])]
    return [*naive_subproof(m - k, data[k:], False), naive(data[:k])]


DATA = [bytes([one]) * (one % 5) for one in range(MOST)]
HASHES = [leaf_hash(one) for one in DATA]
ROOTS = [naive(DATA[:size]) for size in range(MOST + 1)]


@pytest.mark.urs("URS-AUD-03")
def test_roots_are_those_of_the_published_vectors() -> None:
    hashes = [leaf_hash(one) for one in LEAVES]
    assert root_of([]) == EMPTY_ROOT == sha256(b"").digest()
    assert root_of(hashes[:1]).hex() == ROOT_1
    assert root_of(hashes[:7]).hex().startswith("ddb89be403809e32")
    assert root_of(hashes).hex() == ROOT_8


def test_every_root_to_size_65_is_the_naive_one_also_when_grown_in_two_steps() -> None:
    for size in range(MOST + 1):
        assert root_of(HASHES[:size]) == ROOTS[size]
        for first in range(size + 1):
            assert Edge().extended(HASHES[:first]).extended(HASHES[first:size]).root() == ROOTS[size]


@pytest.mark.urs("URS-AUD-03")
def test_every_inclusion_proof_to_size_65_is_the_naive_one_and_only_it_passes() -> None:
    subtree = subtree_of(HASHES)
    for size in range(1, MOST + 1):
        for index in range(size):
            path = proof.inclusion(index, size, subtree)
            assert path == naive_path(index, DATA[:size])
            proof.check_inclusion(HASHES[index], index, size, path, ROOTS[size])
            with pytest.raises(Mismatch):
                proof.check_inclusion(HASHES[index], index, size, [*path, HASHES[0]], ROOTS[size])
            with pytest.raises(Mismatch):
                proof.check_inclusion(leaf_hash(b"other"), index, size, path, ROOTS[size])
            if size > 1:
                with pytest.raises(Mismatch):
                    proof.check_inclusion(HASHES[index], (index + 1) % size, size, path, ROOTS[size])
                with pytest.raises(Mismatch):
                    proof.check_inclusion(HASHES[index], index, size, path[:-1], ROOTS[size])


@pytest.mark.urs("URS-AUD-03")
def test_every_consistency_proof_to_size_65_is_the_naive_one_and_only_it_passes() -> None:
    subtree = subtree_of(HASHES)
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            path = proof.consistency(old, new, subtree)
            assert path == naive_subproof(old, DATA[:new], True)
            proof.check_consistency(old, ROOTS[old], new, ROOTS[new], path)
            for wrong in ([*path, HASHES[0]], path[:-1], path[::-1]):
                if wrong != path:
                    with pytest.raises(Mismatch):
                        proof.check_consistency(old, ROOTS[old], new, ROOTS[new], wrong)
            with pytest.raises(Mismatch):
                proof.check_consistency(old, leaf_hash(b"fork"), new, ROOTS[new], path)
            with pytest.raises(Mismatch):
                proof.check_consistency(old, ROOTS[old], new, leaf_hash(b"fork"), path)


def test_the_empty_tree_is_consistent_with_every_tree_by_an_empty_proof_only() -> None:
    assert proof.consistency(0, 9, subtree_of(HASHES)) == []
    proof.check_consistency(0, EMPTY_ROOT, 9, ROOTS[9], [])
    with pytest.raises(Mismatch):
        proof.check_consistency(0, EMPTY_ROOT, 9, ROOTS[9], [HASHES[0]])
    with pytest.raises(Mismatch):
        proof.check_consistency(0, HASHES[0], 9, ROOTS[9], [])
    with pytest.raises(Mismatch):
        proof.check_consistency(9, ROOTS[9], 8, ROOTS[8], [])


def test_a_proof_for_a_leaf_or_tree_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no leaf 3"):
        proof.inclusion(3, 3, subtree_of(HASHES))
    with pytest.raises(ValueError, match="cannot extend"):
        proof.consistency(4, 3, subtree_of(HASHES))
    with pytest.raises(Mismatch, match="no leaf"):
        proof.check_inclusion(HASHES[0], 1, 1, [], ROOTS[1])
    with pytest.raises(Mismatch, match="32 bytes"):
        proof.check_inclusion(HASHES[0], 0, 2, [b"short"], ROOTS[2])


def test_an_edge_with_the_wrong_number_of_hashes_is_refused() -> None:
    for size, hashes in [(3, HASHES[:1]), (0, HASHES[:1]), (-1, []), (1, [b"short"])]:
        with pytest.raises(Malformed):
            Edge(size, tuple(hashes))


@given(st.lists(st.binary(max_size=40), max_size=300), st.data())
def test_any_log_proves_each_leaf_and_each_growth(entries: list[bytes], data: st.DataObject) -> None:
    hashes = [leaf_hash(one) for one in entries]
    new = len(hashes)
    root, subtree = root_of(hashes), subtree_of(hashes)
    assert root == naive(entries)
    old = data.draw(st.integers(0, new))
    proof.check_consistency(old, root_of(hashes[:old]), new, root, proof.consistency(old, new, subtree))
    if new:
        index = data.draw(st.integers(0, new - 1))
        proof.check_inclusion(hashes[index], index, new, proof.inclusion(index, new, subtree), root)
