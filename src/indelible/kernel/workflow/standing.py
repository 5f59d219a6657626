"""Whether a signature still stands: computed from what it covers, never from a flag (URS-LNK-01, -02).

`stands`; `earlier revision`: a covered field is no longer as it was signed; `withdrawn`: a step back undid what it
was given for; `invalid`: the bond itself is broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from indelible.kernel.records import queries as records
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.history import History
from indelible.kernel.workflow.models import Passage


def signature_documents(history: History) -> list[dict[str, Any]]:
    """The record's signatures as interface.md shows them, oldest first, each with `standing` and `why`."""
    passages = {passage.act: passage for passage in history.passages}
    contents: dict[int, Mapping[str, Any]] = {}
    told = []
    for document in signatures.documents(signatures.signatures_of(history.record)):
        given: dict[str, Any] = dict(document)
        passage = passages.get(given.pop("act"))
        broken = given.pop("invalid")
        standing, why = _judged(history, passage, given["revision"], broken, contents)
        told.append({**given, "standing": standing, "why": why})
    return told


def _judged(
    history: History,
    passage: Passage | None,
    revision: int,
    broken: Sequence[str],
    contents: dict[int, Mapping[str, Any]],
) -> tuple[str, str]:
    if broken:
        return "invalid", " ".join(broken)
    if passage is None:
        return "invalid", "No step of this record belongs to this signature."
    changed = _changed_since(history, passage, revision, contents)
    if changed:
        labels = ", ".join(dict.fromkeys(history.declaration.label(path) for path in changed))
        return "earlier revision", f"Revision {revision} was signed. Changed since: {labels}."
    back = _undone_by(history, passage)
    if back is not None:
        title = history.declaration.step_title(back.step)
        return "withdrawn", f"“{title}” led the record back to {humanised(back.state)} and ended it."
    return "stands", f"Revision {revision} was signed, and nothing it covers has changed."


def _changed_since(
    history: History, passage: Passage, revision: int, contents: dict[int, Mapping[str, Any]]
) -> list[str]:
    """Covered paths whose value differs from the signed one, in the order of the form."""
    if revision == history.record.revision:
        return []
    if revision not in contents:
        contents[revision] = records.content_of(records.revision(history.record, revision))["fields"]
    signed, now = contents[revision], history.record.values
    covered = history.declaration.covered(passage.origin_state)
    return [p for p in history.declaration.leaves if p in covered and value_at(signed, p) != value_at(now, p)]


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """What stands at a declared path: for a column, the list of its cells, row by row."""
    top, _, part = path.partition(".")
    value = values.get(top)
    if not part or value is None:
        return value
    if isinstance(value, list):
        return [row.get(part) for row in value]
    return (value.get("not_applicable"), value.get(part))


def _undone_by(history: History, passage: Passage) -> Passage | None:
    """The step back, later than the signature, that led to the signed state or before it."""
    order = history.declaration.order
    for later in history.passages:
        back = later.id > passage.id and order(later.state) < order(later.origin_state)
        if back and order(later.state) <= order(passage.origin_state):
            return later
    return None
