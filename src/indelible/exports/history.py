"""What was changed after its first entry: computed from the saved revisions, for marks and earlier values.

A copy without these marks cannot be made: no option leaves them out (URS-CPY-05, URS-AUD-06).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indelible.exports.values import Field, Path, is_empty, leaves


@dataclass(frozen=True, slots=True)
class Change:
    """One value inside one field that differs between a revision and the one before it."""

    field: Field
    leaf: Field
    path: Path
    old: Any
    new: Any
    revision: Mapping[str, Any]

    @property
    def first_entry(self) -> bool:
        """Whether nothing stood there before, which is an entry and not a change."""
        return is_empty(self.old)


def changes(fields: Sequence[Field], revisions: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Every value that differs from revision to revision, oldest first; `revisions` ascend and hold `fields`."""
    found: list[Change] = []
    before: Mapping[str, Any] = {}
    for revision in revisions:
        now = revision["fields"]
        for field in fields:
            found += _of_field(field, before.get(field["name"]), now.get(field["name"]), revision)
        before = now
    return found


def _of_field(field: Field, old: Any, new: Any, revision: Mapping[str, Any]) -> list[Change]:
    if old == new:
        return []
    was = {path: (leaf, value) for path, leaf, value in leaves(old, field) if not is_empty(value)}
    now = {path: (leaf, value) for path, leaf, value in leaves(new, field) if not is_empty(value)}
    differing = [path for path in dict.fromkeys((*was, *now)) if _value(was, path) != _value(now, path)]
    return [
        Change(field, (now.get(path) or was[path])[0], path, _value(was, path), _value(now, path), revision)
        for path in differing
    ]


def _value(side: Mapping[Path, tuple[Field, Any]], path: Path) -> Any:
    found = side.get(path)
    return None if found is None else found[1]
