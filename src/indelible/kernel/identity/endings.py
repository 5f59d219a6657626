"""How sessions end, whoever or whatever ends them: below every verb that does (URS-ACC-04, URS-CRD-04)."""

from __future__ import annotations

from datetime import datetime

from indelible.kernel.identity.models import Session


def end_sessions(sessions: list[Session], cause: str, at: datetime) -> None:
    """Inside an act: ends these sessions, those already over stay as they ended."""
    for session in sessions:
        if session.ended_at is None:
            session.ended_at, session.ended_cause = at, cause
            session.save(update_fields=["ended_at", "ended_cause"])
