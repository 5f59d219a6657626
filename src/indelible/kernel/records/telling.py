"""How row events read as changes: labels for columns and fields, names for keys, nothing secret."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django.db import connection
from django.db.models import ForeignKey, Model
from django.db.models.fields.reverse_related import ForeignObjectRel

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.models import Grant, LegalEntity, Person, Site
from indelible.kernel.records.differences import changes, declared_path, parsed
from indelible.kernel.records.models import Attachment, Link, Record
from indelible.kernel.records.queries import visible_to
from indelible.kernel.records.types import Labels, TrailChange

NOT_SHOWN: Final = "changed (not shown)"
HIDDEN: Final = "a record you may not see"

_SILENT_TABLES: Final = (
    "records_counter",
    "records_revision",
    "files_blob",
    "signatures_period",
    "workflow_passage",
)
"""Told another way: the counter by the number it gave, a revision by its fields, bytes by the attachment, a period by its
signatures, a passage by the record's state."""

_SILENT: Final[Mapping[str, frozenset[str]]] = {
    "records_record": frozenset(
        {
            "values",
            "title",
            "revision",
            "digest",
            "fingerprint",
            "created_at",
            "updated_at",
            "state_entered_at",
        }
    ),
    "records_link": frozenset({"author", "back"}),
    "records_link_end": frozenset({"author"}),
}
_SILENT_WHEN_MADE: Final[Mapping[str, frozenset[str]]] = {
    "signatures_signature": frozenset(
        {"manifest", "position", "period_id", "revision_id", "person_id", "record_id", "signed_at"}
    ),
}
"""Keys and bytes behind what a new row says in words; a later change of one is told."""
_DERIVED: Final = re.compile(r"^(id|act|skeleton|.+_skeleton|.+_key)$")

_EVENTS: Final = """
    select coalesce(act, id), tbl, op, old, new from audit.events
     where (act = any(%(ids)s) and tbl <> all(%(silent)s) and kind <> 'baseline') or (id = any(%(ids)s) and act is null)
     order by id
"""
_CONTENTS: Final = """
    select v.act, r.process, r.fingerprint, v.content, p.content from public.records_revision as v
      join public.records_record as r on r.id = v.record_id
      left join public.records_revision as p on p.record_id = v.record_id and p.number = v.number - 1
     where v.act = any(%(ids)s) order by v.id
"""


def plain_label(_process: str, _fingerprint: str, path: str) -> str:
    """A label made of the path alone, for where no declaration is at hand: `root_cause` is Root cause."""
    words = path.replace("_", " ").replace(".", ": ").strip()
    return words[:1].upper() + words[1:]


def changes_of(
    actor: Actor, acts: Sequence[int], labels: Labels = plain_label
) -> dict[int, list[TrailChange]]:
    """What each of these acts (or direct writes, by event id) changed, old and new, content fields first."""
    found: dict[int, list[TrailChange]] = defaultdict(list)
    if not acts:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_CONTENTS, {"ids": list(acts)})
        for act, process, fingerprint, new, old in cursor.fetchall():
            before = parsed(old) if old is not None else {}
            found[act] += _told_content(before, parsed(new), process, fingerprint, labels)
        cursor.execute(_EVENTS, {"ids": list(acts), "silent": list(_SILENT_TABLES)})
        rows = [(*row[:3], *map(_image, row[3:])) for row in cursor.fetchall()]
    names = _Names(actor, rows)
    for act, table, operation, old, new in rows:
        found[act] += _told_row(table, operation, old, new, names)
    return found


def _image(text: str | None) -> dict[str, Any]:
    """A row image; Django hands jsonb over as text."""
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def _told_content(
    old: dict[str, Any], new: dict[str, Any], process: str, fingerprint: str, labels: Labels
) -> list[TrailChange]:
    return [
        {
            "field": c.path,
            "label": _labelled(c.path, process, fingerprint, labels),
            "old": c.old,
            "new": c.new,
        }
        for c in changes(old, new)
    ]


def _labelled(path: str, process: str, fingerprint: str, labels: Labels) -> str:
    label = labels(process, fingerprint, declared_path(path))
    row = re.search(r"\[(\d+)\]", path)
    return f"{label} (row {row[1]})" if row else label


# ----------------------------------------------------------------- rows of other tables


