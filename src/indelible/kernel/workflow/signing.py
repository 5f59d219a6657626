"""Signing by a device or the identity provider: the step is put before the signer first, then taken with the answer (decision 0017).

Both halves go through `take_step`, so everything it refuses is refused twice; what is put is kept for minutes and answered once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import challenges
from indelible.kernel.identity.authority import written_down
from indelible.kernel.identity.openid import Word
from indelible.kernel.records.models import Record
from indelible.kernel.signatures import putting
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import events
from indelible.kernel.workflow.actions import take_step

PURPOSE = "signing"


def put_step(
    actor: Actor,
    number: str,
    step: str,
    *,
    revision: int,
    components: Components,
    fields: Mapping[str, Any] | None = None,
    reason: str = "",
) -> putting.Asked:
    """Makes every check of the step but the proof, undoes it all, and keeps what exactly would be signed.

    `components.means` says who will answer. Raises every Refusal of `take_step` up to the components'.
    """
    given = {"fields": dict(fields or {}), "reason": reason, "revision": revision}
    with putting.only_put() as put:
        take_step(actor, number, step, signature=components, **given)  # type: ignore[arg-type]
    return putting.keep(actor, PURPOSE, components, put[0], {**given, "number": number, "step": step})


@dataclass(frozen=True, slots=True)
class Kept:
    """What was typed with a step that was put before its signer; for nobody but them, in their session, for minutes."""

    number: str
    step: str
    fields: Mapping[str, Any]
    reason: str


def kept_by(actor: Actor, handle: str) -> Kept | None:
    """What was typed with what an open question of this session is about; None where there is none."""
    return _kept(challenges.open_question(handle, PURPOSE, session=actor.session))


def kept_for(actor: Actor, record: Record, step: str) -> Kept | None:
    """The same for a step that was put before the actor last in this session and not answered: they came back without.
    None once anything was done with the record since: it may have been this step, signed in another way."""
    found = challenges.waiting(PURPOSE, session=actor.session, number=record.number, step=step)
    return _kept(found) if found and datetime.fromisoformat(found["at"]) > record.updated_at else None


def _kept(found: Mapping[str, Any] | None) -> Kept | None:
    return Kept(found["number"], found["step"], found["fields"], found["reason"]) if found else None


def take_put_step(
    actor: Actor, handle: str, *, passkey: Mapping[str, Any] | None = None, provider: Word | None = None
) -> Record:
    """Takes the step that was put before the actor in this session, with the answer; once, whatever comes of it.

    Refusals: CHALLENGE_OVER (409), and every one of `take_step`.
    """
    with written_down(actor, events.STEP):
        kept = challenges.take(handle, PURPOSE, session=actor.session)
    return take_step(
        actor,
        kept["number"],
        kept["step"],
        revision=kept["revision"],
        fields=kept["fields"],
        reason=kept["reason"],
        signature=putting.answered(kept, passkey, provider),
    )
