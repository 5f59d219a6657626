"""The clock is measured against its source at the start and each hour, and watched for being set (URS-TIM-02, -03)."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Final

import ntplib
from django.conf import settings
from procrastinate.contrib.django import app

from indelible.kernel.audit import timekeeping
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, job

HOURLY: Final = "7 * * * *"
EVERY_QUARTER_MINUTE: Final = "* * * * * */15"
_PATIENCE: Final = 5.0

log = logging.getLogger("indelible.clock")
_seen: list[tuple[datetime, float, int]] = []
"""The last reading of this process: the database's clock, the monotonic one beside it, and the newest entry; empty at its start."""


@app.periodic(cron=HOURLY)
@app.task(name="clock", queueing_lock="clock")
def measure_clock(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """Asks the source what time it is; nothing where none is named."""
    if source := settings.CONFIGURATION.time_source:
        measure(_actor(), source)


@app.periodic(cron=EVERY_QUARTER_MINUTE)
@app.task(name="clock_jumps", queueing_lock="clock_jumps")
def watch_clock(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """Whether the clock went on as time did since the last look; measures anew at the start and after a jump."""
    first = not _seen
    if first:
        _start()
    if look_at_clock() or first:
        measure_clock(0)


def _start() -> None:
    """What a start can tell of the time nobody watched: another source, a clock that is behind what it dated before."""
    timekeeping.source_named(_actor(), settings.CONFIGURATION.time_source)
    if seconds := timekeeping.set_while_away(_actor()):
        log.error("the clock was set while nobody watched", extra={"seconds": round(seconds, 3)})


def measure(actor: Actor, source: str) -> float | None:
    """Seconds that the database's clock is ahead of the source (SNTP, RFC 5905); None where it gave no answer."""
    host, _, port = source.partition(":")
    try:
        answer = ntplib.NTPClient().request(host, version=4, port=int(port or 123), timeout=_PATIENCE)
    except (ntplib.NTPException, OSError, ValueError) as error:
        log.warning("the time source gave no answer", extra={"source": source})
        timekeeping.silent(actor, source, str(error) or type(error).__name__)
        return None
    offset = _database_ahead() - float(answer.offset)
    if abs(offset) > timekeeping.WARNED:
        log.error("the clock is astray", extra={"source": source, "offset": round(offset, 3)})
    timekeeping.measured(actor, source, offset)
    return offset


def _database_ahead() -> float:
    """Seconds that the database's clock is ahead of this machine's: they need not be one machine."""
    before = time.time()
    read = clock().timestamp()
    return read - (before + time.time()) / 2


def look_at_clock() -> float:
    """Seconds by which the clock was set since the last look of this process, told in the trail; 0 where it was not."""
    now = (clock(), _time_passed(), timekeeping.newest_entry())
    before = _seen[0] if _seen else now
    _seen[:] = [now]
    went, passed = (now[0] - before[0]).total_seconds(), now[1] - before[1]
    seconds = went - passed
    if abs(seconds) <= timekeeping.JUMP:
        return 0.0
    log.error("the clock was set", extra={"seconds": round(seconds, 3)})
    timekeeping.jumped(_actor(), seconds, before[0], now[0], since=before[2])
    return seconds


def _time_passed() -> float:
    """Seconds that no setting of the clock touches; a machine's sleep counts among them where the system can tell."""
    ticking = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if ticking is None else time.clock_gettime(ticking)


def _actor() -> Actor:
    return job("clock", 1, on_behalf_of="installation")
