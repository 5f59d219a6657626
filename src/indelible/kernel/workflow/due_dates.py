"""When a state should be left and until when a record is kept: calendar days of the record's site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from indelible.kernel.workflow.declaration import Declaration, Due


def due_at(
    declaration: Declaration, state: str, entered: datetime | None, values: Mapping[str, Any], zone: str
) -> datetime | None:
    """The last second (UTC) in which the state may be left in time, at the site; None where nothing is due."""
    due = declaration.due.get(state)
    if due is None or entered is None:
        return None
    extended = values.get(due.until) if due.until else None
    day = date.fromisoformat(extended) if isinstance(extended, str) else due_day(due, entered, zone)
    return end_of(day, zone)


def due_day(due: Due, entered: datetime, zone: str) -> date:
    """The day so many calendar or business days (Monday to Friday) after the one of entry at the site."""
    day = entered.astimezone(ZoneInfo(zone)).date()
    if not due.business:
        return day + timedelta(days=due.days)
    left = due.days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def end_of(day: date, zone: str) -> datetime:
    """The last second of a calendar day at the site, in UTC."""
    next_day = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return next_day.astimezone(UTC) - timedelta(seconds=1)


def retain_until(declaration: Declaration, entered: Mapping[str, datetime], zone: str) -> date | None:
    """The day until which the record must be kept, once a state that starts the time was entered (URS-RET-01)."""
    starts = [entered[state] for state in declaration.retain.from_ if state in entered]
    if not starts:
        return None
    day = max(starts).astimezone(ZoneInfo(zone)).date()
    year = day.year + declaration.retain.years
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 3, 1)
