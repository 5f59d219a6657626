"""Questions put to a person's device or identity provider: each is answered once, within minutes, in the session it was put in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity.events import CHALLENGE_OVER
from indelible.kernel.identity.models import Challenge
from indelible.kernel.identity.queries import token_digest

ANSWER_WITHIN: Final = timedelta(minutes=5)
"""Later the question is forgotten and has to be put anew."""


def ask(purpose: str, payload: Mapping[str, Any], *, session: str = "") -> str:
    """Keeps what was asked for `purpose`, at most 20 characters, and returns the handle to answer it by. Not inside an act."""
    now, handle = clock(), secrets.token_urlsafe(32)
    Challenge.objects.filter(expires_at__lte=now).delete()
    Challenge.objects.create(
        handle_digest=token_digest(handle),
        purpose=purpose,
        session=session,
        payload=dict(payload),
        expires_at=now + ANSWER_WITHIN,
    )
    return handle


def take(handle: str, purpose: str, *, session: str = "") -> dict[str, Any]:
    """What was asked, which is thereby answered. Call it before the act: also a refused answer was the only one.

    Refusal CHALLENGE_OVER (409) where it was answered already, is too old, or was asked of somebody else.
    """
    found = open_question(handle, purpose, session=session)
    if found is None or Challenge.objects.filter(handle_digest=token_digest(handle)).delete()[0] != 1:
        raise Refusal(CHALLENGE_OVER, "That took too long, or was answered already. Start again.")
    return found


def waiting(purpose: str, *, session: str, **about: Any) -> dict[str, Any] | None:
    """What this session was asked last of this purpose and about that, and is still to be answered; it stays so."""
    if not session:
        return None
    asked = Challenge.objects.filter(
        purpose=purpose, session=session, expires_at__gt=clock(), payload__contains=about
    )
    found = asked.order_by("-expires_at").first()
    return found.payload if found else None


def open_question(handle: str, purpose: str, *, session: str = "") -> dict[str, Any] | None:
    """What was asked and is still to be answered; it stays so."""
    found = Challenge.objects.filter(
        handle_digest=token_digest(handle), purpose=purpose, session=session, expires_at__gt=clock()
    ).first()
    return found.payload if found else None
