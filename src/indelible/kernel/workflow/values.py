"""Values of declared fields: checked, brought to their one stored form, compared and referred to.

The shapes are those of the API: text str; number `{"value": "9.90", "unit": "mg"}`; date `2026-11-22`;
date-time RFC 3339 with offset; days int; choice str; multi-choice list; person user id; record link
number; group object; table list of objects; attachment list of SHA-256. Empty is absent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from indelible.kernel.audit.types import Refusal, check_reason, visible_text
from indelible.kernel.workflow import events
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import (
    AnyField,
    Attachment,
    Choice,
    Date,
    DateTime,
    Days,
    Group,
    LongText,
    MultiChoice,
    Number,
    Person,
    RecordLink,
    ShortText,
    Table,
)

TEXT_LIMIT: Final = 100_000
LINE_LIMIT: Final = 200
NOT_APPLICABLE: Final = "not_applicable"
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?\Z", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})\Z",
    re.ASCII,
)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_YEARS: Final = range(1900, 2201)


class _Slip(ValueError):  # noqa: N818  (a typing slip of a person, not an error of ours)
    """A value that does not fit; the text is shown at the field, `part` where inside it."""

    def __init__(self, why: str, part: str = "") -> None:
        super().__init__(why)
        self.part = part


@dataclass(frozen=True, slots=True)
class Moment:
    """The database's time (aware) and the zone of the record's site, against which days are judged."""

    now: datetime
    zone: str

    @property
    def today(self) -> date:
        """The calendar day at the site."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True, slots=True)
class References:
    """What values point to outside themselves; `records` maps a number to the processes it may be of."""

    people: frozenset[str]
    records: Mapping[str, frozenset[str]]
    files: frozenset[str]


def cleaned(declaration: Declaration, given: Mapping[str, Any], at: Moment) -> dict[str, Any]:
    """The given fields in stored form, None where empty.

    Raises Refusal: an unknown field, or a value that does not fit, with a message for each path.
    """
    unknown = [str(name)[:80] for name in given if name not in declaration.fields]
    if unknown:
        told = dict.fromkeys(unknown, "There is no such field in this process.")
        raise Refusal(events.UNKNOWN_FIELD, f"Unknown: {', '.join(unknown)}.", told)
    values: dict[str, Any] = {}
    slips: dict[str, str] = {}
    for name, value in given.items():
        try:
            values[name] = clean(declaration.fields[name], value, at)
        except _Slip as slip:
            slips[f"{name}.{slip.part}" if slip.part else name] = str(slip)
    if slips:
        listed = "; ".join(f"{path}: {why}" for path, why in slips.items())
        raise Refusal(events.WRONG_VALUE, f"Please look again at {listed}", slips)
    return values


def clean(field: AnyField, value: Any, at: Moment) -> Any:
    """One value in stored form, None where it is empty."""
    if value is None:
        return None
    if isinstance(value, dict) and NOT_APPLICABLE in value:
        return _not_applicable(field, value)
    return _CLEANERS[type(field)](field, value, at)


def _not_applicable(field: AnyField, value: dict[str, Any]) -> dict[str, str]:
    if not field.not_applicable:
        raise _Slip("This field always applies.")
    reason = value[NOT_APPLICABLE]
    if len(value) != 1 or not isinstance(reason, str):
        raise _Slip('Say why it does not apply: {"not_applicable": "reason"}.')
    try:
        return {NOT_APPLICABLE: check_reason(_text(reason, LINE_LIMIT * 10))}
    except Refusal as refusal:
        raise _Slip(f"Say why it does not apply. {refusal.detail}") from None


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str):
        raise _Slip("A text is expected.")
    if len(value) > limit:
        raise _Slip(f"At most {limit:,} characters; this has {len(value):,}.")
    if any(unicodedata.category(c) == "Cs" or (c < " " and c not in "\t\n\r") for c in value):
        raise _Slip("It holds a character that no paper can show (a NUL or another control character).")
    return value.replace("\r\n", "\n")


def _short(_: AnyField, value: Any, __: Moment) -> str | None:
    text = _text(value, LINE_LIMIT)
    if "\n" in text or "\r" in text:
        raise _Slip("One line is expected.")
    return text if visible_text(text) else None


def _long(_: AnyField, value: Any, __: Moment) -> str | None:
    text = _text(value, TEXT_LIMIT)
    return text if visible_text(text) else None


def _number(field: Number, value: Any, _: Moment) -> dict[str, str] | None:
    if not isinstance(value, dict) or not set(value) <= {"value", "unit"}:
        raise _Slip(f'Write it as {{"value": "9.90", "unit": "{field.unit}"}}.')
    number = value.get("value")
    if number is None or number == "":
        return None
    if not isinstance(number, str) or not _DECIMAL.match(number):
        raise _Slip("A decimal number as text is expected, for example 9.90; its precision is kept.")
    if value.get("unit") != field.unit:
        raise _Slip(f"The unit here is {field.unit}.")
    _possible(field, Decimal(number))
    return {"value": number, "unit": field.unit}


def _possible(field: Number, number: Decimal) -> None:
    bounds = field.possible
    if bounds is not None and bounds.min is not None and number < bounds.min:
        raise _Slip(f"Less than {bounds.min} {field.unit} is not possible here.")
    if bounds is not None and bounds.max is not None and number > bounds.max:
        raise _Slip(f"More than {bounds.max} {field.unit} is not possible here.")


def _day(field: Date, value: Any, at: Moment) -> str | None:
    if value == "":
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and _DAY.match(value) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise _Slip("A day is expected, for example 2026-11-22.")
    if field.past and day > at.today:
        raise _Slip("This day has not come yet.")
    return day.isoformat()


