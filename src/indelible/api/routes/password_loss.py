"""Passwords that somebody else may know: ended at once, by their person or by administration (21 CFR 11.300(c))."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from indelible.api.bodies import Body, Day, since_of, storable
from indelible.api.service import api, caller, told
from indelible.kernel.identity import actions


class PasswordLoss(Body):
    """What happened to it, and since when it was out of hand; without a day, since it was set."""

    cause: Literal["lost", "stolen", "suspect"]
    suspect_since: Day | None = None
    reason: Annotated[str, Field(max_length=10_000)]


class PasswordEnded(Schema):
    """A password that was reported: from when on what was signed with it is looked at again."""

    id: int
    issued_at: datetime
    ended_at: datetime
    ended_by: str
    ended_cause: str
    suspect_since: datetime


@api.post(
    "/people/{user_id}/password/end",
    summary="Report the password of a person lost, stolen or suspect",
    **told(
        authority="the person, or system administrator or security unit",
        answers={200: PasswordEnded},
        problems_too=(404, 409, 413, 415, 422),
    ),
)
def end(request: HttpRequest, user_id: str, body: PasswordLoss) -> object:
    """At once, with every session begun with it, the caller's own too; a one-time secret replaces it (URS-CRD-04)."""
    return actions.report_password(
        caller(request),
        storable(user_id),
        cause=body.cause,
        reason=body.reason,
        suspect_since=since_of(body.suspect_since),
    )
