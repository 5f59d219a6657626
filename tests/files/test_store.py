"""Bytes by their digest: what is damaged is never served, what is refused leaves nothing, what is stored is whole."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from indelible.kernel.files.store import Damaged, Empty, Store, TooLarge


def _put(store: Store, content: bytes) -> str:
    return store.put(io.BytesIO(content), limit=1_000).sha256


def _files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


@pytest.mark.urs("URS-RET-06")
@pytest.mark.parametrize("forged", [b"other bytes", b"", b"the original "])
def test_replaced_bytes_are_not_served(tmp_path: Path, forged: bytes) -> None:
    store = Store(tmp_path)
    sha256 = _put(store, b"the original")
    store.path(sha256).unlink()
    store.path(sha256).write_bytes(forged)
    with pytest.raises(Damaged):
        store.open(sha256)
    assert not store.is_whole(sha256)


@pytest.mark.urs("URS-RET-06")
def test_missing_bytes_a_link_and_a_folder_are_damage(tmp_path: Path) -> None:
    store = Store(tmp_path / "files")
    sha256 = _put(store, b"the original")
    path = store.path(sha256)
    path.unlink()
    with pytest.raises(Damaged):
        store.open(sha256)
    (tmp_path / "elsewhere").write_bytes(b"the original")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Damaged):
        store.open(sha256)
    path.unlink()
    path.mkdir()
    with pytest.raises(Damaged):
        store.open(sha256)


@pytest.mark.urs("URS-RET-06")
def test_what_is_read_is_what_was_digested(tmp_path: Path) -> None:
    store = Store(tmp_path)
    sha256 = _put(store, b"the original")
    with store.open(sha256) as read:
        path = store.path(sha256)
        path.chmod(0o600)
        path.write_bytes(b"swapped under the reader")
        assert read.read() == b"the original"


@pytest.mark.parametrize("sha256", ["", "..", "a" * 63, "A" * 64, "a" * 65, "../" * 21 + "a", "g" * 64])
def test_what_is_no_digest_has_no_place(tmp_path: Path, sha256: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Store(tmp_path).open(sha256)


@pytest.mark.parametrize(("content", "error"), [(b"", Empty), (b"x" * 1_001, TooLarge)])
def test_a_refused_stream_leaves_nothing(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    store = Store(tmp_path)
    with pytest.raises(error):
        _put(store, content)
    assert _files(tmp_path) == []


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the client went away")

    with pytest.raises(OSError, match="went away"):
        Store(tmp_path).put(Broken(), limit=10)
    assert _files(tmp_path) == []


def test_bytes_lie_two_levels_deep_closed_to_others_and_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    sha256 = _put(store, b"the original")
    assert sha256 == hashlib.sha256(b"the original").hexdigest() == _put(store, b"the original")
    assert store.path(sha256) == tmp_path / sha256[:2] / sha256[2:4] / sha256
    assert _files(tmp_path) == [sha256]
    assert store.path(sha256).stat().st_mode & 0o777 == 0o400


@pytest.mark.urs("URS-RET-06")
def test_the_same_bytes_put_a_damaged_file_right_and_the_damaged_one_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    sha256 = _put(store, b"the original")
    store.path(sha256).unlink()
    store.path(sha256).write_bytes(b"forged")
    assert store.put(io.BytesIO(b"the original"), limit=1_000).replaced_damaged
    with store.open(sha256) as read:
        assert read.read() == b"the original"
    aside = list((tmp_path / "damaged").iterdir())
    assert [path.read_bytes() for path in aside] == [b"forged"]
