"""Printed names beside the ids that entries of the trail hold in fields of type person: an id is not a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.records import queries as records
from indelible.kernel.workflow import processes
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import AnyField, Person, parts_of
from indelible.web.form_paths import plain_rows

OWNER: Final = Person(type="person", label="Owner")
"""The record's own column that names a person; the other columns hold none."""


def named(actor: Actor, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items with every person in their changes as `Ana Kowalska (ana)`, and `for` whom another acted by name; an id
    nobody has stays as it is.

    Costs two queries for a page of any length: the records it names, and the people.
    """
    declared = _declarations(actor, {str(item["record"]) for item in items if item["record"]})
    places = [
        (change, _field(declared.get(str(item["record"])), str(change["field"])))
        for item in items
        for change in item["changes"]
    ]
    ids = {i for c, field in places if field for value in (c["old"], c["new"]) for i in _ids(field, value)}
    ids |= {str(item["on_behalf_of"]) for item in items if item["on_behalf_of"]}
    names = people.names_of(ids) if ids else {}
    told = iter([_with_names(change, field, names) for change, field in places])
    return [
        {
            **item,
            "for": names.get(str(item["on_behalf_of"]), ""),
            "changes": [next(told) for _ in item["changes"]],
        }
        for item in items
    ]


def _declarations(actor: Actor, numbers: set[str]) -> dict[str, Declaration]:
    found = {}
    for record in records.visible_to(actor).filter(number__in=numbers) if numbers else ():
        try:
            found[record.number] = processes.pinned(record)
        except Refusal:  # a damaged declaration is told on the record's own page; here its ids stay bare
            continue
    return found


def _field(declaration: Declaration | None, path: str) -> AnyField | None:
    if declaration is None:
        return None
    return declaration.field(plain_rows(path)) or (OWNER if path == "owner" else None)


def _ids(field: AnyField, value: Any) -> Iterator[str]:
    if isinstance(field, Person):
        if isinstance(value, str):
            yield value
        return
    for row in _rows(value):
        for name, part in parts_of(field).items():
            yield from _ids(part, row.get(name))


def _rows(value: Any) -> Iterable[Mapping[str, Any]]:
    return [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, Mapping)]


def _with_names(
    change: Mapping[str, Any], field: AnyField | None, names: Mapping[str, str]
) -> dict[str, Any]:
    if field is None:
        return dict(change)
    return {**change, "old": _told(field, change["old"], names), "new": _told(field, change["new"], names)}


def _told(field: AnyField, value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(field, Person):
        return f"{names[value]} ({value})" if isinstance(value, str) and value in names else value
    if isinstance(value, list):
        return [_told(field, row, names) for row in value]
    parts = parts_of(field)
    if not isinstance(value, Mapping) or not parts:
        return value
    return {name: _told(parts[name], part, names) if name in parts else part for name, part in value.items()}
