"""The form of a declaration: which inputs a person gets, and what a posted form says as field values.

Nothing is judged here: a value that cannot be read by its type goes to the kernel as it was typed, which
refuses it by name (decision D6: no door ever hands over a rule).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import (
    AnyField,
    Attachment,
    Choice,
    DateTime,
    Days,
    Group,
    LongText,
    MultiChoice,
    Number,
    Table,
    label_of,
    parts_of,
)
from indelible.web.fields import Reading, words
from indelible.web.times import is_repeated, local_to_instant, zoned

PREFIX = "f."


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a form. `name` is its HTML name, `value` what stands in it, `shown` a closed one's words."""

    name: str
    path: str
    label: str
    kind: str
    help: str = ""
    value: Any = ""
    shown: str = ""
    error: str = ""
    unit: str = ""
    required: bool = False
    closed: bool = False
    repeated: bool = False
    can_be_not_applicable: bool = False
    not_applicable: str = ""
    options: tuple[str, ...] = ()
    parts: tuple[Input, ...] = ()
    rows: tuple[tuple[Input, ...], ...] = ()
    blank: tuple[Input, ...] = ()
    grows: bool = False
    """Rows can be added: what each row must say is open, whatever else of it is not."""
    shrinks: bool = False
    """Rows can be taken away: nothing in them is closed."""

    @property
    def identity(self) -> str:
        """The HTML id: the name without dots."""
        return self.name.replace(".", "-")

    @property
    def place(self) -> str:
        """The name without its prefix: `actions.0.what`."""
        return self.name.removeprefix(PREFIX)


