"""Delegating: offered by who may do it, accepted by who will, approved by a third person, for a stated task and time (URS-AUT-05).

A delegate acts and signs as themselves; every entry and signature says for whom. Nothing of it is passed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.held import hold_rights, require_still
from indelible.kernel.identity.known import require_known
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.types import ADMINISTRATION, QA_APPROVER
from indelible.kernel.signatures import accountability
from indelible.kernel.workflow import events
from indelible.kernel.workflow.declaration import CONTENT_ROLES, RELATIONS, Declaration
from indelible.kernel.workflow.models import Delegation
from indelible.kernel.workflow.processes import declared, of_code

LONGEST: Final = timedelta(days=92)
"""So long a delegation may last at most."""


def days(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last, in an IANA zone; aware."""
    begins = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone))
    ends = datetime(last.year, last.month, last.day, tzinfo=ZoneInfo(zone)) + timedelta(days=1)
    return begins, ends


def offer(
    actor: Actor,
    to: str,
    *,
    process: str,
    steps: Iterable[str],
    begins_at: datetime,
    ends_at: datetime,
    task: str,
) -> Delegation:
    """Offers another person to take these steps for the actor, from now at the earliest and for at most LONGEST.

    `task` says what for and is the reason of the entry. Refusals: NOT_AUTHORISED, NOT_YOURS_TO_GIVE (403), PERSON_UNKNOWN
    (404), DELEGATE_UNFIT, DELEGATION_WRONG, UNKNOWN_PROCESS, a reason's (422).
    """
    with act(actor, events.DELEGATE, object=identity.identifier(to), reason=keepable(task)) as opened:
        task = check_reason(task)
        if actor.person_id is None or not actor.holds(*CONTENT_ROLES):
            raise Refusal(NOT_AUTHORISED, "Only who takes part in records can delegate a part of that.")
        declaration = declared(of_code(process))
        named = list(dict.fromkeys(steps))
        _refuse_wrong(declaration, named, begins_at, ends_at, clock())
        _refuse_foreign(actor, declaration, named)
        delegate = hold_person(actor, identity.person_of(to).user_id)
        _refuse_unfit(delegate, actor.person_id, ready=False)
        return Delegation.objects.create(
            delegator_id=actor.person_id,
            delegate=delegate,
            process=declaration.process,
            steps=named,
            task=task,
            begins_at=max(begins_at, clock()),
            ends_at=ends_at,
            offered_at=clock(),
            act=opened.id,
        )


def _refuse_wrong(
    declaration: Declaration, steps: list[str], begins_at: datetime, ends_at: datetime, now: datetime
) -> None:
    begins = max(begins_at, now)
    known = bool(steps) and all(step in declaration.steps for step in steps)
    checks = {
        "steps": (known, f"Name steps of “{declaration.title}”."),
        "last_day": (
            begins < ends_at <= begins + LONGEST,
            f"It ends after it begins and lies ahead, {LONGEST.days} days long at most.",
        ),
    }
    faults = {name: fault for name, (fine, fault) in checks.items() if not fine}
    if faults:
        raise Refusal(events.DELEGATION_WRONG, " ".join(faults.values()), faults)


def _refuse_foreign(actor: Actor, declaration: Declaration, steps: list[str]) -> None:
    """Judged by the actor's own roles, so that what was delegated to them goes no further. Whether they stand to a record as a
    step asks (its owner, say) is judged there."""
    for name in steps:
        by = declaration.steps[name].by
        if not actor.holds(*by) and not set(by) & set(RELATIONS):
            told = f"“{declaration.step_title(name)}” is not yours to take, so you cannot let another take it for you."
            raise Refusal(events.NOT_YOURS_TO_GIVE, told)


