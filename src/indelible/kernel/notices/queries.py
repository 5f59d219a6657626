"""Reads of notices: those that wait for an answer, those that were answered, and failed proofs as they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from indelible.kernel.audit.paging import PAGE, Order, Page
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.queries import ANSWERING
from indelible.kernel.identity.types import QA_APPROVER, SECURITY_UNIT
from indelible.kernel.notices.addressees import channels
from indelible.kernel.notices.models import Delivery, Notice
from indelible.kernel.notices.types import GIVEN_UP_AFTER
from indelible.kernel.notices.watching import Told, acts_since
from indelible.kernel.records.queries import visible_to

__all__ = [
    "Delivery",
    "Notice",
    "channels",
    "count_waiting",
    "due",
    "failed_lately",
    "notices",
    "seen_by",
    "unsent",
    "wait",
]
ACKNOWLEDGING: Final = (SECURITY_UNIT, QA_APPROVER)
"""Who answers a notice: the security unit, and quality as the management it goes to."""
FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(minutes=30)
AT_ONCE: Final = 50
"""Messages that are due at once; the next run takes the rest."""
_NEWEST: Final = Order("notices", {"id": int}, falling=True)
LATELY: Final = timedelta(hours=24)


def notices(
    actor: Actor, *, waiting: bool | None = None, cursor: str = "", limit: int = PAGE
) -> Page[Notice]:
    """One page of the notices, the newest first: all, those that wait for an answer, or those answered. Refusals:
    NOT_AUTHORISED (403), CURSOR_UNKNOWN (400).

    The number of a record that the actor may not know of is left out (URS-AUT-06).
    """
    _require(actor)
    found = Notice.objects.all()
    chosen = found if waiting is None else found.filter(acknowledged_at__isnull=waiting)
    page = _NEWEST.page(chosen, cursor, limit)
    known = _knows(actor, {one.record for one in page.items if one.record})
    return Page([_told(one, known) for one in page.items], page.next)


def seen_by(actor: Actor, notice: Notice) -> Notice:
    """The notice as this actor may read it; not to be saved."""
    return _told(notice, _knows(actor, {notice.record} - {""}))


def _told(notice: Notice, known: set[str]) -> Notice:
    if notice.record and notice.record not in known:
        notice.told = notice.told.replace(
            f"record {notice.record}", "a record"
        )  # told so by earlier versions
        notice.record = ""
    return notice


def failed_lately(actor: Actor) -> list[Told]:
    """The failed proofs of the last day as the trail tells them this moment, the newest first. Refusal NOT_AUTHORISED (403).

    The number of a record that the actor may not know of is left out (URS-AUT-06).
    """
    _require(actor)
    found = [one for one in reversed(acts_since(clock() - LATELY)) if one.is_failed_proof]
    known = _knows(actor, {one.record for one in found if one.record})
    return [one if one.record in known or not one.record else replace(one, record="") for one in found]


def _knows(actor: Actor, numbers: set[str]) -> set[str]:
    """Those of these records that the actor may know of."""
    if not numbers:
        return set()
    return set(visible_to(actor).filter(number__in=numbers).values_list("number", flat=True))


def unsent(actor: Actor) -> QuerySet[Delivery]:
    """Messages that did not get out yet, the oldest first. Refusal NOT_AUTHORISED (403)."""
    _require(actor)
    return Delivery.objects.filter(sent_at=None, attempts__gt=0).select_related("notice").order_by("id")


def due() -> list[Delivery]:
    """The messages to be tried now, those tried least first; each failure doubles the wait. For the clock's door."""
    now = clock()
    waiting = Delivery.objects.filter(sent_at=None, made_at__gt=now - GIVEN_UP_AFTER)
    found = waiting.select_related("notice").order_by("attempts", "id")[: 4 * AT_ONCE]
    return [one for one in found if one.tried_at is None or now >= one.tried_at + wait(one.attempts)][
        :AT_ONCE
    ]


def wait(attempts: int) -> timedelta:
    """How long a message waits after so many tries."""
    return min(FIRST_WAIT * (1 << min(attempts, 12)), LONGEST_WAIT)


def count_waiting() -> tuple[int, datetime | None]:
    """How many notices wait for an answer, and since when the oldest does."""
    waiting = Notice.objects.filter(acknowledged_at=None)
    oldest = waiting.order_by("id").first()
    return waiting.count(), oldest.raised_at if oldest else None


def _require(actor: Actor) -> None:
    if not actor.holds(*ANSWERING):
        raise Refusal(
            NOT_AUTHORISED,
            "Notices are for the security unit, administrators, QA approvers and inspectors.",
        )
