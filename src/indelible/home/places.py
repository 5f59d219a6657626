"""A few places that all processes of one installation share: files whose locks the system frees when a holder dies."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from indelible.home.layout import Home

_LOOK_SECONDS: Final = 0.005
"""How often one who waits looks again; a quarter of the work a place is taken for."""


class NoneFree(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """All places stayed taken for as long as the caller would wait."""


class Places:
    """At most `count` holders at once on this machine, threads and processes alike, for one purpose and home.

    A place is a file `places/<purpose>-<n>` with a lock of its own open file, so a process that is killed leaves none
    taken. Threads of one process queue among themselves first: never more than `count` of them look at the files.
    """

    def __init__(self, purpose: str, count: int) -> None:
        self._names = [f"{purpose}-{n}" for n in range(count)]
        self._here = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self, home: Home, *, wait: float) -> Iterator[None]:
        """Hold a place; raises NoneFree after `wait` seconds, OSError where the home cannot be written."""
        until = time.monotonic() + wait
        if not self._here.acquire(timeout=wait):
            raise NoneFree
        try:
            place = self._first_free(home.places, until)
            try:
                yield
            finally:
                # not left to the close: a child forked meanwhile has the same open file and must not keep the place
                fcntl.flock(place, fcntl.LOCK_UN)
                os.close(place)
        finally:
            self._here.release()

    def _first_free(self, folder: Path, until: float) -> int:
        folder.mkdir(mode=0o700, exist_ok=True)
        while True:
            for name in self._names:
                if (place := _locked(folder / name)) is not None:
                    return place
            if time.monotonic() >= until:
                raise NoneFree
            time.sleep(_LOOK_SECONDS)


def _locked(path: Path) -> int | None:
    """The open file with its lock, or None where another holds it."""
    place = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _give_to_the_service(place, path.parent)
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(place)
        return None
    except BaseException:
        os.close(place)
        raise
    return place


def _give_to_the_service(place: int, folder: Path) -> None:
    """A command run as root must not leave a file that the service's own account cannot open."""
    owner = folder.stat()
    if os.geteuid() == 0 and os.fstat(place).st_uid != owner.st_uid:
        os.fchown(place, owner.st_uid, owner.st_gid)
