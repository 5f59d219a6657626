"""The content of a record as canonical bytes, and what differs between two contents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any, Final

import rfc8785

from indelible.kernel.records.types import Change, Fields

_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
_NUMBER: Final = frozenset({"value", "unit"})


def without_empties(value: Any) -> Any:
    """The value without null, "", [] and {} at any depth: empty and absent are one thing; 0 and false are not empty."""
    if isinstance(value, Mapping):
        cleaned = {key: without_empties(part) for key, part in value.items()}
        return {key: part for key, part in cleaned.items() if part not in _EMPTY}
    if isinstance(value, list | tuple):
        return [part for part in map(without_empties, value) if part not in _EMPTY]
    if isinstance(value, float):
        raise TypeError("a regulated number is a decimal string, never a float")
    return value


def canonical(fields: Fields, attachments: Sequence[Mapping[str, str]]) -> bytes:
    """RFC 8785 bytes of `{"attachments": [{field, name, sha256}], "fields": {...}}`; TypeError for a float."""
    return bytes(
        rfc8785.dumps({"attachments": [dict(a) for a in attachments], "fields": without_empties(fields)})
    )


def digest_of(content: bytes) -> str:
    """SHA-256 of canonical bytes, lower-case hex: the `digest` of a revision."""
    return sha256(content).hexdigest()


def parsed(content: bytes | memoryview) -> dict[str, Any]:
    """The content back from its bytes."""
    found: dict[str, Any] = json.loads(bytes(content))
    return found


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every value that differs between two contents (`{"attachments", "fields"}`), down to group part and cell."""
    before, after = old.get("fields", {}), new.get("fields", {})
    names = [*before, *(name for name in after if name not in before)]
    found = [change for name in names for change in _differing(name, before.get(name), after.get(name))]
    return [*found, *_files(old.get("attachments", []), new.get("attachments", []))]


def changed_paths(found: Sequence[Change]) -> list[str]:
    """The declared paths of these changes, sorted: `actions[2].owner` is `actions` and `actions.owner`."""
    declared = {declared_path(change.path) for change in found}
    return sorted(declared | {path.partition(".")[0] for path in declared})


def declared_path(path: str) -> str:
    """The path as a declaration writes it: without row numbers."""
    return re.sub(r"\[\d+\]", "", path)


def _differing(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new and type(old) is type(new):
        return
    if _both(_is_group, old, new):
        before, after = old or {}, new or {}
        for name in [*before, *(n for n in after if n not in before)]:
            yield from _differing(f"{path}.{name}", before.get(name), after.get(name))
    elif _both(_is_table, old, new):
        yield from _rows(path, old or [], new or [])
    else:
        yield Change(path, old, new)


def _both(shape: Callable[[Any], bool], old: Any, new: Any) -> bool:
    """Both have this shape, or one has and the other is empty."""
    return (shape(old) or old is None) and (shape(new) or new is None) and not old is new is None


def _is_group(value: Any) -> bool:
    return isinstance(value, dict) and not set(value) <= _NUMBER


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _rows(path: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    """Rows that stayed are matched first, so that one row put in front does not make all others differ."""
    was, now = ([json.dumps(row, sort_keys=True) for row in rows] for rows in (old, new))
    for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for step in range(max(b - a, d - c)):
            before = old[a + step] if a + step < b else {}
            after = new[c + step] if c + step < d else {}
            at = c + step if c + step < d else a + step
            for name in [*before, *(n for n in after if n not in before)]:
                yield from _differing(f"{path}[{at + 1}].{name}", before.get(name), after.get(name))


def _files(old: list[dict[str, str]], new: list[dict[str, str]]) -> Iterator[Change]:
    for file in old:
        if file not in new:
            yield Change("attachments", _file(file), None)
    for file in new:
        if file not in old:
            yield Change("attachments", None, _file(file))


def _file(file: dict[str, str]) -> str:
    return f"{file['name']} (SHA-256 {file['sha256']})"
