"""The exception for a very small firm: one person administers and has a part in the records, watched by another (URS-AUT-03).

Declared by administration, approved by QA, ended by the clock at the latest. What such a person does with a record waits for a
second person (workflow.excepted), and QA's approval is never theirs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import known, queries, standing
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.events import (
    EXCEPTION_APPROVE,
    EXCEPTION_DECLARE,
    EXCEPTION_END,
    EXCEPTION_UNKNOWN,
    EXCEPTION_WRONG,
    OWN_RIGHTS,
    PERSON_INACTIVE,
    SECOND_PERSON,
)
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.models import Person, SmallFirmException
from indelible.kernel.identity.types import ADMINISTRATION, EXCEPTED_FOR, QA_APPROVER

_UNKNOWN: Final = "exception:unknown"


def declare_exception(actor: Actor, user_id: str, *, ends_at: datetime, reason: str) -> SmallFirmException:
    """Declares that one person has to do both, until `ends_at` (aware, at most EXCEPTED_FOR away); it counts once QA approved it.

    Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404), PERSON_INACTIVE (409), EXCEPTION_WRONG, a reason's (422).
    """
    with act(actor, EXCEPTION_DECLARE, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        require(actor, *ADMINISTRATION)
        person = hold_person(actor, queries.person_of(user_id).user_id)
        require_still(actor, *ADMINISTRATION)  # also where it is declared of oneself
        if person.status != Person.ACTIVE:
            raise Refusal(PERSON_INACTIVE, f"{person.name}'s account is not active.")
        now = clock()
        if not now < ends_at <= now + EXCEPTED_FOR:
            told = f"Name its last day: a day to come, at most {EXCEPTED_FOR.days} days from now, written as YYYY-MM-DD."
            raise Refusal(EXCEPTION_WRONG, told, {"ends_on": told})
        return SmallFirmException.objects.create(
            person=person, ends_at=ends_at, declared_by=actor.user_id, declared_at=now, act=opened.id
        )


def approve_exception(actor: Actor, exception_id: int) -> SmallFirmException:
    """QA lets it count; neither the person nor who declared it.

    Refusals: NOT_AUTHORISED, OWN_RIGHTS, SECOND_PERSON (403), EXCEPTION_UNKNOWN (404).
    """
    with act(actor, EXCEPTION_APPROVE, object=_object(exception_id)):
        require_still(actor, QA_APPROVER)
        found = _open(exception_id)
        if found.person_id == actor.person_id:
            raise Refusal(OWN_RIGHTS, "Nobody approves an exception for themselves.")
        if found.declared_by == actor.user_id:
            raise Refusal(SECOND_PERSON, "You declared it; somebody else of QA approves it.")
        if found.approved_at is not None:
            raise _unknown()
        known.require_known(actor)
        found.approved_by, found.approved_at = actor.user_id, clock()
        found.save(update_fields=["approved_by", "approved_at"])
        return found


def end_exception(actor: Actor, exception_id: int, *, reason: str) -> SmallFirmException:
    """Ends it at once, and with it what was granted under it. Refusals: NOT_AUTHORISED (403), EXCEPTION_UNKNOWN (404),
    LAST_ADMINISTRATORS (409: a role of administration was granted under it), a reason's."""
    with act(actor, EXCEPTION_END, object=_object(exception_id), reason=keepable(reason)):
        check_reason(reason)
        require(actor, *ADMINISTRATION, QA_APPROVER)
        about = _object(exception_id).removeprefix("person:")
        with standing.kept(actor, about):
            if about != _UNKNOWN:  # the account before the exception, as where one is closed (identity.held)
                hold_person(actor, about)
            require_still(actor, *ADMINISTRATION, QA_APPROVER)
            found = _open(exception_id)
            found.ended_at, found.ended_by = clock(), actor.user_id
            found.save(update_fields=["ended_at", "ended_by"])
            return found


def _open(exception_id: int) -> SmallFirmException:
    """The exception, held, neither ended nor over."""
    known = SmallFirmException.objects.select_for_update().filter(ended_at=None, ends_at__gt=clock())
    found = known.filter(pk=exception_id).first() if 0 < exception_id < 2**63 else None
    if found is None:
        raise _unknown()
    return found


def _unknown() -> Refusal:
    return Refusal(EXCEPTION_UNKNOWN, "There is no such exception that waits for this.")


def _object(exception_id: int) -> str:
    known = SmallFirmException.objects.select_related("person")
    found = known.filter(pk=exception_id).first() if 0 < exception_id < 2**63 else None
    return f"person:{found.person.user_id}" if found else _UNKNOWN
