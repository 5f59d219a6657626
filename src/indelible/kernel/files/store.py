"""The folder of bytes: each file under its SHA-256, written whole or not at all, verified on each read.

Path: `<home>/files/ab/cd/abcd…` (two levels, two hex digits each). A write goes to `incoming/`, is synced, then
linked under its digest, then the folders are synced: after a crash there is the whole file or none, and at most a
stray in `incoming/`. What remains: a disk that lies about syncing; the next read finds it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from indelible.home.layout import find_home

PIECE: Final = 1024 * 1024
IN_MEMORY: Final = 4 * 1024 * 1024


class TooLarge(Exception):  # noqa: N818  (what the stream is, not a fault of the program)
    """The stream had more bytes than the limit; nothing of it is kept."""


class Empty(Exception):  # noqa: N818
    """The stream had no bytes; nothing is kept."""


class Damaged(Exception):  # noqa: N818
    """The bytes under this digest are gone or are others."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a stream became: digest in hex, length, its first bytes, and whether damaged bytes were replaced by it."""

    sha256: str
    size: int
    head: bytes
    replaced_damaged: bool


def store() -> Store:
    """The store of the installation named by INDELIBLE_HOME."""
    return Store(find_home().files)


@dataclass(frozen=True, slots=True)
class Store:
    """One folder of bytes by digest."""

    root: Path

    def path(self, sha256: str) -> Path:
        """Where the bytes of this digest lie; ValueError for anything that is no SHA-256 in lower-case hex."""
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
            raise ValueError("not a SHA-256 in lower-case hex")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def put(self, content: BinaryIO, *, limit: int) -> Stored:
        """Keeps the stream's bytes; raises TooLarge or Empty and keeps nothing; OSError when the disk refuses."""
        incoming = self._folder(self.root / "incoming")
        staged = incoming / secrets.token_hex(16)
        try:
            sha256, size, head = _copy(content, staged, limit)
            replaced = self._place(staged, sha256)
        finally:
            staged.unlink(missing_ok=True)
        return Stored(sha256, size, head, replaced)

    def open(self, sha256: str) -> BinaryIO:
        """The verified bytes, from the start; raises Damaged. What is read is the very copy that was digested."""
        copy = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the reader closes it)
        digest = hashlib.sha256()
        try:
            for piece in self._pieces(sha256):
                digest.update(piece)
                copy.write(piece)
            if digest.hexdigest() != sha256:
                raise Damaged(sha256)
        except BaseException:
            copy.close()
            raise
        copy.seek(0)
        return cast(BinaryIO, copy)

    def is_whole(self, sha256: str) -> bool:
        """Whether the bytes under this digest are there and are the right ones."""
        digest = hashlib.sha256()
        try:
            for piece in self._pieces(sha256):
                digest.update(piece)
        except Damaged:
            return False
        return digest.hexdigest() == sha256

    def _pieces(self, sha256: str) -> Iterator[bytes]:
        """The bytes at the digest's place; a link, a folder or nothing there is damage as well."""
        try:
            descriptor = os.open(self.path(sha256), os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except OSError as error:  # nothing there, a link (ELOOP), a folder, a dying disk: not the original
            raise Damaged(sha256) from error

    def _place(self, staged: Path, sha256: str) -> bool:
        """Links the staged file under its digest; damaged bytes there are moved aside, never lost. True if so."""
        target = self.path(sha256)
        self._folder(target.parent.parent)
        self._folder(target.parent)
        damaged = os.path.lexists(target) and not self.is_whole(sha256)
        if damaged:
            aside = self._folder(self.root / "damaged") / f"{sha256}.{secrets.token_hex(4)}"
            target.rename(aside)
        try:
            os.link(staged, target)
        except FileExistsError:  # another upload of the same bytes was first
            return damaged
        _sync(target.parent)
        return damaged

    def _folder(self, folder: Path) -> Path:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(folder.parent)
        return folder


def _copy(content: BinaryIO, staged: Path, limit: int) -> tuple[str, int, bytes]:
    digest, size, head = hashlib.sha256(), 0, b""
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        while piece := content.read(PIECE):
            size += len(piece)
            if size > limit:
                raise TooLarge
            head = head or piece[:512]
            digest.update(piece)
            file.write(piece)
        if size == 0:
            raise Empty
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size, head


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
