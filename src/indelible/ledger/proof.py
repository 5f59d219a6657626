"""Inclusion and consistency proofs: made from any source of subtree hashes, checked from nothing but the roots.

Making: RFC 6962 sections 2.1.1 and 2.1.2. Checking: RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Sequence

from indelible.ledger.faults import Mismatch
from indelible.ledger.leaf import EMPTY_ROOT, HASH_SIZE, node_hash
from indelible.ledger.tree import Subtree, split


def inclusion(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The proof that leaf `index` (from 0) is in the tree of `size` leaves, lowest hash first.

    Raises ValueError if there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return path[::-1]


def consistency(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the tree of `old` leaves; empty for 0 and for equal sizes.

    Raises ValueError if `old` is larger than `new` or negative.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves cannot extend one of {old}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(subtree(start, end))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Returns if the leaf hash stands at `index` of the tree with this size and root; raises Mismatch with the reason."""
    if not 0 <= index < size:
        raise Mismatch(f"A tree of {size} leaves has no leaf {index}.")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    _check_hashes([leaf, root, *proof])
    if len(proof) != inner + border:
        raise Mismatch(f"The proof has {len(proof)} hashes; leaf {index} of {size} needs {inner + border}.")
    here = leaf
    for level, other in enumerate(proof):
        is_right = level >= inner or index >> level & 1
        here = node_hash(other, here) if is_right else node_hash(here, other)
    if here != root:
        raise Mismatch(f"The proof of leaf {index} does not lead to the root of the tree of {size} leaves.")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Returns if the second tree extends the first; raises Mismatch with the reason."""
    if not 0 <= old <= new:
        raise Mismatch(f"A tree of {new} leaves cannot extend one of {old}.")
    _check_hashes([old_root, new_root, *proof])
    if old in (0, new):
        _check_trivial(old, old_root, new, new_root, proof)
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise Mismatch("The consistency proof is empty.")
    first, second, left = _fold(old - 1, new - 1, path)
    if left != 0 or first != old_root or second != new_root:
        raise Mismatch(f"The tree of {new} leaves does not extend the tree of {old} leaves.")


def _fold(fn: int, sn: int, path: Sequence[bytes]) -> tuple[bytes, bytes, int]:
    """Both roots computed from the proof, and what is left of the larger index (names of RFC 9162 section 2.1.4.2)."""
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for other in path[1:]:
        if sn == 0:
            raise Mismatch("The consistency proof is too long.")
        if fn & 1 or fn == sn:
            first, second = node_hash(other, first), node_hash(other, second)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, other)
        fn, sn = fn >> 1, sn >> 1
    return first, second, sn


def _check_trivial(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise Mismatch(f"Sizes {old} and {new} need an empty consistency proof.")
    if (old == 0 and old_root != EMPTY_ROOT) or (new == 0 and new_root != EMPTY_ROOT):
        raise Mismatch("The root of an empty tree must be the hash of nothing.")
    if old == new and old_root != new_root:
        raise Mismatch(f"Two trees of {old} leaves have different roots.")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise Mismatch("A hash in the proof is not 32 bytes long.")
