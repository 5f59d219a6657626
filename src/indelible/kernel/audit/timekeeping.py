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
from indelible.kernel.audit.types import NOBODY_SIGNS, Actor

WARNED: Final = 2.0
"""Seconds from the source at which people are told."""
LOST: Final = timedelta(hours=24)
"""So long without an answer of the source, and nobody signs."""
JUMP: Final = 2.0
"""Seconds by which the clock went otherwise than time did."""

_LOOK_BACK: Final = 10_000
"""Entries that a start looks through for one whose time has not come yet: the service writes some before anybody looks."""

State = Literal["unnamed", "unmeasured", "good", "astray", "refused", "lost", "set"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the clock stands: `offset` seconds ahead of `source` (negative: behind) as measured at `at`.

    `set`: somebody set it by `offset` seconds, and it was neither set back nor measured since.
    """

    state: State
    source: str = ""
    offset: float | None = None
    at: datetime | None = None

    @property
    def lets_sign(self) -> bool:
        """Whether a signature's time can be believed. Without a named source nobody can measure it right again, so that a clock
        that was set is an alarm and stands on the page of each signing, and ends none."""
        return self.state not in ("refused", "lost") and not (self.state == "set" and self.source)


def standing() -> Standing:
    """By the newest measurement in the trail, for how long there was none, and whether it was set since."""
    found = measured_last()
    astray = _set_by() if found.lets_sign else 0.0
    return Standing("set", found.source, astray) if abs(astray) > NOBODY_SIGNS else found


def measured_last() -> Standing:
    """By the newest measurement alone, or for how long there was none."""
    source: str = settings.CONFIGURATION.time_source
    if not source:
        return Standing("unnamed")
    now, newest = clock(), _newest(source)
    if newest is None:
        with connection.cursor() as cursor:
            cursor.execute(_INSTALLED, [events.INSTALLED.name])
            installed = cursor.fetchone()[0]
        late = installed is not None and now - installed >= LOST
        return Standing("lost" if late else "unmeasured", source)
    at, offset = newest
    return Standing(_state(offset, now - at), source, offset, at)


def _newest(source: str) -> tuple[datetime, float] | None:
    """When the clock was measured against this source last, and its offset."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [events.CLOCK_MEASURED.name, source])
        row = cursor.fetchone()
    return (row[0], float(_said(row[1])["offset"])) if row else None


def _set_by() -> float:
    """Seconds by which the clock is known to be elsewhere than it was, where nothing has set or found it right since."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SINCE_RIGHT,
            [events.CLOCK_MEASURED.name, WARNED, [events.CLOCK_JUMPED.name, events.CLOCK_ASTRAY.name]],
        )
        rows = [(action, _said(detail)) for action, detail in cursor.fetchall()]
    astray = 0.0
    for action, said in rows:
        astray = (
            float(said["offset"]) if action == events.CLOCK_ASTRAY.name else astray + float(said["seconds"])
        )
        astray = 0.0 if abs(astray) <= JUMP else astray
    return astray


def _state(offset: float, since: timedelta) -> State:
    if since >= LOST:
        return "lost"
    if abs(offset) > NOBODY_SIGNS:
        return "refused"
    return "astray" if abs(offset) > WARNED else "good"


def measured(actor: Actor, source: str, offset: float) -> None:
    """Writes down a measurement beside the one before; with an entry more where the clock is astray."""
    before = _newest(source)
    detail = {
        "source": source,
        "offset": f"{offset:.3f}",
        **({"offset_before": f"{before[1]:.3f}", "measured_before": before[0].isoformat()} if before else {}),
    }
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


def source_named(actor: Actor, source: str) -> None:
    """At a start: writes down that another source than before is named, or none any more; nothing where it is the same."""
    with connection.cursor() as cursor:
        cursor.execute(_SOURCE, [[events.CLOCK_SOURCE.name, events.CLOCK_MEASURED.name]])
        row = cursor.fetchone()
    before = str(_said(row[0]).get("new", _said(row[0]).get("source", ""))) if row else ""
    if before != source:
        note(actor, events.CLOCK_SOURCE, object="clock", detail={"old": before, "new": source})


def set_while_away(actor: Actor) -> float:
    """At a start: seconds by which the clock is behind an entry made before, told as a jump since that entry; else 0.

    That much is known without any source; a clock set forward, or back by less than the pause, only a measurement finds.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [events.CLOCK_JUMPED.name, _LOOK_BACK])
        row = cursor.fetchone()
    now = clock()
    seconds = (now - row[1]).total_seconds() if row else 0.0
    if seconds >= -JUMP:
        return 0.0
    jumped(actor, seconds, row[1], now, since=row[0])
    return seconds


