"""The electronic true copy: one JSON document that carries data, metadata, signatures, history, trail and code lists.

Its shape (`format` is `indelible-copy/1`; times are RFC 3339 UTC, numbers decimal strings with their unit):

    copy         type, printed_by, printed_at, zone, zone_rule, software, installation, notice, audit_trail,
                 ledger {size, root (hex), sealed_at} as last signed when the copy was taken, null before the first seal
    record       the document of `GET /api/v1/records/{number}`
    process      code, title, version, fingerprint, states and steps with their titles
    fields       [{name, label, type, unit?, options?, fields?}]: what each name in the data means
    people       {user_id: printed name} of everyone named in the copy
    revisions    [{revision, at, person, reason, digest, fields}] from the first, so that every earlier value is here
    signatures   as `GET /api/v1/records/{number}/signatures`
    audit_trail  as `GET /api/v1/records/{number}/audit-trail`, absent where it was left out by choice
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from indelible import __version__
from indelible.kernel.audit.queries import Checkpoint
from indelible.kernel.workflow.declaration import Declaration, is_withdrawal
from indelible.kernel.workflow.fields import AnyField, humanised, label_of, parts_of

FORMAT: Final = "indelible-copy/1"
DEMONSTRATION_NOTICE: Final = "Demonstration - not for regulated use"
UNVALIDATED_NOTICE: Final = "No validated state recorded - not for regulated use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """Who takes a copy, when (aware), told in which IANA zone, at which installation; `notice` stands on each page.

    `ledger` is the newest signed head: a copy that leaves the house pins all history before it (ledger.md 3.5).
    """

    user_id: str
    name: str
    at: datetime
    zone: str
    installation: str
    notice: str
    ledger: Checkpoint | None = None


def true_copy(
    document: Mapping[str, Any],
    declaration: Declaration,
    *,
    revisions: Sequence[Mapping[str, Any]],
    signatures: Sequence[Mapping[str, Any]],
    trail: Sequence[Mapping[str, Any]] | None,
    people: Mapping[str, str],
    printing: Printing,
) -> dict[str, Any]:
    """The copy as JSON values; `trail` None where the person chose to leave it out, which the copy says."""
    copy: dict[str, Any] = {
        "format": FORMAT,
        "copy": _about(printing, with_trail=trail is not None),
        "record": dict(document),
        "process": _process(declaration, document, (str(one["step"]) for one in signatures)),
        "fields": [described(name, field) for name, field in declaration.fields.items()],
        "people": dict(people),
        "revisions": [dict(revision) for revision in revisions],
        "signatures": [dict(signature) for signature in signatures],
    }
    return copy if trail is None else {**copy, "audit_trail": [dict(item) for item in trail]}


def described(name: str, field: AnyField) -> dict[str, Any]:
    """One field as a reader of the data needs it: its label, kind, unit, options and parts."""
    found: dict[str, Any] = {"name": name, "label": label_of(name, field), "type": field.type}
    if unit := getattr(field, "unit", None):
        found["unit"] = unit
    if options := getattr(field, "options", None):
        found["options"] = {option: option for option in options}
    if parts := parts_of(field):
        found["fields"] = [described(part, inner) for part, inner in parts.items()]
    return found


def _about(printing: Printing, *, with_trail: bool) -> dict[str, Any]:
    return {
        "type": "True copy",
        "printed_by": {"user_id": printing.user_id, "name": printing.name},
        "printed_at": printing.at.isoformat(),
        "zone": printing.zone,
        "zone_rule": (
            f"Local times are those of {printing.zone}, the zone of the record's site, with their offset; UTC "
            "stands beside each. A signature shows the signer's zone and the offset of its moment."
        ),
        "software": f"Indelible {__version__}",
        "installation": printing.installation,
        "notice": printing.notice,
        "ledger": _ledger(printing.ledger),
        "audit_trail": "included" if with_trail else "left out by choice",
    }


def _ledger(head: Checkpoint | None) -> dict[str, Any] | None:
    if head is None:
        return None
    return {"size": head.size, "root": head.root.hex(), "sealed_at": head.at.isoformat()}


def _process(declaration: Declaration, document: Mapping[str, Any], taken: Iterable[str]) -> dict[str, Any]:
    steps = [*declaration.steps, *(step for step in taken if is_withdrawal(step))]
    return {
        "code": declaration.process,
        "title": declaration.title,
        "version": document["process_version"],
        "fingerprint": document["fingerprint"],
        "states": [{"name": state, "title": humanised(state)} for state in declaration.states],
        "steps": [{"name": step, "title": declaration.step_title(step)} for step in steps],
    }
