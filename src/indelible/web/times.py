"""Times as people read them: four-digit year, named month or ISO form, seconds and offset (URS-TIM-04)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from indelible.kernel.access.types import end_of

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def instant(value: datetime | str) -> datetime:
    """The instant of a datetime or RFC 3339 text; ValueError where it has no offset."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if at.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return at


def zoned(value: datetime | str, zone: str) -> datetime:
    """The same instant in an IANA zone."""
    return instant(value).astimezone(ZoneInfo(zone))


def offset_words(at: datetime) -> str:
    """The offset as text: `UTC` where there is none, else `+05:30`."""
    return at.isoformat(timespec="seconds")[-6:] if at.utcoffset() else "UTC"


def day_words(day: date) -> str:
    """A calendar day with its month named, so that 03/04 is never a question."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_words(value: datetime | str, zone: str) -> str:
    """An instant as one line of text in a zone, with UTC after it where they differ."""
    local = zoned(value, zone)
    words = f"{day_words(local.date())}, {local:%H:%M:%S} {offset_words(local)}"
    if not local.utcoffset():
        return words
    utc = local.astimezone(UTC)
    return f"{words} ({utc:%Y-%m-%d %H:%M:%S} UTC)"


def local_to_instant(text: str, zone: str, *, fold: int = 0) -> str | None:
    """What a date-time input of the browser means in a zone, as RFC 3339; None where it is no time.

    None too for the hour that a zone skips. The repeated hour at the end of summer time has two answers:
    `fold` 0 the first, 1 the second.
    """
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    except ValueError:
        return None
    if local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    return local.isoformat(timespec="seconds")


def is_repeated(text: str, zone: str) -> bool:
    """Whether a local time happens twice in a zone, at the end of summer time."""
    first, second = local_to_instant(text, zone), local_to_instant(text, zone, fold=1)
    return first is not None and second is not None and instant(first) != instant(second)


def end_of_day(text: str) -> datetime:
    """The end of a day that a form names (UTC), or a time so early that the kernel asks for it among the other faults."""
    try:
        return end_of(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)
