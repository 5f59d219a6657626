"""Confidentiality classes: QA opens one to a person and closes it again; records are put into them by workflow (URS-AUT-06)."""

from __future__ import annotations

from datetime import datetime

from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import queries
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.events import (
    CLASS_END,
    CLASS_GIVE,
    CLASS_HELD,
    CLASS_UNKNOWN,
    CLASS_WRONG,
    OWN_RIGHTS,
    PERSON_INACTIVE,
)
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.models import ClassGrant, Person
from indelible.kernel.identity.newcomers import CODE
from indelible.kernel.identity.types import QA_APPROVER


def is_class(code: str) -> bool:
    """Whether a text can name a class: letters, digits, - and _, at most 40."""
    return CODE.fullmatch(code) is not None


def open_class(actor: Actor, user_id: str, code: str, *, reason: str) -> ClassGrant:
    """A person may know of records of this class from now on; a class exists once somebody has it.

    Refusals: NOT_AUTHORISED, OWN_RIGHTS (403), PERSON_UNKNOWN (404), PERSON_INACTIVE, CLASS_HELD (409), CLASS_WRONG, a reason's.
    """
    named = keepable(code)
    with act(actor, CLASS_GIVE, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        person = _decided_on(actor, user_id)
        if person.status != Person.ACTIVE:
            raise Refusal(PERSON_INACTIVE, f"{person.name}'s account is not active.")
        if not is_class(named):
            told = "Letters, digits, - and _, at most 40."
            raise Refusal(CLASS_WRONG, told, {"code": told})
        if ClassGrant.objects.filter(person=person, code=named, ended_at=None).exists():
            raise Refusal(CLASS_HELD, f"{person.name} may know of “{named}” already.")
        return ClassGrant.objects.create(
            person=person, code=named, given_by=actor.user_id, given_at=clock(), act=opened.id
        )


def close_class(actor: Actor, user_id: str, code: str, *, reason: str) -> ClassGrant:
    """From the next request on the person knows nothing of that class. Refusals: as `open_class`, CLASS_UNKNOWN (404)."""
    with act(actor, CLASS_END, object=queries.identifier(user_id), reason=keepable(reason)):
        check_reason(reason)
        person = _decided_on(actor, user_id)
        found = ClassGrant.objects.filter(person=person, code=keepable(code), ended_at=None).first()
        if found is None:
            raise Refusal(CLASS_UNKNOWN, f"{person.name} has no such class.")
        found.ended_at, found.ended_by = clock(), actor.user_id
        found.save(update_fields=["ended_at", "ended_by"])
        return found


def end_reviewed(opened: Act, grant_id: int, now: datetime) -> None:
    """Inside the act of a review that removes it: closes a class to a person (signatures.access_reviews)."""
    ClassGrant.objects.filter(pk=grant_id, ended_at=None).update(ended_at=now, ended_by=opened.actor.user_id)


def _decided_on(actor: Actor, user_id: str) -> Person:
    require(actor, QA_APPROVER)
    person = hold_person(actor, queries.person_of(user_id).user_id)
    if person.pk == actor.person_id:
        raise Refusal(OWN_RIGHTS, "Nobody opens or closes anything for themselves.")
    return person
