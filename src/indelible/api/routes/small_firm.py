"""The exception for a very small firm, and the second person's look at what is done under it (URS-AUT-03)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api import answers, shapes
from indelible.api.bodies import Body, Day, Why, day_of, only_known, storable
from indelible.api.paging import PageAsk, newest_first
from indelible.api.service import api, caller, told
from indelible.kernel.access.types import end_of
from indelible.kernel.identity import actions, queries
from indelible.kernel.workflow import second_reviews

Reason = Annotated[str, Field(max_length=10_000)]
_ADMINISTRATION = "system administrator or security unit"


class ExceptionRead(Schema):
    """An exception: one person administers and has a part in the records, until `ends_at`; it counts once approved."""

    id: int
    user_id: str = Field(alias="person.user_id")
    declared_by: str
    declared_at: datetime
    ends_at: datetime
    approved_by: str
    approved_at: datetime | None
    ended_at: datetime | None


class ExceptionList(Schema):
    """The exceptions of a person, ended ones too, the newest first."""

    items: list[ExceptionRead]
    next: str | None


class NewException(Body):
    """To the end of which day (UTC; at most 180 days away), and why the firm has nobody else."""

    ends_on: Day
    reason: Reason


@api.get(
    "/people/{user_id}/exceptions",
    summary="The small-firm exceptions of a person",
    **told(
        authority="the person, a system administrator, the security unit, a QA approver or an inspector",
        answers={200: ExceptionList},
        problems_too=(404,),
    ),
)
def list_exceptions(request: HttpRequest, user_id: str, ask: Query[PageAsk]) -> dict[str, Any]:
    """Ended and lapsed ones too."""
    only_known(request, PageAsk)
    return newest_first("exceptions", queries.exceptions(caller(request), storable(user_id)), ask)


@api.post(
    "/people/{user_id}/exceptions",
    summary="Declare a small-firm exception",
    **told(authority=_ADMINISTRATION, answers={201: ExceptionRead}, problems_too=(404, 409, 413, 415, 422)),
)
def declare_exception(request: HttpRequest, user_id: str, body: NewException) -> Status[object]:
    """It counts once somebody of QA approved it who is neither the person nor who declared it."""
    ends_at = end_of(day_of(body.ends_on, "ends_on"))
    made = actions.declare_exception(caller(request), storable(user_id), ends_at=ends_at, reason=body.reason)
    return Status(201, made)


@api.post(
    "/exceptions/{exception_id}/approval",
    summary="Approve a small-firm exception",
    **told(
        authority="QA approver, neither the person nor who declared it",
        answers={200: ExceptionRead},
        problems_too=(404,),
    ),
)
def approve_exception(request: HttpRequest, exception_id: int) -> object:
    """From then on the person may be given roles of both kinds."""
    return actions.approve_exception(caller(request), exception_id)


@api.post(
    "/exceptions/{exception_id}/end",
    summary="End a small-firm exception",
    **told(
        authority=f"{_ADMINISTRATION}, or QA approver",
        answers={200: ExceptionRead},
        problems_too=(404, 413, 415, 422),
    ),
)
def end_exception(request: HttpRequest, exception_id: int, body: Why) -> object:
    """At once, and with it the roles given under it."""
    return actions.end_exception(caller(request), exception_id, reason=body.reason)


@api.post(
    "/records/{number}/second-review",
    summary="Review what an excepted person did",
    **told(
        authority="the roles of records, not who did it and nobody who administers",
        answers={200: shapes.Record},
        problems_too=(404, 409, 413, 415, 422),
        by_alias=True,
    ),
)
def review_excepted(request: HttpRequest, response: HttpResponse, number: str, body: Why) -> dict[str, Any]:
    """All that waits on the record; its steps are open again after it."""
    second_reviews.review_excepted(caller(request), number, reason=body.reason)
    return answers.whole_record(request, response, number)
