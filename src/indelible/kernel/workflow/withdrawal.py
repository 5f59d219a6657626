"""A signature is withdrawn by whoever gave it, with a new signature that leaves the first one visible (URS-LNK-04).

Only while nobody took a step on it and the record has not come to its end: what others built on a signature is taken
back by a declared step, which is theirs to take (decision 0022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.signatures.models import Signature
from indelible.kernel.workflow import events
from indelible.kernel.workflow.declaration import Declaration, Step
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.history import History
from indelible.kernel.workflow.models import Passage


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The signature that may be withdrawn now, its passage, and the step that does it."""

    signature: Signature
    passage: Passage
    step: Step


def withdrawal_of(actor: Actor, history: History, signatures: Sequence[Signature]) -> Withdrawal:
    """What this person may withdraw here now.

    Refusals: NOT_ALLOWED (403) for whoever signed nothing here that still counts, NOTHING_TO_WITHDRAW (409).
    """
    counting = {passage.act for passage in history.counting}
    own = [s for s in signatures if s.user_id == actor.user_id and s.act in counting]
    if not own:
        told = "A signature is withdrawn by whoever gave it, and none of those that count here is yours."
        raise Refusal(events.NOT_ALLOWED, told)
    passage, declaration = history.counting[-1], history.declaration
    if own[-1].act != passage.act:
        told = f"“{declaration.step_title(passage.step)}” was taken after you signed. A step back undoes what was built on it."
        raise Refusal(events.NOTHING_TO_WITHDRAW, told)
    if why := _settled(declaration, passage):
        raise Refusal(events.NOTHING_TO_WITHDRAW, why)
    return Withdrawal(own[-1], passage, _step(declaration, passage, own[-1].meaning))


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
    leads = (
        f", and the record goes back to {humanised(passage.origin_state)}"
        if passage.origin_state != passage.state
        else ""
    )
    return Step.model_validate(
        {
            "title": f"Withdraw “{declaration.step_title(passage.step)}”"[:200],
            "help": f"Your signature stays visible, marked as withdrawn{leads}.",
            "from": passage.state,
            "to": passage.origin_state,
            "by": ["signer"],
            "reason": "required",
            "sign": {"meaning": f"Withdrawal of ‘{meaning}’"[:200]},
        }
    )
