"""Periods of controlled access: begun by a session's first signing, over at its many ends (21 CFR 11.200(a)(1)(i), (ii))."""

from __future__ import annotations

from datetime import datetime

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.models import Session
from indelible.kernel.identity.queries import credential_in_force, credentials_now
from indelible.kernel.signatures.models import Period
from indelible.kernel.signatures.queries import BOOT, end_cause, place_of


def continuing(session: Session, now: datetime, actor: Actor) -> Period | None:
    """Inside an act, with the session's row held: the period that still goes on, or None; one found over is ended."""
    period = Period.objects.select_for_update().filter(session=session, ended_at=None).first()
    if period is None:
        return None
    cause = end_cause(period, session, now, actor)
    if cause:
        period.ended_at, period.ended_cause = now, cause
        period.save(update_fields=["ended_at", "ended_cause"])
        return None
    return period


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
