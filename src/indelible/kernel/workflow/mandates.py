"""For whom else a person may take steps now: delegations in force, judged at each use by what the delegator may do (URS-AUT-05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.types import ADMINISTRATION, QA_APPROVER, ROLES
from indelible.kernel.workflow.models import Delegation


@dataclass(frozen=True, slots=True)
class Mandate:
    """A delegation in force, and the delegator with the roles and sites of this moment."""

    delegation: Delegation
    delegator: Actor

    @property
    def role(self) -> str:
        """As what a signature under it is printed: the delegator's roles, and for whom."""
        titles = ", ".join(ROLES[code].title for code in self.delegator.roles)
        return f"{titles}, for {self.delegator.name} ({self.delegator.user_id})"

    @property
    def evidence(self) -> dict[str, str]:
        """What is kept beside a signature under it; `act` leads to the delegation in the ledger."""
        return {
            "user_id": self.delegator.user_id,
            "name": self.delegator.name,
            "delegation": str(self.delegation.pk),
            "act": str(self.delegation.act),
        }


def in_force(now: datetime) -> QuerySet[Delegation]:
    """The delegations that count at this instant."""
    return Delegation.objects.filter(
        accepted_at__isnull=False,
        approved_at__isnull=False,
        ended_at=None,
        begins_at__lte=now,
        ends_at__gt=now,
        delegator__status=Person.ACTIVE,
    )


def has_any(actor: Actor) -> bool:
    """Whether the person acts for anybody at present; a program or a job never does."""
    return actor.person_id is not None and in_force(clock()).filter(delegate_id=actor.person_id).exists()


def mandates_of(actor: Actor, process: str, now: datetime) -> list[Mandate]:
    """Under what the person may act in this process at this instant, the oldest first."""
    if actor.person_id is None:
        return []
    found = in_force(now).filter(delegate_id=actor.person_id, process=process).order_by("pk")
    return [
        Mandate(
            one,
            identity.actor_of(one.delegator, session="", source=actor.source, channel=actor.channel),
        )
        for one in found.select_related("delegator__site__legal_entity")
    ]


def delegations(actor: Actor) -> QuerySet[Delegation]:
    """The delegations the person gave or took, all of them for those who answer for people; the newest first."""
    found = Delegation.objects.select_related("delegator", "delegate").order_by("-pk")
    if actor.holds(*identity.ANSWERING):
        return found
    own = Q(delegator_id=actor.person_id) | Q(delegate_id=actor.person_id)
    return found.filter(own) if actor.person_id is not None else found.none()


def waiting_for(actor: Actor) -> int:
    """How many delegations wait for this person: to be accepted by them, or to be approved as a third person."""
    if actor.person_id is None:
        return 0
    wanted = Q(delegate_id=actor.person_id, accepted_at=None)
    if actor.holds(*ADMINISTRATION, QA_APPROVER):
        own = Q(delegator_id=actor.person_id) | Q(delegate_id=actor.person_id)
        wanted |= Q(accepted_at__isnull=False, approved_at=None) & ~own
    return Delegation.objects.filter(wanted, ended_at=None, ends_at__gt=clock()).count()


def standing(found: Delegation, now: datetime) -> str:
    """How a delegation stands, in a word or two."""
    if found.ended_at is not None:
        return "ended"
    if now >= found.ends_at:
        return "over"
    if found.accepted_at is None:
        return "waits to be accepted"
    if found.approved_at is None:
        return "waits to be approved"
    return "in force" if now >= found.begins_at else "to come"
