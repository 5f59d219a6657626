"""One service for each home: a file lock that the system itself releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
from typing import IO

from indelible.home.layout import Home, HomeProblem


class InUse(HomeProblem):
    """Another process of this product already runs the database of this home."""


class HomeLock:
    """Held from start to stop of the embedded server; not inherited by children, so an orphan cannot hold it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def acquire(self) -> None:
        """Take the lock; raises InUse, naming the process that has it."""
        if self._file is not None:
            return
        file = self._home.lock.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise InUse(
                f"Indelible already runs on {self._home.root} (process {holder}). "
                "Stop it first, or choose another folder with --home."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def is_held(home: Home) -> bool:
    """Whether some process holds the lock of this home now."""
    lock = HomeLock(home)
    if not home.lock.exists():
        return False
    try:
        lock.acquire()
    except InUse:
        return True
    lock.release()
    return False
