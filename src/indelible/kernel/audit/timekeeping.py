"""Whether the clock that dates every entry can be believed: measured against a named source, told in the trail (URS-TIM-02, -03).

The clock is the database's. Nothing is corrected here: times stay as they were taken, and what was measured stands beside them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.conf import settings
from django.db import connection

from indelible.kernel.audit import events
from indelible.kernel.audit.actions import note
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor

WARNED: Final = 2.0
"""Seconds from the source at which people are told."""
REFUSED: Final = 60.0
"""Seconds from the source beyond which nobody signs; a ceiling, not a setting."""
LOST: Final = timedelta(hours=24)
"""So long without an answer of the source, and nobody signs."""
JUMP: Final = 2.0
"""Seconds by which the clock went otherwise than time did."""

State = Literal["unnamed", "unmeasured", "good", "astray", "refused", "lost"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the clock stands: `offset` seconds ahead of `source` (negative: behind) as measured at `at`."""

    state: State
    source: str = ""
    offset: float | None = None
    at: datetime | None = None

    @property
    def lets_sign(self) -> bool:
        """Whether a signature's time can be believed. Without a named source nobody measured it, and the page says so."""
        return self.state not in ("refused", "lost")


def standing() -> Standing:
    """By the newest measurement in the trail, and for how long there was none."""
    source: str = settings.CONFIGURATION.time_source
    if not source:
        return Standing("unnamed")
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [events.CLOCK_MEASURED.name, source])
        row = cursor.fetchone()
        cursor.execute(_INSTALLED, [events.INSTALLED.name])
        installed = cursor.fetchone()[0]
    now = clock()
    if row is None:
        late = installed is not None and now - installed >= LOST
        return Standing("lost" if late else "unmeasured", source)
    at, detail = row
    said = _said(detail)
    return Standing(_state(float(said["offset"]), now - at), source, float(said["offset"]), at)


def _state(offset: float, since: timedelta) -> State:
    if since >= LOST:
        return "lost"
    if abs(offset) > REFUSED:
        return "refused"
    return "astray" if abs(offset) > WARNED else "good"


def measured(actor: Actor, source: str, offset: float) -> None:
    """Writes down a measurement; with an entry more where the clock is astray."""
    detail = {"source": source, "offset": f"{offset:.3f}"}
    note(actor, events.CLOCK_MEASURED, object=source, detail=detail)
    if abs(offset) > WARNED:
        note(actor, events.CLOCK_ASTRAY, object=source, detail=detail)


def silent(actor: Actor, source: str, why: str) -> None:
    """Writes down that the source gave no answer."""
    note(actor, events.CLOCK_SILENT, object=source, detail={"source": source, "why": why[:200]})


def jumped(actor: Actor, seconds: float, before: datetime, after: datetime, *, since: int) -> None:
    """Writes down that the clock was set: by how much, between which of its readings, and after which entry (`since`)."""
    detail = {
        "seconds": f"{seconds:.3f}",
        "before": before.isoformat(),
        "after": after.isoformat(),
        "since": since,
    }
    note(actor, events.CLOCK_JUMPED, object="clock", detail=detail)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Entries whose times are in doubt: those after entry `since`, up to entry `until` (None: to this day)."""

    since: int
    until: int | None

    def covers(self, entry: int) -> bool:
        """Whether the time of this entry is in doubt."""
        return self.since < entry and (self.until is None or entry <= self.until)


def doubts() -> list[Doubt]:
    """The spans in which the clock had been set, each until it was set right or found right again (URS-TIM-03).

    The order of entries needs no clock and is proven by the ledger all the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(_JUMPS, [events.CLOCK_JUMPED.name])
        jumps = [(entry, _said(detail)) for entry, detail in cursor.fetchall()]
    found: list[Doubt] = []
    astray = 0.0
    for entry, said in jumps:
        if found and found[-1].until is not None and found[-1].until < entry:
            astray = 0.0  # it was found right in between
        astray += float(said["seconds"])
        if found and found[-1].covers(entry):
            found[-1] = Doubt(found[-1].since, entry if abs(astray) <= JUMP else _found_right(entry))
        else:
            found.append(Doubt(int(said.get("since", entry - 1)), _found_right(entry)))
    return found


def _said(detail: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(detail) if isinstance(detail, str) else detail
    return said


def _found_right(after: int) -> int | None:
    """The first measurement after an entry that found the clock right."""
    with connection.cursor() as cursor:
        cursor.execute(_RIGHT, [events.CLOCK_MEASURED.name, after, WARNED])
        found: int | None = cursor.fetchone()[0]
        return found


def newest_entry() -> int:
    """The number of the newest act."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0) from audit.acts")
        return int(cursor.fetchone()[0])


_JUMPS: Final = "select id, detail from audit.acts where action = %s and outcome = 'done' order by id"
_RIGHT: Final = """
    select min(id) from audit.acts
     where action = %s and outcome = 'done' and id > %s and abs((detail ->> 'offset')::numeric) <= %s
"""
_NEWEST: Final = """
    select at, detail from audit.acts where action = %s and outcome = 'done' and object = %s order by id desc limit 1
"""
_INSTALLED: Final = "select max(at) from audit.acts where action = %s and outcome = 'done'"
