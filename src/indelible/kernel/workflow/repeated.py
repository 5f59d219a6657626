"""The same signed step once more: not by a second press, and not with what was sent back unchanged (URS-SIG-08, -09)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible.kernel.audit.types import Refusal
from indelible.kernel.records import queries as records
from indelible.kernel.workflow import events
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.models import Passage
from indelible.kernel.workflow.situations import Case
from indelible.kernel.workflow.standing import value_at

Values = Mapping[str, Any]


def require_news(case: Case, name: str, values: Values) -> None:
    """Something happened since this step was taken last; only signed steps are asked.

    Refusals: SIGNED_ALREADY (409) for the signer who presses twice, RESUBMITTED (409) for what was sent back.
    """
    last = case.history.counting[-1]
    untouched = last.revision == case.record.revision and dict(values) == dict(case.values)
    if case.step(name).sign is None or not untouched:
        return
    if last.step == name and last.by == case.actor.user_id:
        title = case.declaration.step_title(name)
        raise Refusal(
            events.SIGNED_ALREADY, f"You have taken “{title}” at this revision. One act is one signature."
        )
    if _led_back(case, last) and _same_as_sent(case, name, last, values) and not _linked_since(case, last):
        back = case.declaration.step_title(last.step)
        told = f"“{back}” sent it back to {humanised(last.state)}, and nothing of it was changed since. Change what was asked for first."
        raise Refusal(events.RESUBMITTED, told)


def _led_back(case: Case, last: Passage) -> bool:
    order = case.declaration.order
    return bool(last.step) and order(last.state) < order(last.origin_state)


def _same_as_sent(case: Case, name: str, last: Passage, values: Values) -> bool:
    """Whether what the step covers is what it covered when it was taken before it was sent back."""
    sent = [p for p in case.history.counting if p.step == name and p.id < last.id]
    if not sent:
        return False
    then = records.content_of(records.revision(case.record, sent[-1].revision))
    now = records.content_of(records.revision(case.record, case.record.revision))
    covered = case.declaration.covered(case.record.state)
    same = all(value_at(then["fields"], path) == value_at(values, path) for path in covered)
    return same and then["attachments"] == now["attachments"]


def _linked_since(case: Case, last: Passage) -> bool:
    return any(link.act > last.act for link in case.links)
