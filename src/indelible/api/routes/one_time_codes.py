"""Authenticators for one-time codes: one's own enrolled and tested, another's confirmed, each ended (21 CFR 11.300(c), (e))."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Schema, Status
from pydantic import Field

from indelible.api.bodies import Body, Day, since_of, storable
from indelible.api.service import SignedIn, api, caller, told
from indelible.kernel.identity import actions, authenticators

Secret = Annotated[str, Field(max_length=1_000, json_schema_extra={"format": "password"})]
Typed = Annotated[str, Field(max_length=40)]
_EITHER = SignedIn(change_due_allowed=True)
_OWN = "signed in, also while a password has to be set"
_ADMINISTRATION = "system administrator or security unit"


class CodeQuestion(Schema):
    """An enrolment that is open for five minutes: `secret` (base32) or `link` (otpauth) goes into the app, `handle` comes back with its first code."""

    handle: str
    secret: str
    link: str


class CodeEnrolment(Body):
    """The first code of the app, and the password of who enrols it."""

    handle: Annotated[str, Field(max_length=200)]
    password: Secret
    code: Typed


class CodeTest(Body):
    """A code that was not used yet, and the password of its person."""

    password: Secret
    code: Typed


class CodeEnd(Body):
    """What happened to it, and since when it was out of hand, where it was; without a day, since it was enrolled."""

    cause: Literal["lost", "stolen", "suspect", "replaced", "left behind"]
    suspect_since: Day | None = None
    reason: Annotated[str, Field(max_length=10_000)]


class CodeRead(Schema):
    """An authenticator: who confirmed it, when it was tested last, before when it is tested again; it signs no longer after that."""

    id: int
    enrolled_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    tested_at: datetime
    test_due_at: datetime
    ended_at: datetime | None
    ended_by: str
    ended_cause: str
    suspect_since: datetime | None


class CodeList(Schema):
    """The authenticators of a person, ended ones too, the newest first."""

    items: list[CodeRead]
    next: str | None


@api.post(
    "/credentials/one-time-codes/question",
    auth=_EITHER,
    summary="Ask for a new authenticator of one's own",
    **told(authority=_OWN, answers={201: CodeQuestion}, problems_too=(409,)),
)
def ask_enrolment(request: HttpRequest) -> Status[dict[str, Any]]:
    """The secret is told this once and in no other answer."""
    handle, secret, link = actions.ask_code_enrolment(caller(request))
    return Status(201, {"handle": handle, "secret": secret, "link": link})


@api.post(
    "/credentials/one-time-codes",
    auth=_EITHER,
    summary="Enrol one's own authenticator",
    **told(authority=_OWN, answers={201: CodeRead}, problems_too=(409, 413, 415, 422)),
)
def enrol(request: HttpRequest, body: CodeEnrolment) -> Status[dict[str, Any]]:
    """By its first code, which is its first test; asked for once another person confirmed it (URS-SIG-06)."""
    made = actions.enrol_code(caller(request), body.handle, password=body.password, code=body.code)
    return Status(201, _read(made))


@api.post(
    "/credentials/one-time-codes/test",
    auth=_EITHER,
    summary="Test one's own authenticator",
    **told(authority=_OWN, answers={200: CodeRead}, problems_too=(404, 413, 415, 422)),
)
def take_test(request: HttpRequest, body: CodeTest) -> dict[str, Any]:
    """The yearly test; a wrong code counts like a failed sign-in (URS-CRD-06)."""
    return _read(actions.take_code_test(caller(request), password=body.password, code=body.code))


@api.get(
    "/people/{user_id}/one-time-codes",
    summary="The authenticators of a person",
    **told(
        authority="the person, a system administrator, the security unit, a QA approver or an inspector",
        answers={200: CodeList},
        problems_too=(404,),
    ),
)
def list_codes(request: HttpRequest, user_id: str) -> dict[str, Any]:
    """Never a secret of one."""
    found = authenticators.one_time_codes(caller(request), storable(user_id))
    return {"items": [_read(one) for one in found], "next": None}


@api.post(
    "/people/{user_id}/one-time-codes/confirmation",
    summary="Confirm that an authenticator is this person's",
    **told(
        authority=f"{_ADMINISTRATION}, another than who issued the person's secret",
        answers={200: CodeRead},
        problems_too=(404, 422),
    ),
)
def confirm(request: HttpRequest, user_id: str) -> dict[str, Any]:
    """The one that waits, face to face; from then on its codes are asked for (URS-SIG-06)."""
    return _read(actions.confirm_code(caller(request), storable(user_id)))


@api.post(
    "/people/{user_id}/one-time-codes/end",
    summary="End the authenticator of a person",
    **told(
        authority=f"the person, or {_ADMINISTRATION}",
        answers={200: CodeRead},
        problems_too=(404, 413, 415, 422),
    ),
)
def end(request: HttpRequest, user_id: str, body: CodeEnd) -> dict[str, Any]:
    """At once, with every session begun by it; lost, stolen or suspect with all of the person's. What was confirmed about the
    person ends, too (URS-CRD-04)."""
    return _read(
        actions.end_code(
            caller(request),
            storable(user_id),
            cause=body.cause,
            reason=body.reason,
            suspect_since=since_of(body.suspect_since),
        )
    )


def _read(code: Any) -> dict[str, Any]:
    return {
        "id": code.pk,
        "enrolled_at": code.enrolled_at,
        "confirmed_by": code.confirmed_by,
        "confirmed_at": code.confirmed_at,
        "tested_at": authenticators.last_test(code),
        "test_due_at": authenticators.test_due(code),
        "ended_at": code.ended_at,
        "ended_by": code.ended_by,
        "ended_cause": code.ended_cause or "",
        "suspect_since": code.suspect_since,
    }
