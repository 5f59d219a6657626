"""How a person comes in again, by an authorised other one: a temporary secret, the lift of a lock."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Schema, Status

from indelible.api.bodies import Why, storable
from indelible.api.service import api, caller, told
from indelible.kernel.identity import actions
from indelible.kernel.identity.types import Confirmation

_BODY = (404, 409, 413, 415, 422)


class Unlock(Why):
    """The reason, and how it was confirmed that it is the account's person who asks."""

    confirmed: Confirmation


class Issued(Schema):
    """A temporary secret: shown once, works once, dies after a day."""

    secret: str


@api.post(
    "/people/{user_id}/unlock",
    summary="Lift the lock of failed attempts",
    **told(
        authority="system administrator or security unit",
        answers={204: None},
        problems_too=_BODY,
        operation_id="indelible_api_routes_people_unlock_account",
    ),
)
def unlock_account(request: HttpRequest, user_id: str, body: Unlock) -> Status[None]:
    """By an authorised other person who confirmed the identity (URS-ACC-07)."""
    actions.unlock_account(caller(request), storable(user_id), confirmed=body.confirmed, reason=body.reason)
    return Status(204, None)


@api.post(
    "/people/{user_id}/credentials",
    summary="Issue a temporary secret",
    **told(
        authority="system administrator or security unit",
        answers={201: Issued},
        problems_too=_BODY,
        operation_id="indelible_api_routes_people_issue_secret",
    ),
)
def issue_secret(request: HttpRequest, user_id: str, body: Why) -> Status[dict[str, str]]:
    """Works for one sign-in within a day and forces a change (URS-CRD-03)."""
    secret = actions.issue_secret(caller(request), storable(user_id), reason=body.reason)
    return Status(201, {"secret": secret})
