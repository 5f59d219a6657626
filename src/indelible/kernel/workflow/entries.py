"""What a person enters, judged as a whole: order, references, reason, what a step needs, what lies beyond limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible.kernel.audit.types import REASON_MAXIMUM, REASON_TOO_LONG, Actor, Refusal, check_reason
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.models import Person
from indelible.kernel.records import queries as records
from indelible.kernel.records.differences import changed_paths, changes
from indelible.kernel.records.models import Record
from indelible.kernel.workflow import events
from indelible.kernel.workflow.declaration import Declaration, Step
from indelible.kernel.workflow.fields import Attachment, Number
from indelible.kernel.workflow.history import History
from indelible.kernel.workflow.values import is_filled, outside_limits, references, scalars

Values = Mapping[str, Any]


class NothingChanged(Exception):  # noqa: N818  (no error: the act is given up because there is nothing to save)
    """A save that changes nothing makes no revision and no entry (kernel.md)."""


def plain_reason(reason: str) -> str:
    """The reason trimmed, before its act is opened; a Refusal for one the trail could not hold."""
    if any((c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff" for c in reason):
        told = "The reason holds a character that no paper can show."
        raise Refusal(events.WRONG_VALUE, told, {"reason": told})
    if len(reason) > REASON_MAXIMUM:
        told = f"A reason has at most {REASON_MAXIMUM} characters; this one has {len(reason)}."
        raise Refusal(REASON_TOO_LONG, told, {"reason": told})
    return reason.strip()


def merged(before: Values, given: Values) -> dict[str, Any]:
    """The content with the given fields in place of the old ones; an empty one is left out."""
    return {name: value for name, value in {**before, **given}.items() if value is not None}


def written_paths(declaration: Declaration, before: Values, after: Values) -> frozenset[str]:
    """The declared paths that differ between two contents."""
    paths = changed_paths(changes({"fields": before}, {"fields": after}))
    parts = {path for path in paths if "." in path and declaration.field(path) is not None}
    whole = {path for path in paths if "." not in path} - {path.partition(".")[0] for path in parts}
    return frozenset(parts | {leaf for path in whole for leaf in declaration.leaves_of(path)})


def require_order(declaration: Declaration, before: Values, after: Values) -> None:
    """A field that comes after another is not filled before it (URS-OPS-01)."""
    for name, field in declaration.fields.items():
        changed = after.get(name) is not None and after.get(name) != before.get(name)
        if field.after and changed and not is_filled(declaration, field.after, after):
            told = f"“{declaration.label(field.after)}” comes first."
            raise Refusal(events.TOO_EARLY, told, {name: told})


def require_references(
    actor: Actor, declaration: Declaration, record: Record | None, before: Values, after: Values
) -> None:
    """People, records and files that are newly named exist, and the person may know of them."""
    new = {name: value for name, value in after.items() if value != before.get(name)}
    named = references(declaration, new)
    earlier = references(declaration, before)
    strange = {user_id for user_id in named.people - earlier.people if not _is_person(user_id)}
    strange |= {
        n for n, to in named.records.items() if n not in earlier.records and not _is_record(actor, n, to)
    }
    if named.files - earlier.files:
        carried = set(records.attachments_of(record).values_list("blob_id", flat=True)) if record else set()
        strange |= named.files - earlier.files - carried
    if not strange:
        return
    slips = {
        path: "Nobody and nothing you may refer to here has this name."
        for path, field, value in scalars(declaration, new)
        if (set(value) & strange if isinstance(field, Attachment) else value in strange)
    }
    raise Refusal(events.WRONG_VALUE, f"Please look again at {', '.join(slips)}.", slips)


def _is_person(user_id: str) -> bool:
    person = identity.find_person(user_id)
    return person is not None and person.user_id == user_id and person.status == Person.ACTIVE


def _is_record(actor: Actor, number: str, processes: frozenset[str]) -> bool:
    return records.visible_to(actor).filter(number=number, process__in=processes).exists()


def require_reason(declaration: Declaration, before: Values, after: Values, reason: str) -> None:
    """A reason where a committed value is changed or emptied; a first entry is its own why (URS-AUD-05)."""
    touched = [c.path for c in changes({"fields": before}, {"fields": after}) if c.old is not None]
    if not touched:
        return
    try:
        check_reason(reason)
    except Refusal as refusal:
        labels = ", ".join(dict.fromkeys(declaration.label(path.partition("[")[0]) for path in touched))
        raise Refusal(refusal.rule, f"{labels}: {refusal.detail}", {"reason": refusal.detail}) from None


def require_filled(history: History, step: Step, values: Values, *, given: frozenset[str]) -> None:
    """What the step needs is there; what it fills itself was entered in this stay and not left from an earlier one."""
    missing = {}
    for path in step.needs:
        if not is_filled(history.declaration, path, values):
            missing[path] = "This must be filled before the step."
        elif path in step.fills and path not in given and not history.written_since_entry(path):
            missing[path] = "This comes with the step; what stands there is from an earlier time."
    if missing:
        labels = ", ".join(history.declaration.label(path) for path in missing)
        raise Refusal(events.FIELD_MISSING, f"Still missing: {labels}.", missing)


def newly_beyond(declaration: Declaration, before: Values, after: Values) -> list[Number]:
    """Number fields whose new value lies beyond its acceptance limits."""
    return [
        field
        for name, field in declaration.fields.items()
        if isinstance(field, Number)
        and after.get(name) != before.get(name)
        and outside_limits(field, after.get(name))
    ]


def title_of(declaration: Declaration, values: Values) -> str:
    """What lists call the record: the first line of the field it is named by."""
    text = values.get(declaration.named_by)
    lines = text.strip().splitlines() if isinstance(text, str) else []
    return lines[0][:200] if lines else f"{declaration.title} without a title"
