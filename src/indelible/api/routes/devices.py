"""Passkeys of people as administration sees them: confirmed, and ended when lost (21 CFR 11.300(c), (e)).

Enrolling and using one is for a browser; who is asked by a program cannot show a device.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import Field

from indelible.api.bodies import Body, Day, only_known, since_of, storable
from indelible.api.paging import PageAsk, newest_first
from indelible.api.service import api, caller, told
from indelible.kernel.identity import actions, queries

_ADMINISTRATION = "system administrator or security unit"


class PasskeyRead(Schema):
    """A passkey: who confirmed it, when it was tested, why it ended ("" while it is in use)."""

    id: int
    label: str
    enrolled_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    tested_at: datetime
    ended_at: datetime | None
    ended_cause: str
    suspect_since: datetime | None


class PasskeyList(Schema):
    """The passkeys of a person, ended ones too, the newest first."""

    items: list[PasskeyRead]
    next: str | None


class PasskeyEnd(Body):
    """What happened to it, and since when it was out of hand, where it was."""

    cause: Literal["lost", "stolen", "suspect", "replaced", "left behind"]
    suspect_since: Day | None = None
    reason: Annotated[str, Field(max_length=10_000)]


@api.get(
    "/people/{user_id}/passkeys",
    summary="The passkeys of a person",
    **told(
        authority="the person, a system administrator, the security unit, a QA approver or an inspector",
        answers={200: PasskeyList},
        problems_too=(404,),
    ),
)
def list_passkeys(request: HttpRequest, user_id: str, ask: Query[PageAsk]) -> dict[str, Any]:
    """The public part only; a person sees their own on the page of their credentials, too."""
    only_known(request, PageAsk)
    return newest_first("passkeys", queries.passkeys(caller(request), storable(user_id)), ask)


@api.post(
    "/people/{user_id}/passkeys/{passkey_id}/confirmation",
    summary="Confirm that a passkey is this person's",
    **told(
        authority=f"{_ADMINISTRATION}, another than who issued the person's secret",
        answers={200: PasskeyRead},
        problems_too=(404, 409),
    ),
)
def confirm_passkey(request: HttpRequest, user_id: str, passkey_id: int) -> object:
    """Face to face, with the device in their hand; from then on it counts (URS-SIG-06)."""
    return actions.confirm_passkey(caller(request), storable(user_id), passkey_id)


@api.post(
    "/people/{user_id}/passkeys/{passkey_id}/end",
    summary="End a passkey of a person",
    **told(
        authority=f"the person, or {_ADMINISTRATION}",
        answers={200: PasskeyRead},
        problems_too=(404, 413, 415, 422),
    ),
)
def end_passkey(request: HttpRequest, user_id: str, passkey_id: int, body: PasskeyEnd) -> object:
    """At once; lost, stolen or suspect it takes the person's open sessions along (URS-CRD-04)."""
    return actions.end_passkey(
        caller(request),
        storable(user_id),
        passkey_id,
        cause=body.cause,
        reason=body.reason,
        suspect_since=since_of(body.suspect_since),
    )
