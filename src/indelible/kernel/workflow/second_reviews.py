"""The second person looks at what somebody did with a record who also administers (URS-AUT-03)."""

from __future__ import annotations

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.types import is_excepted
from indelible.kernel.records import actions as records
from indelible.kernel.records.types import as_typed
from indelible.kernel.workflow import events
from indelible.kernel.workflow.declaration import CONTENT_ROLES
from indelible.kernel.workflow.excepted import waiting
from indelible.kernel.workflow.holding import still_seeing


def review_excepted(actor: Actor, number: str, *, reason: str) -> int:
    """A second person has looked at all that waits here, and says with what result; how many acts it were.

    Refusals: not there (404), NOT_ALLOWED, OWN_REVIEW (403), NOTHING_WAITS (409), a reason's (422).
    """
    with act(actor, events.SECOND_REVIEW, record=as_typed(number), reason=keepable(reason)):
        record = records.lock(actor, number)
        actor = still_seeing(actor, record)
        check_reason(reason)
        if actor.person_id is None or not actor.holds(*CONTENT_ROLES) or is_excepted(actor.roles):
            told = "The second person has a role in records and does not administer."
            raise Refusal(events.NOT_ALLOWED, told)
        found = list(waiting(record).select_for_update())
        if not found:
            raise Refusal(events.NOTHING_WAITS, "Nothing here waits for a second person.")
        if any(one.by == actor.user_id for one in found):
            raise Refusal(events.OWN_REVIEW, "Part of it is your own. Somebody else reviews it.")
        now = clock()
        for one in found:
            one.reviewed_by, one.reviewed_at = actor.user_id, now
            one.save(update_fields=["reviewed_by", "reviewed_at"])
        return len(found)
