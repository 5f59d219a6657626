"""Whose identity was confirmed, by whom and how (21 CFR 11.100(b))."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api.bodies import Body, Day, day_of, only_known, storable
from indelible.api.paging import PageAsk, newest_first
from indelible.api.service import api, caller, told
from indelible.kernel.identity import actions, queries

Short = Annotated[str, Field(max_length=400)]


class NewVerification(Body):
    """How another person confirmed who somebody is; no copy of a document, only where the evidence lies."""

    method: Literal["passport", "national_id", "driving_licence", "employment_file", "known_in_person"]
    reference: Short
    verified_on: Day


class VerificationRead(Schema):
    """A confirmed identity, or that it no longer counts (`ended`, with its cause)."""

    kind: Literal["verified", "ended"]
    method: str
    reference: str
    verified_on: date | None
    cause: str
    by: str
    at: datetime


class VerificationList(Schema):
    """What was said about a person's identity, newest first; the first item is what counts."""

    items: list[VerificationRead]
    next: str | None


@api.get(
    "/people/{user_id}/identity-verifications",
    summary="What was said about a person's identity",
    **told(
        authority="system administrator, security unit, QA approver or inspector",
        answers={200: VerificationList},
        problems_too=(404,),
    ),
)
def list_verifications(request: HttpRequest, user_id: str, ask: Query[PageAsk]) -> dict[str, Any]:
    """Newest first; what the newest says counts (URS-UNQ-02)."""
    only_known(request, PageAsk)
    found = queries.verifications(caller(request), storable(user_id))
    return newest_first("verifications", found, ask, _verification)


@api.post(
    "/people/{user_id}/identity-verifications",
    summary="Record that a person's identity was confirmed",
    **told(
        authority="system administrator or security unit, of their own people QA, too; another than who issued the person's secret",
        answers={201: VerificationRead},
        problems_too=(404, 409, 413, 415, 422),
    ),
)
def verify_identity(request: HttpRequest, user_id: str, body: NewVerification) -> Status[dict[str, Any]]:
    """Before a first secret, and again after a reset, by somebody other than who issued it (URS-UNQ-02, URS-SIG-06)."""
    made = actions.verify_identity(
        caller(request),
        storable(user_id),
        method=body.method,
        reference=body.reference,
        verified_on=day_of(body.verified_on, "verified_on"),
    )
    return Status(201, _verification(made))


def _verification(one: Any) -> dict[str, Any]:
    fields = ("kind", "method", "reference", "verified_on", "cause", "by", "at")
    return {field: getattr(one, field) for field in fields}