def _instant(field: DateTime, value: Any, at: Moment) -> str | None:
    if value == "":
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and _INSTANT.match(value) else None
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise _Slip("A time with its offset is expected, for example 2026-11-22T09:30:00+01:00.")
    if field.past and moment > at.now:
        raise _Slip("This time has not come yet.")
    return _with_seconds(str(value))


def _with_seconds(typed: str) -> str:
    """The time as typed, in the form RFC 3339 asks for: seconds are never left out there."""
    minute = len("2026-11-22T09:30")
    return typed if typed[minute] == ":" else f"{typed[:minute]}:00{typed[minute:]}"


def _count(field: Days, value: Any, _: Moment) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Slip("A whole number of days is expected.")
    if not field.min <= value <= field.max:
        raise _Slip(f"Between {field.min} and {field.max} days.")
    return value


def _choice(field: Choice, value: Any, _: Moment) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str) or value not in field.options:
        raise _Slip(f"One of: {', '.join(field.options)}.")
    return value


def _choices(field: MultiChoice, value: Any, _: Moment) -> list[str] | None:
    known = isinstance(value, list) and all(isinstance(v, str) and v in field.options for v in value)
    if not known or len(set(value)) != len(value):
        raise _Slip(f"A list, each at most once, of: {', '.join(field.options)}.")
    return [option for option in field.options if option in value] or None


def _name(_: AnyField, value: Any, __: Moment) -> str | None:
    text = _text(value, LINE_LIMIT)
    return text if visible_text(text) else None


def _files(_: AnyField, value: Any, __: Moment) -> list[str] | None:
    known = isinstance(value, list) and all(isinstance(v, str) and _DIGEST.match(v) for v in value)
    if not known or len(set(value)) != len(value) or len(value) > 200:
        raise _Slip("A list of the SHA-256 of files that this record carries.")
    return list(value) or None


def _group(field: Group, value: Any, at: Moment) -> dict[str, Any] | None:
    return _parts(field.fields, value, at) or None


def _parts(parts: Mapping[str, AnyField], value: Any, at: Moment, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Slip("An object of its parts is expected.", prefix.rstrip("."))
    for name in value:
        if name not in parts:
            raise _Slip("There is no such part.", f"{prefix}{str(name)[:80]}")
    kept: dict[str, Any] = {}
    for name in (name for name in parts if name in value):
        try:
            made = clean(parts[name], value[name], at)
        except _Slip as slip:
            raise _Slip(str(slip), f"{prefix}{name}") from None
        if made is not None:
            kept[name] = made
    return kept


def _table(field: Table, value: Any, at: Moment) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        raise _Slip("A list of rows is expected.")
    if len(value) > field.rows:
        raise _Slip(f"At most {field.rows} rows.")
    rows = [_parts(field.columns, row, at, f"{place}.") for place, row in enumerate(value)]
    for place, row in enumerate(rows):
        missing = [name for name in field.required if name not in row]
        if row and missing:
            raise _Slip("Each row needs this.", f"{place}.{missing[0]}")
    return [row for row in rows if row] or None


_CLEANERS: Final[Mapping[type, Callable[[Any, Any, Moment], Any]]] = {
    ShortText: _short,
    LongText: _long,
    Number: _number,
    Date: _day,
    DateTime: _instant,
    Days: _count,
    Choice: _choice,
    MultiChoice: _choices,
    Person: _name,
    RecordLink: _name,
    Attachment: _files,
    Group: _group,
    Table: _table,
}


def scalars(declaration: Declaration, values: Mapping[str, Any]) -> Iterator[tuple[str, AnyField, Any]]:
    """Every filled value that has no parts, with its path (`actions.0.owner`) and its field."""
    for name, value in values.items():
        field = declaration.fields[name]
        if value is None or (isinstance(value, dict) and NOT_APPLICABLE in value):
            continue
        if isinstance(field, Group):
            yield from ((f"{name}.{part}", field.fields[part], v) for part, v in value.items())
        elif isinstance(field, Table):
            for place, row in enumerate(value):
                yield from ((f"{name}.{place}.{c}", field.columns[c], v) for c, v in row.items())
        else:
            yield name, field, value


def references(declaration: Declaration, values: Mapping[str, Any]) -> References:
    """The people, records and files that values name."""
    people: set[str] = set()
    records: dict[str, frozenset[str]] = {}
    files: set[str] = set()
    for _, field, value in scalars(declaration, values):
        if isinstance(field, Person):
            people.add(value)
        elif isinstance(field, RecordLink):
            records[value] = frozenset(field.to)
        elif isinstance(field, Attachment):
            files.update(value)
    return References(frozenset(people), records, frozenset(files))


def is_filled(declaration: Declaration, path: str, values: Mapping[str, Any]) -> bool:
    """Whether a needed path holds a value: all demanded parts of a group, at least one row of a table."""
    top, _, part = path.partition(".")
    field, value = declaration.fields[top], values.get(top)
    if value is None:
        return False
    if isinstance(value, dict) and NOT_APPLICABLE in value:
        return True
    if isinstance(field, Group):
        return all(value.get(name) is not None for name in ((part,) if part else field.demanded))
    if isinstance(field, Table) and part:
        return all(row.get(part) is not None for row in value)
    return True


def outside_limits(field: AnyField, value: Any) -> str:
    """In words how a value lies beyond its acceptance limits, or nothing (URS-OPS-05)."""
    if (
        not isinstance(field, Number)
        or field.limits is None
        or not isinstance(value, dict)
        or "value" not in value
    ):
        return ""
    number, limits = Decimal(value["value"]), field.limits
    if limits.low is not None and number < limits.low:
        return f"below the limit of {limits.low} {field.unit}"
    if limits.high is not None and number > limits.high:
        return f"above the limit of {limits.high} {field.unit}"
    return ""
