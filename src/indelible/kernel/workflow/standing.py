"""Whether a signature still stands: computed from what it covers, never from a flag (URS-LNK-01, -02).

`stands`; `earlier revision`: a covered field is no longer as it was signed; `withdrawn`: its signer took it back, or
a step back undid what it was given for; `invalid`: the bond itself is broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from indelible.kernel.records import queries as records
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.signatures.models import Signature
from indelible.kernel.signatures.queries import SignatureDocument
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.history import History
from indelible.kernel.workflow.models import Passage


def signature_documents(history: History, given: Sequence[Signature]) -> list[dict[str, Any]]:
    """The record's signatures as interface.md shows them, in the order given, each with `standing` and `why`."""
    line = _Line(
        history,
        {passage.act: passage for passage in history.passages},
        {one.withdraws_id: one for one in given if one.withdraws_id is not None},
    )
    documents = signatures.documents(given)
    return [
        _document(line, signature, document) for signature, document in zip(given, documents, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Line:
    """What the standing of a signature is judged by: the record's line, its passages by act, who withdrew which signature."""

    history: History
    passages: Mapping[int, Passage]
    withdrawn: Mapping[int, Signature]


def _document(line: _Line, signature: Signature, document: SignatureDocument) -> dict[str, Any]:
    shown: dict[str, Any] = dict(document)
    broken = shown.pop("invalid")
    del shown["act"]
    standing, why = _judged(line, signature, broken)
    return {**shown, "standing": standing, "why": why}


def _judged(line: _Line, signature: Signature, broken: Sequence[str]) -> tuple[str, str]:
    history, passage = line.history, line.passages.get(signature.act)
    if broken:
        return "invalid", " ".join(broken)
    if passage is None:
        return "invalid", "No step of this record belongs to this signature."
    if signature.withdraws_id is not None:
        return "stands", "It takes back an earlier signature of the same person, which stays visible."
    if by := line.withdrawn.get(signature.pk):
        return "withdrawn", f"{_at(by)} its signer took it back, with a signature and a reason of its own."
    revision = signature.revision.number
    changed = _changed_since(history, passage, signature)
    if changed:
        labels = ", ".join(dict.fromkeys(history.declaration.label(path) for path in changed))
        return "earlier revision", f"Revision {revision} was signed. Changed since: {labels}."
    back = _undone_by(history, passage)
    if back is not None:
        title = history.declaration.step_title(back.step)
        return "withdrawn", f"“{title}” led the record back to {humanised(back.state)} and ended it."
    return "stands", f"Revision {revision} was signed, and nothing it covers has changed."


def _at(signature: Signature) -> str:
    return f"On {signature.signed_at.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def _changed_since(history: History, passage: Passage, signature: Signature) -> list[str]:
    """Covered paths whose value differs from the signed one, in the order of the form."""
    if signature.revision.number == history.record.revision:
        return []
    signed, now = records.content_of(signature.revision)["fields"], history.record.values
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
    for later in history.counting:
        back = later.id > passage.id and order(later.state) < order(later.origin_state)
        if back and order(later.state) <= order(passage.origin_state):
            return later
    return None
