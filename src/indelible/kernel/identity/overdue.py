"""Sessions that no request comes to any more: ended at their absolute end and locked when idle, by the clock (URS-ACC-04)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import F, Q, QuerySet

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Action, Actor
from indelible.kernel.identity.events import SESSION_END, SESSION_LOCK
from indelible.kernel.identity.models import Session
from indelible.kernel.identity.sessions import end_sessions
from indelible.kernel.identity.types import IDLE_LOCK

_MOST: Final = 500
"""Sessions of each kind that one run closes; the next run takes the rest."""


class _Overtaken(Exception):  # noqa: N818  (not an error: the person was there first)
    """The session is no longer overdue; its act is undone."""


def close_overdue(actor: Actor) -> int:
    """Ends sessions past their absolute end and locks idle ones, an act each; how many. `actor` is the job's."""
    now = clock()
    over = [_close(actor, SESSION_END, key, now) for key in _keys(past_end(now))]
    idle = [_close(actor, SESSION_LOCK, key, now) for key in _keys(idle_since(now))]
    return sum(over) + sum(idle)


def past_end(now: datetime) -> QuerySet[Session]:
    """Sessions that are not ended though their absolute end is past."""
    return Session.objects.filter(ended_at=None, expires_at__lte=now)


def idle_since(now: datetime) -> QuerySet[Session]:
    """Sessions that are in force and open, and at which nobody did anything for longer than the idle lock allows."""
    is_open = Q(locked_at=None) | Q(unlocked_at__gte=F("locked_at"))
    return Session.objects.filter(is_open, ended_at=None, expires_at__gt=now, seen__at__lt=now - IDLE_LOCK)


def _keys(found: QuerySet[Session]) -> list[tuple[int, str]]:
    return list(found.order_by("pk").values_list("pk", "public_id")[:_MOST])


def _close(actor: Actor, action: Action, key: tuple[int, str], now: datetime) -> bool:
    pk, public_id = key
    overdue, cause = (past_end, "absolute end") if action is SESSION_END else (idle_since, "idle")
    try:
        with act(actor, action, object=f"session:{public_id}", detail={"cause": cause}):
            session = overdue(now).select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
            if session is None:
                raise _Overtaken
            if action is SESSION_END:
                end_sessions([session], cause, session.expires_at)
            else:
                session.locked_at = session.seen.at + IDLE_LOCK
                session.save(update_fields=["locked_at"])
    except _Overtaken:
        return False
    return True
