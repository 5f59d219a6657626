"""Verbs of a new epoch: two people settle that the ledger here is not the one that was signed last (URS-BCK-02).

They can be taken although nothing is sealed; the sealer reads both acts, checks their tokens and begins the epoch itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.epochs import APPROVERS, PROPOSERS, named
from indelible.kernel.audit.queries import broken, newest_done
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.events import (
    EPOCH_APPROVE,
    EPOCH_NOT_DUE,
    EPOCH_NOT_PROPOSED,
    EPOCH_PROPOSE,
    SECOND_PERSON,
)
from indelible.kernel.identity.held import require_still


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal: the break it is about (32 hexadecimal digits), its act, who made it and why."""

    broken: str
    act: int
    user_id: str
    reason: str


def propose_epoch(actor: Actor, *, reason: str) -> Proposed:
    """Proposes that the ledger go on from what the database holds, under a new name; what is lost stays named.

    Refusals: NOT_AUTHORISED (403), EPOCH_NOT_DUE (409), a reason's (422).
    """
    found = broken()
    with act(actor, EPOCH_PROPOSE, object=_object(found), reason=keepable(reason)) as opened:
        check_reason(reason)
        require_still(actor, *PROPOSERS)
        due = _due(found)
    return Proposed(due["break"], opened.id, actor.user_id, keepable(reason))


def waiting_epoch() -> Proposed | None:
    """What waits for a second person's approval; None where nobody has proposed anything for this break."""
    found = broken()
    proposal = newest_done(EPOCH_PROPOSE.name, named(found["break"])) if found else None
    return Proposed(found["break"], *proposal) if found and proposal else None


def approve_epoch(actor: Actor) -> Proposed:
    """Approves what was proposed last, as another person; the sealer begins the epoch when it looks next.

    Refusals: NOT_AUTHORISED, SECOND_PERSON (403), EPOCH_NOT_DUE, EPOCH_NOT_PROPOSED (409).
    """
    found, proposal = broken(), waiting_epoch()
    about = named(proposal.broken, proposal.act) if proposal else _object(found)
    with act(actor, EPOCH_APPROVE, object=about):
        require_still(actor, *APPROVERS)
        _due(found)
        if proposal is None:
            raise Refusal(
                EPOCH_NOT_PROPOSED, "First somebody proposes it and says why: `indelible epoch propose`."
            )
        if proposal.user_id.casefold() == actor.user_id.casefold():
            raise Refusal(SECOND_PERSON, "You proposed it; somebody else with this authority decides.")
    return proposal


def _due(found: dict[str, Any] | None) -> dict[str, Any]:
    """The break that waits for two people; Refusal where there is none."""
    if found is None:
        raise Refusal(
            EPOCH_NOT_DUE, "The sealer signs what is here, or has not looked yet; there is nothing to settle."
        )
    return found


def _object(found: dict[str, Any] | None) -> str:
    return named(found["break"]) if found else "epoch"
