"""Tiles and the check of a log kept as files: paths as published, every flipped byte found, every stranger named."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from indelible.ledger import checkpoint, fsck, note, proof, tile
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import Malformed
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.tile import ENTRIES, Tile
from indelible.ledger.tree import root_of, subtree_of

SIGNER = note.Signer("indelible.example/log", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
ORIGIN = SIGNER.name


def written(folder: Path, items: list[bytes], sizes: list[int]) -> None:
    """Writes the log as it grew through `sizes`, partial tiles kept, and the checkpoint of the last size."""
    hashes = [leaf_hash(one) for one in items]
    subtree, old = subtree_of(hashes), 0
    for size in sizes:
        for one in tile.new_tiles(old, size):
            path = folder / one.path()
            path.parent.mkdir(parents=True, exist_ok=True)
            at = one.first()
            path.write_bytes(
                tile.entries(items[at : at + one.width])
                if one.level == ENTRIES
                else tile.hashes(one, subtree)
            )
        old = size
    head = Checkpoint(ORIGIN, old, root_of(hashes[:old]))
    (folder / "checkpoint").write_bytes(checkpoint.signed(head, [SIGNER]))


def problems(folder: Path) -> list[fsck.Problem]:
    return fsck.check_log(folder, ORIGIN, [SIGNER.verifier])


@pytest.mark.parametrize(
    ("one", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(3, 1000, 7), "tile/3/x001/000.p/7"),
        (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_paths_are_the_published_ones_both_ways(one: Tile, path: str) -> None:
    assert one.path() == path
    assert tile.parse_path(path) == one


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/64/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/257",
        "tile/0/001.p/",
        "tile/0/001.p/07",
        "tile/0/../000",
        "tile/entries/x1/000",
        "tile/0/" + "x001/" * 99 + "000",
    ],
)
def test_a_path_that_no_tile_has_is_refused(path: str) -> None:
    with pytest.raises(Malformed):
        tile.parse_path(path)


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_growing_writes_exactly_the_tiles_that_were_not_there(one: int, other: int) -> None:
    old, new = sorted((one, other))
    assert set(tile.new_tiles(old, new)) == set(tile.tiles_of(new)) - set(tile.tiles_of(old))


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_entries_are_read_back_and_nothing_else_is(items: list[bytes]) -> None:
    data = tile.entries(items)
    assert tile.parse_entries(data, len(items)) == items
    for wrong, width in [(data + b"\x00", len(items)), (data, len(items) + 1), (data[:-1], len(items))]:
        if items:
            with pytest.raises(Malformed):
                tile.parse_entries(wrong, width)


def test_an_entry_that_does_not_fit_is_refused() -> None:
    assert tile.parse_entries(tile.entries([b"x" * 65_535]), 1) == [b"x" * 65_535]
    with pytest.raises(Malformed, match="65535"):
        tile.entries([b"x" * 65_536])


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 20_000), st.data())
def test_proofs_read_through_tiles_are_the_same(size: int, data: st.DataObject) -> None:
    hashes = [leaf_hash(one.to_bytes(4, "big")) for one in range(size)]
    memory = subtree_of(hashes)

    there = set(tile.tiles_of(size))

    def read(one: Tile) -> list[bytes]:
        assert one in there
        return tile.parse_hashes(tile.hashes(one, memory), one.width)

    through = tile.subtree_from(read, size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert proof.inclusion(index, size, through) == proof.inclusion(index, size, memory)
    assert proof.consistency(old, size, through) == proof.consistency(old, size, memory)


@pytest.mark.parametrize("sizes", [[0], [1], [255, 256], [3, 257, 300], [256, 512, 700]])
def test_a_log_as_written_is_clean(tmp_path: Path, sizes: list[int]) -> None:
    items = [f"entry {one}".encode() for one in range(700)]
    written(tmp_path, items, sizes)
    assert problems(tmp_path) == []
    signed = Checkpoint(ORIGIN, sizes[-1], root_of(leaf_hash(one) for one in items[: sizes[-1]]))
    assert fsck.check_entries(items[: sizes[-1]], signed) == []


@pytest.mark.urs("URS-AUD-03")
def test_every_flipped_byte_of_a_small_log_is_found(tmp_path: Path) -> None:
    written(tmp_path, [f"entry {one}".encode() * (one % 3) for one in range(12)], [5, 12])
    files = sorted(one for one in tmp_path.rglob("*") if one.is_file())
    assert len(files) == 5
    for path in files:
        good = path.read_bytes()
        for at in range(len(good)):
            for mask in (0x01, 0x80):
                path.write_bytes(good[:at] + bytes([good[at] ^ mask]) + good[at + 1 :])
                assert problems(tmp_path), f"byte {at} of {path.name} flipped and not found"
        path.write_bytes(good)
    assert problems(tmp_path) == []


def test_a_flipped_byte_in_each_file_of_a_log_of_several_levels_is_found(tmp_path: Path) -> None:
    written(tmp_path, [str(one).encode() for one in range(600)], [300, 600])
    for path in sorted(one for one in tmp_path.rglob("*") if one.is_file()):
        good = path.read_bytes()
        for at in {0, len(good) // 2, len(good) - 1}:
            path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            assert problems(tmp_path), f"byte {at} of {path} flipped and not found"
        path.write_bytes(good)


def test_missing_and_strange_files_are_named(tmp_path: Path) -> None:
    written(tmp_path, [str(one).encode() for one in range(300)], [300])
    hashes = tmp_path / "tile/1/000.p/1"
    kept = hashes.read_bytes()
    hashes.unlink()
    assert [one.where for one in problems(tmp_path)] == ["tile/1/000.p/1"]
    hashes.write_bytes(kept)
    (tmp_path / "tile/0/002.p").mkdir()
    (tmp_path / "tile/0/002.p/3").write_bytes(b"x")
    (tmp_path / "notes.txt").write_bytes(b"x")
    assert [one.where for one in problems(tmp_path)] == ["notes.txt", "tile/0/002.p/3"]
    (tmp_path / "checkpoint").unlink()
    assert [one.where for one in problems(tmp_path)] == ["checkpoint"]


def test_entries_that_are_not_those_signed_are_found() -> None:
    items = [b"a", b"b", b"c"]
    signed = Checkpoint(ORIGIN, 3, root_of(map(leaf_hash, items)))
    assert "there are 2" in fsck.check_entries(items[:2], signed)[0].sentence
    assert "do not give the root" in fsck.check_entries([b"a", b"c", b"b"], signed)[0].sentence
