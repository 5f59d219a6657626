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
    said: dict[str, Any] = json.loads(detail) if isinstance(detail, str) else detail
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


def jumped(actor: Actor, seconds: float, before: datetime, after: datetime) -> None:
    """Writes down that the clock was set: by how much, and between which of its readings; entries between them are in doubt."""
    detail = {"seconds": f"{seconds:.3f}", "before": before.isoformat(), "after": after.isoformat()}
    note(actor, events.CLOCK_JUMPED, object="clock", detail=detail)


_NEWEST: Final = """
    select at, detail from audit.acts where action = %s and outcome = 'done' and object = %s order by id desc limit 1
"""
_INSTALLED: Final = "select max(at) from audit.acts where action = %s and outcome = 'done'"
