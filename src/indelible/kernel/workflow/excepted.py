"""What somebody does with records who also administers: each act waits for a second person, and the record with it (URS-AUT-03)."""

from __future__ import annotations

from django.db.models import QuerySet

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.types import is_excepted
from indelible.kernel.records.models import Record
from indelible.kernel.workflow import events
from indelible.kernel.workflow.declaration import Declaration, Step
from indelible.kernel.workflow.models import ExceptedAct


def waiting(record: Record) -> QuerySet[ExceptedAct]:
    """The acts on this record that wait for a second person, oldest first."""
    return ExceptedAct.objects.filter(record=record, reviewed_at=None).order_by("pk")


def note_excepted(act: int, actor: Actor, record: Record) -> None:
    """Inside the act of this id: it waits for a second person where the actor also administers."""
    if is_excepted(actor.roles):
        ExceptedAct.objects.create(record=record, by=actor.user_id, at=clock(), act=act)


def require_second(actor: Actor, waits_by: str, declaration: Declaration, step: Step) -> None:
    """Before a step: nothing of anybody (`waits_by`, a user id) waits for a second person, and it is no last step of somebody
    who also administers.

    Refusals: REVIEW_WAITS (409), EXCEPTED_LAST (403).
    """
    if is_excepted(actor.roles) and step.to in declaration.final:
        raise Refusal(
            events.EXCEPTED_LAST,
            "You administer this installation, too: the step that ends a record is for somebody who does not.",
        )
    if waits_by:
        raise Refusal(
            events.REVIEW_WAITS,
            f"What {waits_by} did here waits for a second person, because {waits_by} also administers this installation. "
            "Let somebody else with a role in records review it first.",
        )
