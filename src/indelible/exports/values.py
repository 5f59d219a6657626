"""Field values and moments as a reader of paper needs them: labels, units, names beside ids, zones beside times.

Values are those of the JSON interface (numbers as decimal strings with their unit); a field is a mapping
`{name, label, type, unit?, options?, fields?}` where `fields` are a group's members or a table's columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

EMPTY = "(empty)"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Field = Mapping[str, Any]
Path = tuple[str | int, ...]


def day(value: date) -> str:
    """A day nobody can misread: 03 Apr 2026 (URS-TIM-04)."""
    return f"{value.day:02d} {MONTHS[value.month - 1]} {value.year:04d}"


def utc(text: str) -> str:
    """An RFC 3339 moment as UTC to the second: 22 Nov 2026 16:19:03 UTC."""
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{day(at)} {at:%H:%M:%S} UTC"


def local(text: str, zone: str) -> str:
    """An RFC 3339 moment in an IANA zone, with its offset then: 22 Nov 2026 17:19:03 +01:00 (Europe/Berlin)."""
    return _with_offset(datetime.fromisoformat(text).astimezone(ZoneInfo(zone)), zone)


def as_signed(text: str, offset: str, zone: str) -> str:
    """A signing moment at the offset that was stored, so that no later zone rule moves it (URS-TIM-04)."""
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = offset.lstrip("+-").split(":")[:2]
    fixed = timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
    return _with_offset(datetime.fromisoformat(text).astimezone(fixed), zone)


def _with_offset(at: datetime, zone: str) -> str:
    offset = at.strftime("%z")
    return f"{day(at)} {at:%H:%M:%S} {offset[:3]}:{offset[3:5]} ({zone})"


def is_empty(value: Any) -> bool:
    """Whether nothing is entered: null, no text, an empty list or group."""
    return value is None or value == "" or value == [] or value == {}


class Speller:
    """Spells one value of a field: needs the people, files and zone that the copy carries."""

    def __init__(self, *, people: Mapping[str, str], files: Mapping[str, str], zone: str) -> None:
        self._people = people
        self._files = files
        self._zone = zone

    def spell(self, field: Field, value: Any) -> str:
        """The value in words; never shortened, and never a code without its meaning."""
        if is_empty(value):
            return EMPTY
        if isinstance(value, list):
            return self._list(field, value)
        if isinstance(value, Mapping):
            return self._mapping(field, value)
        return self._single(field, value)

    def _list(self, field: Field, value: Sequence[Any]) -> str:
        if field.get("type") == "table":
            rows = (self._mapping({**field, "type": "group"}, row) for row in value)
            return "\n".join(f"{number}. {row}" for number, row in enumerate(rows, 1))
        return "\n".join(self._single(field, item) for item in value)

    def _mapping(self, field: Field, value: Mapping[str, Any]) -> str:
        if "not_applicable" in value:
            return f"Not applicable: {value['not_applicable']}"
        if field.get("type") == "number" or set(value) <= {"value", "unit"}:
            return f"{value.get('value', '')} {value.get('unit') or ''}".strip()
        members = {member["name"]: member for member in field.get("fields", ())}
        parts = (
            (members.get(name, {"label": name}), item) for name, item in value.items() if not is_empty(item)
        )
        return "; ".join(f"{member['label']}: {self.spell(member, item)}" for member, item in parts)

    def _single(self, field: Field, value: Any) -> str:
        kind, text = field.get("type"), str(value)
        if kind == "date":
            return day(date.fromisoformat(text))
        if kind == "date-time":
            return f"{local(text, self._zone)}\n{utc(text)}"
        if kind == "days":
            return f"{text} day" if value == 1 else f"{text} days"
        if kind == "person":
            return named(text, self._people.get(text))
        if kind == "attachment":
            return f"{self._files.get(text, 'file')}\nSHA-256 {text}"
        label = (field.get("options") or {}).get(text)
        return text if label in (None, text) else f"{label} ({text})"


def named(user_id: str, name: str | None) -> str:
    """A person by printed name with the id behind it (names as well as ids, URS-CPY-02)."""
    return f"{name} ({user_id})" if name and name != user_id else user_id


def leaves(value: Any, field: Field, path: Path = ()) -> Iterator[tuple[Path, Field, Any]]:
    """The single values inside a field's value: (path, its field, value); rows by their position from 1."""
    members = {member["name"]: member for member in field.get("fields", ())}
    if field.get("type") == "table" and isinstance(value, list):
        for number, row in enumerate(value, 1):
            yield from leaves(row, {**field, "type": "group"}, (*path, number))
    elif field.get("type") == "group" and isinstance(value, Mapping) and "not_applicable" not in value:
        for name, item in value.items():
            yield from leaves(item, members.get(name, {"name": name, "label": name}), (*path, name))
    else:
        yield path, field, value


def place(field: Field, path: Path) -> str:
    """A path inside a field in words: `Actions, row 2, Owner`."""
    words, here = [str(field["label"])], field
    for step in path:
        if isinstance(step, int):
            words.append(f"row {step}")
            continue
        here = next((m for m in here.get("fields", ()) if m["name"] == step), {"label": step})
        words.append(str(here["label"]))
    return ", ".join(words)


def plain(value: Any) -> str:
    """A trail value in words: the trail keeps codes and decimals as they were recorded."""
    if is_empty(value):
        return EMPTY
    if isinstance(value, Mapping) and set(value) <= {"value", "unit"}:
        return f"{value.get('value', '')} {value.get('unit') or ''}".strip()
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "\n".join(plain(item) for item in value)
    return str(value)