@dataclass(frozen=True, slots=True)
class Form:
    """What a form is made from: declaration, paths open to this person now, errors by path, names of people."""

    declaration: Declaration
    open: frozenset[str]
    required: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    own_rows: frozenset[str] = frozenset()
    """Columns open only in rows whose `owner` is `person`."""
    person: str = ""

    def with_errors(self, errors: Mapping[str, str]) -> Form:
        """The same form with errors by place."""
        return replace(self, errors=errors)

    def inputs(self, values: Mapping[str, Any]) -> list[Input]:
        """The inputs of every field of which something is open, in the declared order."""
        named = self.declaration.fields.items()
        return [self._input(n, n, f, values.get(n)) for n, f in named if self._touches(n)]

    def values(self, post: QueryDict, base: Mapping[str, Any]) -> dict[str, Any]:
        """What a posted form says of the open fields; closed parts of groups and tables come from `base`."""
        said = {}
        for name, declared in self.declaration.fields.items():
            if self._touches(name) and not isinstance(declared, Attachment):
                said[name] = self._value(name, name, declared, post, base.get(name))
        return said

    def _touches(self, path: str) -> bool:
        return any(leaf in self.open or leaf in self.own_rows for leaf in self.declaration.leaves_of(path))

    def _is_open(self, path: str, row: Mapping[str, Any] | None = None) -> bool:
        mine = row is not None and bool(self.person) and row.get("owner") == self.person
        return path in self.open or (mine and path in self.own_rows)

    # inputs

    def _input(
        self, path: str, at: str, declared: AnyField, value: Any, row: Mapping[str, Any] | None = None
    ) -> Input:
        name = path.rpartition(".")[2]
        common: dict[str, Any] = {
            "name": f"{PREFIX}{at}",
            "path": path,
            "label": label_of(name, declared),
            "kind": declared.type,
            "help": declared.help,
            "required": path in self.required,
            "error": self.errors.get(at) or self.errors.get(path, ""),
            "can_be_not_applicable": declared.not_applicable,
        }
        if isinstance(value, Mapping) and "not_applicable" in value:
            common["not_applicable"] = str(value["not_applicable"])
            value = None
        if isinstance(declared, Group):
            inside = value if isinstance(value, Mapping) else {}
            parts = parts_of(declared).items()
            return Input(
                **common,
                parts=tuple(self._input(f"{path}.{n}", f"{at}.{n}", p, inside.get(n)) for n, p in parts),
            )
        if isinstance(declared, Table):
            return self._table(path, at, declared, value, common)
        if not self._is_open(path, row):
            return Input(**common, closed=True, shown=words(declared, value, self.reading))
        return Input(**common, **self._simple(declared, value))

    def _table(self, path: str, at: str, declared: Table, value: Any, common: dict[str, Any]) -> Input:
        rows = value if isinstance(value, list) else []
        grows = self._grows(path, declared)
        shrinks = grows and self._shrinks(path, declared, rows)
        lines = tuple(self._row(path, f"{at}.{i}", declared, row) for i, row in enumerate(rows))
        blank = self._row(path, f"{at}.__row__", declared, {})
        return Input(**common, rows=lines, grows=grows, shrinks=shrinks, blank=blank)

    def _grows(self, path: str, declared: Table) -> bool:
        """A plan's actions are written before the day they are done is open: required columns decide."""
        wanted = declared.required or tuple(declared.columns)
        return all(self._is_open(f"{path}.{name}") for name in wanted)

    def _shrinks(self, path: str, declared: Table, rows: list[Any]) -> bool:
        """The kernel lets a row go only where all that stands in it is open."""
        closed = [name for name in declared.columns if not self._is_open(f"{path}.{name}")]
        return not any(
            row.get(name) is not None for row in rows if isinstance(row, Mapping) for name in closed
        )

    def _row(self, path: str, at: str, declared: Table, row: Any) -> tuple[Input, ...]:
        values = row if isinstance(row, Mapping) else {}
        columns = declared.columns.items()
        return tuple(self._input(f"{path}.{n}", f"{at}.{n}", c, values.get(n), values) for n, c in columns)

    def _simple(self, declared: AnyField, value: Any) -> dict[str, Any]:
        if isinstance(declared, Choice | MultiChoice):
            typed = value if isinstance(value, list) else [value] if value else []
            strange = tuple(str(v) for v in typed if v not in declared.options)
            return {"options": (*declared.options, *strange), "value": value or []}
        if isinstance(declared, Number):
            said = value.get("value", "") if isinstance(value, Mapping) else value
            return {"unit": declared.unit, "value": said if said is not None else ""}
        if isinstance(declared, DateTime) and value:
            return self._moment(str(value))
        return {"value": "" if value is None else value}

    def _moment(self, value: str) -> dict[str, Any]:
        try:
            local = zoned(value, self.reading.zone)
        except ValueError:
            return {"value": value}
        text = local.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
        return {"value": text, "repeated": is_repeated(text, self.reading.zone)}

    # values

    def _value(
        self,
        path: str,
        at: str,
        declared: AnyField,
        post: QueryDict,
        base: Any,
        row: Mapping[str, Any] | None = None,
    ) -> Any:
        reason = post.get(f"na.{at}", "")
        if declared.not_applicable and reason.strip():
            return {"not_applicable": reason}
        if isinstance(declared, Group):
            inside = base if isinstance(base, Mapping) else {}
            said = {
                n: self._value(f"{path}.{n}", f"{at}.{n}", p, post, inside.get(n))
                for n, p in parts_of(declared).items()
            }
            return said if any(v is not None for v in said.values()) else None
        if isinstance(declared, Table):
            return self._rows(path, declared, post, base if isinstance(base, list) else []) or None
        if not self._is_open(path, row):
            return base
        return self._typed(declared, post, f"{PREFIX}{at}")

    def _rows(self, path: str, declared: Table, post: QueryDict, base: list[Any]) -> list[dict[str, Any]]:
        rows = []
        grows = self._grows(path, declared)
        removed = post.get("remove_row", "") if grows and self._shrinks(path, declared, base) else ""
        for index in posted_rows(post, path) if grows else range(len(base)):
            if removed == f"{path}.{index}":
                continue
            old = base[index] if index < len(base) and isinstance(base[index], Mapping) else {}
            row = {
                n: self._value(f"{path}.{n}", f"{path}.{index}.{n}", c, post, old.get(n), old)
                for n, c in declared.columns.items()
            }
            if any(v is not None for v in row.values()):
                rows.append(row)
        return rows

    def _typed(self, declared: AnyField, post: QueryDict, name: str) -> Any:
        if isinstance(declared, MultiChoice):
            return [str(v) for v in post.getlist(name)] or None
        text = str(post.get(name, "")).replace("\r\n", "\n")
        if not text.strip():
            return None
        if isinstance(declared, LongText):
            return text
        return self._read(declared, text, fold=1 if post.get(f"{name}.fold") == "1" else 0)

    def _read(self, declared: AnyField, text: str, *, fold: int) -> Any:
        if isinstance(declared, Number):
            return {"value": text.strip(), "unit": declared.unit}
        if isinstance(declared, Days):
            return int(text) if text.strip().isascii() and text.strip().isdigit() else text
        if isinstance(declared, DateTime):
            return local_to_instant(text.strip(), self.reading.zone, fold=fold) or text
        return text.strip()


def posted_rows(post: Mapping[str, Any], path: str) -> list[int]:
    """The indexes of a table's rows in a posted form, in order; what is no row number is not a row."""
    lead = f"{PREFIX}{path}."
    found = {name[len(lead) :].partition(".")[0] for name in post if name.startswith(lead)}
    return sorted(int(index) for index in found if index.isascii() and index.isdigit() and len(index) < 6)


def asks_for_rows(post: Mapping[str, Any]) -> bool:
    """Whether a button of the form asked for a row more or less: then it is shown again, nothing is saved."""
    return bool(post.get("add_row") or post.get("remove_row"))


def with_row_added(values: dict[str, Any], post: Mapping[str, Any], tables: Iterable[str]) -> dict[str, Any]:
    """The values with an empty row more in the table whose button was pressed (works without JavaScript)."""
    path = str(post.get("add_row", ""))
    return {**values, path: [*(values.get(path) or []), {}]} if path in set(tables) else values
