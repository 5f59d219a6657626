"""Values of a record in words: those of now, those of a revision, and every one that stood there before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from indelible.kernel.records import queries as records
from indelible.kernel.records.types import Earlier as Value
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import Attachment, Table, label_of, parts_of
from indelible.kernel.workflow.situations import Case
from indelible.web.fields import Earlier, Reading, words


def earlier_values(
    declaration: Declaration, history: Mapping[str, Sequence[Value]], reading: Reading
) -> dict[str, tuple[Earlier, ...]]:
    """By path, every value that stood there before the present one, newest first (URS-AUD-06)."""
    found = {}
    for path, values in _merged_paths(history).items():
        pairs = [(old, new) for old, new in pairwise(values) if old.value is not None]
        if pairs and path.partition(".")[0] in declaration.fields:
            found[path] = tuple(
                _earlier(declaration, path, old, new, reading) for old, new in reversed(pairs)
            )
    return found


def _merged_paths(history: Mapping[str, Sequence[Value]]) -> dict[str, list[Value]]:
    """`x` and `x.not_applicable` are one field; where one gives way to the other, the filled one counts."""
    merged: dict[str, dict[int, Value]] = {}
    for path, values in history.items():
        base = path.removesuffix(".not_applicable")
        for value in values:
            if base != path and value.value is not None:
                value = replace(value, value={"not_applicable": value.value})
            kept = merged.setdefault(base, {}).get(value.revision)
            if kept is None or kept.value is None:
                merged[base][value.revision] = value
    return {path: [at[number] for number in sorted(at)] for path, at in merged.items()}


def _earlier(declaration: Declaration, path: str, old: Value, new: Value, reading: Reading) -> Earlier:
    return Earlier(
        old=value_words(declaration, path, old.value, reading),
        new=value_words(declaration, path, new.value, reading),
        at=new.at.isoformat(),
        by=new.name,
        reason=new.reason,
    )


def value_words(declaration: Declaration, path: str, value: Any, reading: Reading) -> str:
    """A value in words, by the declared type of its path; rows and groups by their labelled parts."""
    field = declaration.field(path)
    if isinstance(value, Mapping) and "not_applicable" in value:
        return f"Not applicable: {value['not_applicable']}"
    if isinstance(field, Table) and isinstance(value, list):
        return "\n".join(_row_words(field, row, reading) for row in value)
    if field is not None and parts_of(field) and isinstance(value, Mapping):
        return _row_words(field, value, reading)
    if isinstance(field, Attachment) and isinstance(value, list):
        named = {str(f["sha256"]): str(f["name"]) for f in reading.files}
        return ", ".join(named.get(str(v), str(v)) for v in value)
    return words(field, value, reading)


def _row_words(table: Any, row: Any, reading: Reading) -> str:
    if not isinstance(row, Mapping):
        return str(row)
    columns = parts_of(table)
    said = ((label_of(n, c), words(c, row.get(n), reading)) for n, c in columns.items())
    return "; ".join(f"{label}: {text}" for label, text in said if text)


def content_at(case: Case, revision: int) -> dict[str, Any]:
    """The fields a revision says; those of now where there is no such revision."""
    if revision == case.record.revision or not 0 < revision < case.record.revision:
        return dict(case.values)
    return dict(records.content_of(records.revision(case.record, revision))["fields"])
