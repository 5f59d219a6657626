"""Periods of controlled access: begun by a session's first signing, over at its many ends (21 CFR 11.200(a)(1)(i), (ii))."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.models import Session
from indelible.kernel.identity.queries import credential_in_force, credentials_now
from indelible.kernel.signatures.models import Period
from indelible.kernel.signatures.queries import BOOT, MOVES, end_cause, place_of


@contextmanager
def going_on(session: Session, now: datetime, actor: Actor) -> Iterator[Period | None]:
    """Inside an act, with the session's row held: the period that still goes on, or None; one found over is ended.

    A refusal inside undoes that end with everything else. Where the session came from elsewhere, the refusal's entry ends the
    period anew: else the place it moved from would sign on in it, and nobody would hear of the move (URS-SIG-04).
    """
    period = Period.objects.select_for_update().filter(session=session, ended_at=None).first()
    cause = end_cause(period, session, now, actor) if period else ""
    if period and cause:
        _end(period.pk, cause, now)
    try:
        yield None if cause else period
    except Refusal as refusal:
        if period is None or cause not in MOVES:
            raise
        raise replace(refusal, consequence=_also(refusal.consequence, period.pk, cause, now)) from refusal


def _end(period: int, cause: str, now: datetime) -> None:
    Period.objects.filter(pk=period, ended_at=None).update(ended_at=now, ended_cause=cause)


def _also(first: Callable[[], None] | None, period: int, cause: str, now: datetime) -> Callable[[], None]:
    def both() -> None:
        if first is not None:
            first()
        _end(period, cause, now)

    return both


def signed(period: Period | None, session: Session, now: datetime, actor: Actor) -> Period:
    """Inside an act, after all checks: the period one signing further, or begun by this one."""
    if period is None:
        return Period.objects.create(
            session=session,
            credential=credential_in_force(session.person),
            credentials=credentials_now(session.person),
            boot=BOOT,
            **place_of(actor),
            began_at=now,
            last_signed_at=now,
            signings=1,
        )
    period.signings += 1
    period.last_signed_at = now
    period.save(update_fields=["signings", "last_signed_at"])
    return period
