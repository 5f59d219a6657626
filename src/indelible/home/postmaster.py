"""What PostgreSQL's own `postmaster.pid` says, and what of it is left over from a killed server or machine."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indelible.home.layout import HomeProblem

_STOP_LIMIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A server process as its pid file tells it; `ready` when it accepts connections."""

    pid: int
    ready: bool


def read(data: Path) -> Postmaster | None:
    """The content of the pid file (line 1 the process, line 8 the status), or None where there is none."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return Postmaster(int(lines[0]), len(lines) > 7 and lines[7].strip() == "ready")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def is_ours(pid: int, data: Path) -> bool:
    """Whether this process lives and is a server of exactly this data folder: numbers of processes come back."""
    return str(data) in _command_line(pid)


def clear(data: Path) -> None:
    """Stop a server whose starter died, and remove a pid file that no server of this folder stands behind.

    The caller holds the lock of the home, so nobody else starts or stops here. Raises HomeProblem when the
    left-over server does not stop.
    """
    found = read(data)
    if found is None:
        return
    if is_ours(found.pid, data):
        _stop(found.pid, data)
    with suppress(FileNotFoundError):
        (data / "postmaster.pid").unlink()


def _stop(pid: int, data: Path) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    end = time.monotonic() + _STOP_LIMIT
    while time.monotonic() < end:
        if not is_ours(pid, data):
            return
        time.sleep(0.05)
    raise HomeProblem(
        f"A database process left over from before (process {pid}) does not stop. End it first."
    )


def _command_line(pid: int) -> list[str]:
    """The words the process was started with; empty when it does not live, is a zombie or belongs to others."""
    listing = Path("/proc") / str(pid) / "cmdline"
    if Path("/proc/self/cmdline").exists():
        try:
            return listing.read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return []
    done = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.split()
