"""A signature is withdrawn by whoever gave it, with a new signature that leaves the first one visible (URS-LNK-04).

Only while nobody went on from it and the record has not come to its end: what others built on a signature is taken
back by a declared step, which is theirs to take (decision 0022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.records import queries as records
from indelible.kernel.signatures.models import Signature
from indelible.kernel.workflow import events
from indelible.kernel.workflow.declaration import WITHDRAWAL, Declaration, Step
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.history import History
from indelible.kernel.workflow.models import Passage


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The signature that may be withdrawn now, its passage, and the step that does it."""

    signature: Signature
    passage: Passage
    step: Step


def name_of(signature: Signature) -> str:
    """The name of the step by which a signature is taken back."""
    return f"{WITHDRAWAL}{signature.pk}"


def latest(history: History, signatures: Sequence[Signature]) -> Signature | None:
    """The signature of the latest passage that counts, where it has one."""
    last = history.counting[-1]
    return next((one for one in signatures if one.act == last.act), None)


def withdrawal_of(actor: Actor, history: History, signatures: Sequence[Signature], name: str) -> Withdrawal:
    """The withdrawal that this name asks for, as far as it is this person's to make now.

    Refusals: UNKNOWN_STEP (404), NOT_ALLOWED (403), NOTHING_TO_WITHDRAW (409).
    """
    found = next((one for one in signatures if name_of(one) == name), None)
    if found is None:
        raise Refusal(events.UNKNOWN_STEP, "This record has no such signature.")
    if found.user_id != actor.user_id:
        raise Refusal(
            events.NOT_ALLOWED, "A signature is withdrawn by whoever gave it, and this one is not yours."
        )
    passage = history.counting[-1]
    if why := _gone_on(history, found) or _settled(history.declaration, passage):
        raise Refusal(events.NOTHING_TO_WITHDRAW, why)
    return Withdrawal(found, passage, _step(history.declaration, passage, found.meaning))


def _gone_on(history: History, found: Signature) -> str:
    """Who went on from the signature, or that it does not count any more; or ""."""
    passage, declaration = history.counting[-1], history.declaration
    if found.act not in {one.act for one in history.counting}:
        return "This signature is withdrawn already, or takes back another."
    if found.act != passage.act:
        title = declaration.step_title(passage.step)
        return f"“{title}” was taken after you signed. A step back undoes what was built on it."
    since = [w.author for w in history.revisions if w.number > passage.revision and w.author != found.user_id]
    if since:
        return f"{since[0]} has gone on with the record since you signed. A step back undoes what was built on it."
    return ""


def _settled(declaration: Declaration, passage: Passage) -> str:
    """Why what this passage did can no longer be taken back by its signer alone, or ""."""
    taken = declaration.steps[passage.step]
    if passage.state in {*declaration.final, *declaration.retain.from_}:
        return f"The record is released: it came to {humanised(passage.state)} with this signature."
    if declaration.is_back(taken, passage.origin_state):
        return "This signature led the record back. Whoever goes on with it takes the next step."
    if taken.starts is not None:
        return "This signature opened another record, which stays. A step back undoes what it decided."
    return ""


def _step(declaration: Declaration, passage: Passage, meaning: str) -> Step:
    """The step back that no declaration has to say, for every signed step alike."""
    told = "Your signature stays visible, marked as withdrawn"
    if declaration.steps[passage.step].fills:
        told += ", what was entered with it becomes again what it was"
    if passage.origin_state != passage.state:
        told += f", and the record goes back to {humanised(passage.origin_state)}"
    return Step.model_validate(
        {
            "title": f"Withdraw “{declaration.step_title(passage.step)}”"[:200],
            "help": f"{told}.",
            "from": passage.state,
            "to": passage.origin_state,
            "by": ["signer"],
            "reason": "required",
            "sign": {"meaning": f"Withdrawal of ‘{meaning}’"[:200]},
        }
    )


def values_before(history: History, passage: Passage) -> dict[str, Any]:
    """The record's content without what was entered with a step: its own fields as they were, where they still say what it said."""
    values = dict(history.record.values)
    revision = records.revision(history.record, passage.revision)
    if revision.act != passage.act or revision.number == 1:
        return values  # nothing was entered with it
    said = records.content_of(revision)["fields"]
    was = records.content_of(records.revision(history.record, revision.number - 1))["fields"]
    for name in history.declaration.steps[passage.step].fills:
        if values.get(name) == said.get(name):
            values.pop(name, None)
            values |= {name: was[name]} if name in was else {}
    return values
