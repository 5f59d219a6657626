"""How the fields of a record are shown: words, units, flags, rows, and every earlier value in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import (
    AnyField,
    Attachment,
    Date,
    DateTime,
    Days,
    Group,
    Number,
    Person,
    RecordLink,
    Table,
    label_of,
    parts_of,
)
from indelible.web.times import day_words, moment_words


@dataclass(frozen=True, slots=True)
class Earlier:
    """A value that stood here before: what, until when, by whom replaced, and why (URS-AUD-06)."""

    old: str
    new: str
    at: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One field as the page draws it. `kind` is the declared type; `parts` are a group's, `rows` a table's."""

    path: str
    label: str
    kind: str
    help: str = ""
    text: str = ""
    href: str = ""
    flag: str = ""
    not_applicable: str = ""
    earlier: tuple[Earlier, ...] = ()
    parts: tuple[Shown, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Shown, ...], ...] = ()
    files: tuple[Mapping[str, Any], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing has been entered here."""
        return not (self.text or self.rows or self.files or any(not part.empty for part in self.parts))

    @property
    def wide(self) -> bool:
        """Whether the field takes the whole width of the page."""
        return self.kind in ("long text", "group", "attachment") and not self.empty


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page needs beside the values to show them: zone, names of people, files, earlier values."""

    zone: str = "UTC"
    names: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Mapping[str, Any]] = ()
    earlier: Mapping[str, Sequence[Earlier]] = field(default_factory=dict)


def shown_fields(declaration: Declaration, values: Mapping[str, Any], reading: Reading) -> list[Shown]:
    """Every declared field in its order, with what the record says."""
    return [shown(name, f, values.get(name), reading) for name, f in declaration.fields.items()]


def shown(path: str, declared: AnyField, value: Any, reading: Reading) -> Shown:
    """One field with its value, a group and a table with their parts."""
    name = path.rpartition(".")[2]
    base: dict[str, Any] = {
        "path": path,
        "label": label_of(name, declared),
        "kind": declared.type,
        "help": declared.help,
    }
    base["earlier"] = tuple(reading.earlier.get(path, ()))
    if isinstance(value, Mapping) and "not_applicable" in value:
        reason = str(value["not_applicable"])
        return Shown(**base, text="Not applicable", not_applicable=reason)
    if isinstance(declared, Group):
        inside = value if isinstance(value, Mapping) else {}
        return Shown(**base, parts=_parts(path, declared, inside, reading))
    if isinstance(declared, Table):
        titles = tuple(label_of(n, c) for n, c in declared.columns.items())
        lines = tuple(_parts(path, declared, row, _without_earlier(reading)) for row in value or ())
        return Shown(**base, columns=titles, rows=lines)
    if isinstance(declared, Attachment):
        return Shown(**base, files=tuple(f for f in reading.files if f.get("field") == path))
    return Shown(
        **base, text=words(declared, value, reading), href=_href(declared, value), flag=_flag(declared, value)
    )


def _parts(path: str, declared: AnyField, values: Mapping[str, Any], reading: Reading) -> tuple[Shown, ...]:
    return tuple(
        shown(f"{path}.{name}", part, values.get(name), reading) for name, part in parts_of(declared).items()
    )


def _without_earlier(reading: Reading) -> Reading:
    return Reading(zone=reading.zone, names=reading.names, files=reading.files)


def words(declared: AnyField | None, value: Any, reading: Reading) -> str:
    """A value as a reader says it; "" for none. What cannot be read by its type is shown as it is."""
    if value is None or value == [] or value == "":
        return ""
    say: dict[type[Any], Callable[[Any], str]] = {
        Number: _number_words,
        Date: lambda v: _or_as_is(day_words_of, v),
        DateTime: lambda v: _or_as_is(lambda text: moment_words(text, reading.zone), v),
        Days: lambda v: f"{v} day" if str(v) == "1" else f"{v} days",
        Person: lambda v: reading.names.get(str(v), str(v)),
    }
    if declared is not None and type(declared) in say:
        return say[type(declared)](value)
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {v}" for k, v in value.items() if v is not None)
    return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)


def day_words_of(text: str) -> str:
    """An ISO day as words; ValueError where it is none."""
    return day_words(date.fromisoformat(text))


def _or_as_is(say: Callable[[str], str], value: Any) -> str:
    try:
        return say(str(value))
    except ValueError:
        return str(value)


def _number_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value.get('value', '')} {value.get('unit', '')}".strip()
    return str(value)


def _href(declared: AnyField, value: Any) -> str:
    return f"/records/{value}" if isinstance(declared, RecordLink) and value else ""


def _flag(declared: AnyField, value: Any) -> str:
    """A sentence where a number lies beyond its acceptance limits (URS-OPS-05), else ""."""
    if not isinstance(declared, Number) or declared.limits is None or not isinstance(value, Mapping):
        return ""
    try:
        number = Decimal(str(value.get("value")))
    except InvalidOperation:
        return ""
    low, high = declared.limits.low, declared.limits.high
    if low is not None and number < low:
        return f"Below the acceptance limit of {low} {declared.unit}"
    if high is not None and number > high:
        return f"Above the acceptance limit of {high} {declared.unit}"
    return ""
