"""Confidentiality classes: opened to people by QA, set on records by their owner or QA (URS-AUT-06)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Schema, Status
from pydantic import Field

from indelible.api import answers, shapes
from indelible.api.bodies import Body, Why, storable
from indelible.api.paging import whole
from indelible.api.service import api, caller, told
from indelible.kernel.identity import actions, queries
from indelible.kernel.workflow import actions as workflow

Code = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(max_length=10_000)]


class ClassRead(Schema):
    """A class that is open to a person."""

    code: str
    given_by: str
    given_at: datetime


class ClassList(Schema):
    """The classes that are open to a person, by code."""

    items: list[ClassRead]
    next: str | None


class NewClass(Body):
    """A class to open; it exists once it is open to somebody."""

    code: Code
    reason: Reason


class Confined(Body):
    """The class of those who may know of the record beside QA and inspectors; null: everybody of its site."""

    confidentiality: Code | None
    reason: Reason


@api.get(
    "/people/{user_id}/classes",
    summary="The confidentiality classes open to a person",
    **told(
        authority="the person, a system administrator, the security unit, a QA approver or an inspector",
        answers={200: ClassList},
        problems_too=(404,),
    ),
)
def list_classes(request: HttpRequest, user_id: str) -> dict[str, Any]:
    """QA approvers and inspectors know of every class without one."""
    return whole(queries.classes_of(caller(request), storable(user_id)))


@api.post(
    "/people/{user_id}/classes",
    summary="Open a confidentiality class to a person",
    **told(
        authority="QA approver, not for oneself",
        answers={201: ClassRead},
        problems_too=(404, 409, 413, 415, 422),
    ),
)
def open_class(request: HttpRequest, user_id: str, body: NewClass) -> Status[object]:
    """From the next request on they know of its records at their sites."""
    made = actions.open_class(caller(request), storable(user_id), body.code, reason=body.reason)
    return Status(201, made)


@api.post(
    "/people/{user_id}/classes/{code}/end",
    summary="Close a confidentiality class to a person",
    **told(
        authority="QA approver, not for oneself",
        answers={200: ClassRead},
        problems_too=(404, 413, 415, 422),
    ),
)
def close_class(request: HttpRequest, user_id: str, code: str, body: Why) -> object:
    """At once."""
    return actions.close_class(caller(request), storable(user_id), storable(code), reason=body.reason)


@api.put(
    "/records/{number}/confidentiality",
    summary="Say who may know of a record",
    **told(
        authority="the owner, or QA approver",
        answers={200: shapes.Record},
        problems_too=(404, 409, 413, 415, 422),
        by_alias=True,
    ),
)
def confine(request: HttpRequest, response: HttpResponse, number: str, body: Confined) -> dict[str, Any]:
    """For everybody else it is, from then on, like a number that does not exist."""
    workflow.confine(caller(request), number, body.confidentiality or "", reason=body.reason)
    return answers.whole_record(request, response, number)