def _refuse_unfit(delegate: Person, delegator: int | None, *, ready: bool) -> None:
    """A delegate is another, active, with a content role; `ready`: known, and answering for what they sign."""
    held = {grant.role for grant in identity.active_grants(delegate)}
    causes = {
        "it is you yourself": delegate.pk == delegator,
        "the account is not active": delegate.status != Person.ACTIVE,
        "they hold no role in records": not held & set(CONTENT_ROLES),
        "they administer this installation": bool(held & set(ADMINISTRATION)),
        "nobody has confirmed who they are": ready and not identity.is_identity_verified(delegate),
        "they have not accepted that they answer for their signatures": ready
        and bool(accountability.standing(delegate, clock()).due),
    }
    if cause := next((cause for cause, holds in causes.items() if holds), ""):
        raise Refusal(events.DELEGATE_UNFIT, f"{delegate.name} cannot take it on: {cause}.")


def accept(actor: Actor, delegation_id: int) -> Delegation:
    """The delegate takes it on; it counts once a third person approved it. Refusals: DELEGATION_UNKNOWN (404), DELEGATE_UNFIT (422)."""
    with act(actor, events.DELEGATE_ACCEPT, object=_object(delegation_id)):
        found = _open(delegation_id)
        if found.delegate_id != actor.person_id or found.accepted_at is not None:
            raise _unknown()
        _refuse_unfit(found.delegate, found.delegator_id, ready=True)
        found.accepted_at = clock()
        found.save(update_fields=["accepted_at"])
        return found


def approve(actor: Actor, delegation_id: int) -> Delegation:
    """Somebody of administration or QA who is neither of the two lets it count.

    Refusals: NOT_AUTHORISED, DELEGATION_PARTY (403), DELEGATION_UNKNOWN (404: none, not accepted yet, approved, ended or over),
    IDENTITY_UNVERIFIED (422).
    """
    with act(actor, events.DELEGATE_APPROVE, object=_object(delegation_id)):
        require_still(actor, *ADMINISTRATION, QA_APPROVER)
        found = _open(delegation_id)
        if actor.person_id in (found.delegator_id, found.delegate_id):
            raise Refusal(events.DELEGATION_PARTY, "You are one of the two; a third person approves it.")
        require_known(actor)
        if found.accepted_at is None or found.approved_at is not None:
            raise _unknown()
        _refuse_unfit(found.delegate, found.delegator_id, ready=True)
        found.approved_by, found.approved_at = actor.user_id, clock()
        found.save(update_fields=["approved_by", "approved_at"])
        return found


def end(actor: Actor, delegation_id: int, *, reason: str) -> Delegation:
    """Ends it at once, or turns it down: by one of the two, or by administration.

    Refusals: NOT_AUTHORISED (403), DELEGATION_UNKNOWN (404), a reason's (422).
    """
    with act(actor, events.DELEGATE_END, object=_object(delegation_id), reason=keepable(reason)):
        check_reason(reason)
        actor = hold_rights(actor)
        found = _open(delegation_id)
        if actor.person_id not in (found.delegator_id, found.delegate_id):
            require(actor, *ADMINISTRATION)
        found.ended_at, found.ended_by = clock(), actor.user_id
        found.save(update_fields=["ended_at", "ended_by"])
        return found


def end_of_leaver(opened: Act, person: Person, now: datetime) -> None:
    """Inside the act that closes an account: its delegations end, given and taken (identity.recalls)."""
    either = Q(delegator=person) | Q(delegate=person)
    Delegation.objects.filter(either, ended_at=None, ends_at__gt=now).update(
        ended_at=now, ended_by=opened.actor.user_id
    )


def _open(delegation_id: int) -> Delegation:
    """The delegation, held, neither ended nor over."""
    known = Delegation.objects.select_related("delegator", "delegate").filter(
        ended_at=None, ends_at__gt=clock()
    )
    named = known.filter(pk=delegation_id) if 0 < delegation_id < 2**63 else known.none()
    found = named.select_for_update(of=("self",)).first()
    if found is None:
        raise _unknown()
    return found


def _unknown() -> Refusal:
    return Refusal(events.DELEGATION_UNKNOWN, "There is no such delegation that waits for this.")


def _object(delegation_id: int) -> str:
    return f"delegation:{delegation_id}" if 0 < delegation_id < 2**63 else "delegation:unknown"