def _told_row(
    table: str, operation: str, old: Mapping[str, Any], new: Mapping[str, Any], names: _Names
) -> list[TrailChange]:
    if table == "records_link":
        return [
            _told(
                "link", f"Link: {_words(new['kind'])}", None, names.of(table, "target_id", new["target_id"])
            )
        ]
    if table == "records_link_end":
        return [_told("link", "Link ended", names.of(table, "link_id", new["link_id"]), None)]
    if table == "records_attachment" and new:
        label = f"File, version {new['version']}"
        return [_told("file", label, None, f"{new['name']} ({new['size']} bytes, SHA-256 {new['sha256']})")]
    silent = _SILENT.get(table, frozenset())
    if operation == "I":
        silent |= _SILENT_WHEN_MADE.get(table, frozenset())
    columns = [c for c in {**old, **new} if c not in silent and not _DERIVED.match(c)]
    found = [
        _told_column(table, c, old.get(c), new.get(c), names)
        for c in columns
        if _differs(c, operation, old, new)
    ]
    return found or ([] if operation == "U" else [_told(_noun(table), _words(_noun(table)), None, "added")])


def _differs(column: str, operation: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """An empty value of a new row, and the time a new row was made (that of the act), say nothing."""
    if operation == "I" and (column == "at" or column.endswith("_at")):
        return False
    return old.get(column) != new.get(column) and (
        operation == "U" or {**old, **new}[column] not in (None, "")
    )


def _told_column(table: str, column: str, old: Any, new: Any, names: _Names) -> TrailChange:
    name = column.removesuffix("_id") if names.knows(table, column) else column
    field = name if table == "records_record" else f"{_noun(table)}.{name}"
    label = _words(name) if table == "records_record" else f"{_words(_noun(table))}: {_words(name).lower()}"
    if _is_secret(old) or _is_secret(new):
        return _told(field, label, None if old is None else "(not shown)", None if new is None else NOT_SHOWN)
    return _told(field, label, names.of(table, column, old), names.of(table, column, new))


def _told(field: str, label: str, old: Any, new: Any) -> TrailChange:
    return {"field": field, "label": label, "old": old, "new": new}


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and set(value) in ({"hmac"}, {"sha256", "len"})


def _noun(table: str) -> str:
    return table.partition("_")[2] or table


def _words(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


# ----------------------------------------------------------------- names for keys

_NAMED: Final[Mapping[type[Model], str]] = {
    Person: "user_id",
    Site: "code",
    LegalEntity: "code",
    Record: "number",
    Grant: "role",
    Attachment: "name",
    Link: "kind",
}
"""By what a row is called where another table points to it: no internal keys without names (URS-AUD-11)."""


@cache
def _keys() -> Mapping[tuple[str, str], type[Model]]:
    """Every (table, column), in any room, that points to a named table."""
    return {
        (relation.related_model._meta.db_table, relation.field.column): model
        for model in _NAMED
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and isinstance(relation.field, ForeignKey)
    }


class _Names:
    """The names of all keys in some rows, read in one query a table; a hidden record stays unnamed."""

    def __init__(self, actor: Actor, rows: Iterable[tuple[Any, ...]]) -> None:
        wanted: dict[type[Model], set[int]] = defaultdict(set)
        for _act, table, _operation, old, new in rows:
            for image in (old, new):
                for column, value in image.items():
                    if value is not None and (table, column) in _keys():
                        wanted[_keys()[table, column]].add(value)
        self._names = {model: self._read(actor, model, keys) for model, keys in wanted.items()}

    @staticmethod
    def _read(actor: Actor, model: type[Model], keys: set[int]) -> dict[int, str]:
        rows = visible_to(actor) if model is Record else model._default_manager.all()
        if model is Link:
            links = Link.objects.filter(pk__in=keys, target__in=visible_to(actor).values("id"))
            return {
                link.pk: f"{_words(link.kind)}: {link.target.number}"
                for link in links.select_related("target")
            }
        return dict(rows.filter(pk__in=keys).values_list("pk", _NAMED[model]))

    def knows(self, table: str, column: str) -> bool:
        """Whether the column is a key whose row has a name."""
        return (table, column) in _keys()

    def of(self, table: str, column: str, value: Any) -> Any:
        """The name behind a key, the value itself where it is no key."""
        model = _keys().get((table, column))
        if model is None or value is None:
            return value
        return self._names[model].get(value, HIDDEN if model in (Record, Link) else f"no. {value}")
