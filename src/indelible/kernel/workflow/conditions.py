"""Conditions of steps: CEL expressions whose names are checked, tried at load, and that fail closed.

Common Expression Language (https://cel.dev). An expression sees every declared field (an empty one is
null), `now`, `entered('state')`, `due()` and `linked('kind')`, the count of linked records. A number is its value, a day count a duration, a date the
beginning of that day at the record's site. Anything but true is a refusal: false, null, an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import cel

from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import (
    AnyField,
    Attachment,
    Choice,
    Date,
    DateTime,
    Days,
    Group,
    MultiChoice,
    Number,
    Table,
    parts_of,
)

FUNCTIONS: Final = frozenset(
    {"size", "all", "exists", "exists_one", "filter", "map", "has", "duration", "string"}
)
OWN_FUNCTIONS: Final = frozenset({"entered", "due", "linked"})
CONSTANTS: Final = frozenset({"true", "false", "null", "in"})
_KEYWORDS: Final = (
    "as break const continue else for function if import let loop package namespace return var void while"
)
RESERVED: Final = CONSTANTS | {*_KEYWORDS.split()}
"""Words no field or part may be called: they belong to the language of expressions."""
RESERVED_ABOVE: Final = RESERVED | FUNCTIONS | OWN_FUNCTIONS | {"now"}
"""Words no field may be called; a part always stands after a dot and cannot be mistaken for these."""
_STRING: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NAME: Final = re.compile(r"(\.?)\s*([A-Za-z_][A-Za-z0-9_]*)\s*(\(?)")
_ENTERED: Final = re.compile(r"\bentered\s*\(\s*(?:'([^']*)'|\"([^\"]*)\")?")
_LINKED: Final = re.compile(r"\blinked\s*\(\s*(?:'([^']*)'|\"([^\"]*)\")?")
_BOUND: Final = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*,")


class ConditionError(ValueError):
    """An expression that cannot be relied on, with the code of its fault."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an expression sees besides the fields: all times aware, `zone` the record's site."""

    now: datetime
    entered: Mapping[str, datetime]
    due: datetime | None
    linked: Mapping[str, int]
    zone: str = "UTC"


@lru_cache(maxsize=1024)
def compiled(expression: str) -> cel.Program:
    """The parsed expression; a ConditionError where it is not CEL."""
    try:
        return cel.compile(expression)
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise ConditionError("condition_unreadable", f"{expression!r} is not CEL: {first}") from None


def holds(expression: str, declaration: Declaration, values: Mapping[str, Any], at: Circumstances) -> bool:
    """Whether the expression is exactly true now; an error, null or another kind of value is no."""
    try:
        return evaluated(expression, declaration, values, at) is True
    except ConditionError:
        return False


def evaluated(expression: str, declaration: Declaration, values: Mapping[str, Any], at: Circumstances) -> Any:
    """The expression's value; a ConditionError where it cannot be computed."""
    program = compiled(expression)
    names = {name: seen(field, values.get(name), at.zone) for name, field in declaration.fields.items()}
    functions: dict[str, Callable[..., Any]] = {
        "entered": at.entered.get,
        "due": lambda: at.due,
        "linked": lambda kind: at.linked.get(kind, 0),
    }
    try:
        return program.execute({**names, **functions, "now": at.now})
    except Exception as error:  # the CEL library raises many kinds; each of them is a refusal
        raise ConditionError("condition_fails", f"{expression!r} cannot be computed: {error}") from None


def seen(field: AnyField, value: Any, zone: str) -> Any:
    """One stored value as CEL sees it; null where it is empty or not applicable."""
    if isinstance(field, Group):
        whole = value if isinstance(value, dict) and "not_applicable" not in value else {}
        return {name: seen(part, whole.get(name), zone) for name, part in field.fields.items()}
    if value is None or (isinstance(value, dict) and "not_applicable" in value):
        return None
    if isinstance(field, Table):
        return [{n: seen(c, row.get(n), zone) for n, c in field.columns.items()} for row in value]
    return _scalar(field, value, zone)


def _scalar(field: AnyField, value: Any, zone: str) -> Any:
    if isinstance(field, Number):
        return float(Decimal(value["value"]))
    if isinstance(field, Days):
        return timedelta(days=value)
    if isinstance(field, DateTime):
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(field, Date):
        day = date.fromisoformat(value)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return value


def check_condition(expression: str, declaration: Declaration) -> None:
    """Raise a ConditionError unless every name is known and every filled sample gives true or false."""
    compiled(expression)
    _check_names(expression, declaration)
    for last in (False, True):
        values = {name: sample(field, last=last) for name, field in declaration.fields.items()}
        result = evaluated(expression, declaration, values, _sample_times(declaration))
        if not isinstance(result, bool):
            raise ConditionError(
                "condition_not_boolean", f"{expression!r} gives {result!r}, not true or false"
            )


def linked_names(expression: str) -> set[str]:
    """The kinds of link an expression counts; an empty one where the argument is no plain word."""
    return {match[1] or match[2] or "" for match in _LINKED.finditer(expression)}


def _check_names(expression: str, declaration: Declaration) -> None:
    bound = set(_BOUND.findall(expression))
    parts = {part for field in declaration.fields.values() for part in parts_of(field)}
    known = {*declaration.fields, "now", *CONSTANTS, *bound}
    for match in _ENTERED.finditer(expression):
        if (match[1] or match[2]) not in declaration.states:
            raise ConditionError("condition_unknown_name", f"{expression!r}: entered() needs a state's name")
    for dot, name, call in _NAME.findall(_STRING.sub("''", expression)):
        allowed = (FUNCTIONS | (frozenset() if dot else OWN_FUNCTIONS)) if call else parts if dot else known
        if name not in allowed:
            raise ConditionError("condition_unknown_name", f"{expression!r}: nothing is called {name!r}")


def _sample_times(declaration: Declaration) -> Circumstances:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    entered = {state: moment - timedelta(days=n) for n, state in enumerate(reversed(declaration.states))}
    return Circumstances(now=moment, entered=entered, due=moment + timedelta(days=5), linked={})


def sample(field: AnyField, *, last: bool = False) -> Any:
    """A believable stored value of a field, for trying expressions and for examples."""
    if isinstance(field, Group):
        return {name: sample(part, last=last) for name, part in field.fields.items()}
    if isinstance(field, Table):
        row = {name: sample(column, last=last) for name, column in field.columns.items()}
        return [row, row]
    if isinstance(field, Choice):
        return field.options[-1 if last else 0]
    if isinstance(field, MultiChoice):
        return list(field.options[-1:] if last else field.options)
    return _simple_sample(field, last=last)


def _simple_sample(field: AnyField, *, last: bool) -> Any:
    if isinstance(field, Number):
        bounds = field.possible
        edge = None if bounds is None else bounds.max if last else bounds.min
        other = None if bounds is None else bounds.min if last else bounds.max
        number = next((n for n in (edge, other) if n is not None), Decimal(1))
        return {"value": str(number), "unit": field.unit}
    if isinstance(field, Days):
        return field.max if last else field.min
    if isinstance(field, Attachment):
        return ["0" * 64]
    return {"date": "2026-02-28", "date-time": "2026-02-28T09:30:00+01:00"}.get(field.type, "Sample")
