"""The verbs of notices: raised and escalated by the clock, acknowledged by a person who answers for it (URS-CRD-05)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.held import require_still
from indelible.kernel.notices import addressees
from indelible.kernel.notices.events import (
    ACKNOWLEDGE,
    DELIVER,
    ESCALATE,
    NOTICE_ANSWERED,
    NOTICE_UNKNOWN,
    OWN_NOTICE,
    RAISE,
)
from indelible.kernel.notices.lateness import late
from indelible.kernel.notices.models import Delivery, Notice, Watch
from indelible.kernel.notices.queries import ACKNOWLEDGING, seen_by
from indelible.kernel.notices.types import ANSWERED_WITHIN, KINDS, Noticed
from indelible.kernel.notices.watching import noticed

_LOOK_BACK: Final = timedelta(minutes=75)
"""Acts are looked at again for so long: the rules count within an hour, and a long transaction commits late."""
_AT_FIRST: Final = timedelta(days=1)


def look(actor: Actor) -> list[Notice]:
    """Looks through the trail since the last look and raises what is new; each notice is an act of its own."""
    now = clock()
    watch = Watch.objects.order_by("pk").first() or Watch(at=now - _AT_FIRST)
    known = set(Notice.objects.filter(raised_at__gt=watch.at - 2 * _LOOK_BACK).values_list("kind", "mark"))
    found = [one for one in noticed(watch.at - _LOOK_BACK) if (one.kind, one.mark) not in known]
    made = [notice for one in [*found, *late()] if (notice := raise_notice(actor, one)) is not None]
    watch.at = now
    watch.save()
    return made


def raise_notice(actor: Actor, one: Noticed) -> Notice | None:
    """One notice with the messages about it; None where it was raised before."""
    with suppress(_Overtaken), act(actor, RAISE, object=f"{one.kind}:{one.mark}"[:100]):
        if Notice.objects.filter(kind=one.kind, mark=one.mark[:100]).exists():
            raise _Overtaken
        notice = Notice.objects.create(
            kind=one.kind,
            mark=one.mark[:100],
            entry=one.entry,
            subject=one.subject[:64],
            source=one.source,
            record=one.record,
            told=one.told[:600],
            raised_at=clock(),
        )
        kind = KINDS[one.kind]
        audiences = ["security", *(["management"] if kind.management else [])]
        _address(notice, [*audiences, *(["owner"] if kind.owner and one.subject else [])])
        return notice
    return None


def escalate(actor: Actor) -> list[Notice]:
    """Gives what nobody acknowledged within the time to management; each once."""
    late = Notice.objects.filter(
        acknowledged_at=None, escalated_at=None, raised_at__lte=clock() - ANSWERED_WITHIN
    )
    return [one for key in late.order_by("id").values_list("pk", flat=True) if (one := _escalate(actor, key))]


class _Overtaken(Exception):  # noqa: N818  (not an error: somebody was there first, the act is undone)
    """The notice is answered or raised meanwhile."""


def _escalate(actor: Actor, key: int) -> Notice | None:
    with suppress(_Overtaken), act(actor, ESCALATE, object=f"notice:{key}"):
        notice = Notice.objects.select_for_update().get(pk=key)
        if notice.acknowledged_at is not None or notice.escalated_at is not None:
            raise _Overtaken
        notice.escalated_at = clock()
        notice.save(update_fields=["escalated_at"])
        _address(notice, ["management"])
        return notice
    return None


def _address(notice: Notice, audiences: list[str]) -> None:
    now = clock()
    for audience in audiences:
        for channel, address in addressees.of(audience, notice.subject):
            Delivery.objects.create(
                notice=notice, channel=channel, audience=audience, address=address[:1000], made_at=now
            )


def acknowledge(actor: Actor, notice_id: int, *, answer: str) -> Notice:
    """Somebody who answers for it, and whom it is not about, says what they found and did.

    Refusals: NOT_AUTHORISED, OWN_NOTICE (403), NOTICE_UNKNOWN (404), NOTICE_ANSWERED (409), a reason's (422).
    """
    said = keepable(answer)
    with act(actor, ACKNOWLEDGE, object=f"notice:{notice_id}", reason=said):
        require_still(actor, *ACKNOWLEDGING)
        check_reason(said)
        notice = Notice.objects.select_for_update().filter(pk=notice_id).first()
        if notice is None:
            raise Refusal(NOTICE_UNKNOWN, "There is no such notice.")
        if notice.subject == actor.user_id:
            raise Refusal(OWN_NOTICE, "It is about your own account, so somebody else answers for it.")
        if notice.acknowledged_at is not None:
            raise Refusal(NOTICE_ANSWERED, f"{notice.acknowledged_by} has acknowledged it.")
        notice.acknowledged_at, notice.acknowledged_by, notice.answer = clock(), actor.user_id, said[:600]
        notice.save(update_fields=["acknowledged_at", "acknowledged_by", "answer"])
        return seen_by(actor, notice)


def tried(actor: Actor, delivery: Delivery, fault: str, at: datetime) -> None:
    """Writes down what came of a message that was sent just now: out, or why not."""
    with act(actor, DELIVER, object=f"notice:{delivery.notice_id}", detail={"fault": fault[:300]}):
        delivery.attempts += 1
        delivery.tried_at, delivery.fault = at, fault[:300]
        delivery.sent_at = None if fault else at
        delivery.save(update_fields=["attempts", "tried_at", "fault", "sent_at"])
