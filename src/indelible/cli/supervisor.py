"""One process that keeps a service together: starts its parts, restarts what crashes, ends all of them cleanly."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType
from typing import Final

from indelible.cli.children import PARENT_VARIABLE
from indelible.home.postgres import Server

log = logging.getLogger("indelible.supervisor")

BEAT: Final = 0.2
RESTARTS: Final = 5
"""So many crashes of one part within `WINDOW` seconds end the service: something is wrong that a restart does not mend."""
WINDOW: Final = 60.0
STOP_LIMIT: Final = 20.0
TELL_AGAIN: Final = 5.0


class GaveUp(Exception):  # noqa: N818  (a sentence for the operator)
    """A part of the service crashed again and again."""


@dataclass
class Part:
    """One child process, its name and the moments it was started."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=deque)

    def crashed(self) -> bool:
        """Whether it has ended by itself."""
        return self.process is not None and self.process.poll() is not None


class Supervisor:
    """Runs the parts until `stop()` or a signal; `server` is the embedded database, None for a company's own.

    `tell` writes into the trail that a part, by name, ended by itself and was put back, and when that was seen (RFC 3339,
    UTC); it answers False where the trail takes no entry now, and is asked again.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        server: Server | None,
        environment: Mapping[str, str],
        tell: Callable[[str, str], bool],
    ) -> None:
        self._parts = [Part(name) for name in names]
        self._server = server
        self._tell = tell
        self._untold: deque[tuple[str, str]] = deque()
        self._tell_after = 0.0
        self._environment = dict(environment)
        self._stop = threading.Event()
        self._pipe = os.pipe()

    def run(self, ready: Callable[[], bool], announce: Callable[[], None]) -> None:
        """Start everything, call `announce` once `ready` answers True, return after a clean end.

        Raises GaveUp when a part keeps crashing and HomeProblem when the database does not come back.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told)
        try:
            for part in self._parts:
                self._start(part)
            announced = False
            while not self._stop.wait(BEAT):
                self._mend()
                self._tell_of_restarts()
                if not announced and ready():
                    announced = True
                    announce()
        finally:
            self._end_all()

    def stop(self) -> None:
        """End the service in order."""
        self._stop.set()

    def _told(self, number: int, _frame: FrameType | None) -> None:
        log.info("told to stop", extra={"signal": signal.Signals(number).name})
        self._stop.set()

    def _start(self, part: Part) -> None:
        now = time.monotonic()
        part.starts.append(now)
        while part.starts and now - part.starts[0] > WINDOW:
            part.starts.popleft()
        if len(part.starts) > RESTARTS:
            raise GaveUp(
                f"The {part.name} of the service crashed {RESTARTS} times within a minute; see the log."
            )
        reading = self._pipe[0]
        part.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "indelible.cli.children", part.name],
            env={**self._environment, PARENT_VARIABLE: str(reading)},
            pass_fds=(reading,),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _mend(self) -> None:
        """Put back what crashed: the database first, since the others need it."""
        if self._server is not None and self._server.failed():
            log.error("the database ended by itself and is started again")
            seen = datetime.now(UTC).isoformat(timespec="seconds")
            self._server.stop()
            self._server.start()
            self._untold.append(("database", seen))
        for part in self._parts:
            if part.crashed() and not self._stop.is_set():
                assert part.process is not None
                log.error(
                    "a part ended by itself and is started again",
                    extra={"part": part.name, "exit": part.process.returncode},
                )
                self._untold.append((part.name, datetime.now(UTC).isoformat(timespec="seconds")))
                self._stop.wait(min(0.2 * 2 ** len(part.starts), 5.0))
                if not self._stop.is_set():
                    self._start(part)

    def _tell_of_restarts(self) -> None:
        """Oldest first; where the trail takes none now, again after TELL_AGAIN seconds."""
        while self._untold and time.monotonic() >= self._tell_after:
            if self._tell(*self._untold[0]):
                self._untold.popleft()
            else:
                self._tell_after = time.monotonic() + TELL_AGAIN

    def _end_all(self) -> None:
        """Tell all parts to end, wait, and force what does not; the database is the caller's to stop."""
        living = [part for part in self._parts if part.process is not None and part.process.poll() is None]
        for part in living:
            assert part.process is not None
            part.process.terminate()
        end = time.monotonic() + STOP_LIMIT
        for part in living:
            assert part.process is not None
            try:
                part.process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("a part did not end in time and was killed", extra={"part": part.name})
                part.process.kill()
                part.process.wait()
        for descriptor in self._pipe:
            os.close(descriptor)
