"""Addresses of lists: the filters as typed, the next page, the same question to the machines' door."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

API = "/api/v1"


def asked(query: QueryDict, names: tuple[str, ...]) -> dict[str, str]:
    """The named filters as the person typed them, each at most 200 characters."""
    return {name: query.get(name, "").replace("\x00", "")[:200].strip() for name in names}


def address(path: str, query: Mapping[str, str], **more: str) -> str:
    """A path with the filters that say something."""
    said = {name: value for name, value in {**query, **more}.items() if value}
    return f"{path}?{urlencode(said)}" if said else path


def start_of(day: str, zone: str) -> datetime | None:
    """The first instant of a calendar day in a zone; None where the text is no day (YYYY-MM-DD)."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone))
    except ValueError:
        return None


def end_of(day: str, zone: str) -> datetime | None:
    """The first instant after a calendar day in a zone; None where the text is no day."""
    try:
        return start_of((date.fromisoformat(day) + timedelta(days=1)).isoformat(), zone)
    except (ValueError, OverflowError):
        return None


def unreadable_days(query: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    """The names of filters that hold something that is no day."""
    return [name for name in names if query.get(name) and start_of(query[name], "UTC") is None]


def key_of(text: str) -> int:
    """The number by which a form names a row; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