@dataclass(frozen=True, slots=True)
class Doubt:
    """Entries whose times are in doubt: those after entry `since`, up to entry `until` (None: to this day).

    `astray`: the seconds by which the clock was known to be wrong last.
    """

    since: int
    until: int | None
    astray: float = 0.0

    def covers(self, entry: int) -> bool:
        """Whether the time of this entry is in doubt."""
        return self.since < entry and (self.until is None or entry <= self.until)


def doubts() -> list[Doubt]:
    """The spans in which the clock was set or found astray, each until it was set right or found right again (URS-TIM-03).

    One that was found astray is in doubt since it was found right last. The order of entries needs no clock and is proven by
    the ledger all the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WRONG, [[events.CLOCK_JUMPED.name, events.CLOCK_ASTRAY.name]])
        rows = cursor.fetchall()
    found: list[Doubt] = []
    for entry, action, detail in rows:
        said = _said(detail)
        going_on = found.pop() if found and found[-1].covers(entry) else None
        if action == events.CLOCK_ASTRAY.name:
            astray = float(said["offset"])
            since = going_on.since if going_on else _found_right_before(entry)
        else:
            astray = (going_on.astray if going_on else 0.0) + float(said["seconds"])
            since = going_on.since if going_on else int(said.get("since", entry - 1))
        until = going_on.until if going_on else _found_right(entry)
        set_right = going_on is not None and abs(astray) <= JUMP
        found.append(Doubt(since, entry if set_right else until, astray))
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


def _found_right_before(entry: int) -> int:
    """The last measurement before an entry that found the clock right; 0 where there was none."""
    with connection.cursor() as cursor:
        cursor.execute(_RIGHT_BEFORE, [events.CLOCK_MEASURED.name, entry, WARNED])
        return int(cursor.fetchone()[0])


def newest_entry() -> int:
    """The number of the newest act."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0) from audit.acts")
        return int(cursor.fetchone()[0])


_WRONG: Final = (
    "select id, action, detail from audit.acts where action = any(%s) and outcome = 'done' order by id"
)
_RIGHT: Final = """
    select min(id) from audit.acts
     where action = %s and outcome = 'done' and id > %s and abs((detail ->> 'offset')::numeric) <= %s
"""
_SINCE_RIGHT: Final = """
    select action, detail from audit.acts
     where id > (select coalesce(max(id), 0) from audit.acts
                  where action = %s and outcome = 'done' and abs((detail ->> 'offset')::numeric) <= %s)
       and action = any(%s) and outcome = 'done' order by id
"""
_RIGHT_BEFORE: Final = """
    select coalesce(max(id), 0) from audit.acts
     where action = %s and outcome = 'done' and id < %s and abs((detail ->> 'offset')::numeric) <= %s
"""
_SOURCE: Final = (
    "select detail from audit.acts where action = any(%s) and outcome = 'done' order by id desc limit 1"
)
_LATEST: Final = """
    select id, at from (
        select id, at from audit.acts
         where id >= coalesce((select max(id) from audit.acts where action = %s and outcome = 'done'), 0)
         order by id desc limit %s) as newest
     order by at desc, id desc limit 1
"""
"""The entry with the latest time since the clock was set last: entries made before that are told of already."""
_NEWEST: Final = """
    select at, detail from audit.acts where action = %s and outcome = 'done' and object = %s order by id desc limit 1
"""
_INSTALLED: Final = "select max(at) from audit.acts where action = %s and outcome = 'done'"
