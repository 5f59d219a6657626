"""Delegations: steps that one person lets another take for them, for a while (URS-AUT-05)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api.bodies import Body, Day, Why, day_of, only_known
from indelible.api.paging import PageAsk, newest_first
from indelible.api.service import api, caller, told
from indelible.kernel.workflow import delegations, mandates

Word = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(max_length=10_000)]


class DelegationRead(Schema):
    """A delegation: it counts between its two instants once accepted and approved, until it is ended."""

    id: int
    delegator: str = Field(alias="delegator.user_id")
    delegate: str = Field(alias="delegate.user_id")
    process: str
    steps: list[str]
    task: str
    begins_at: datetime
    ends_at: datetime
    accepted_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    ended_at: datetime | None


class DelegationList(Schema):
    """The delegations the caller gave or took, all of them for those who answer for people; the newest first."""

    items: list[DelegationRead]
    next: str | None


class NewDelegation(Body):
    """Steps of a process for another person to take, from the first to the last day in the caller's time zone."""

    to: Word
    process: Word
    steps: Annotated[list[Word], Field(max_length=100)]
    first_day: Day
    last_day: Day
    task: Reason


@api.get(
    "/delegations",
    summary="Delegations given and taken",
    **told(authority="signed in", answers={200: DelegationList}),
)
def list_delegations(request: HttpRequest, ask: Query[PageAsk]) -> dict[str, Any]:
    """One page, ended ones too."""
    only_known(request, PageAsk)
    return newest_first("delegations", mandates.delegations(caller(request)), ask)


@api.post(
    "/delegations",
    summary="Let another take steps for oneself",
    **told(
        authority="who may take the steps themselves",
        answers={201: DelegationRead},
        problems_too=(404, 413, 415, 422),
    ),
)
def offer(request: HttpRequest, body: NewDelegation) -> Status[object]:
    """It counts once they accepted and a third person approved it."""
    actor = caller(request)
    first, last = day_of(body.first_day, "first_day"), day_of(body.last_day, "last_day")
    begins_at, ends_at = delegations.days(first, last, actor.zone)
    made = delegations.offer(
        actor,
        body.to,
        process=body.process,
        steps=body.steps,
        begins_at=begins_at,
        ends_at=ends_at,
        task=body.task,
    )
    return Status(201, made)


@api.post(
    "/delegations/{delegation_id}/acceptance",
    summary="Accept a delegation",
    **told(authority="the person it was offered to", answers={200: DelegationRead}, problems_too=(404, 422)),
)
def accept(request: HttpRequest, delegation_id: int) -> object:
    """As oneself, for the delegator; every entry and signature says so."""
    return delegations.accept(caller(request), delegation_id)


@api.post(
    "/delegations/{delegation_id}/approval",
    summary="Approve a delegation",
    **told(
        authority="system administrator, security unit or QA approver, neither of the two",
        answers={200: DelegationRead},
        problems_too=(404, 422),
    ),
)
def approve(request: HttpRequest, delegation_id: int) -> object:
    """From then on it counts."""
    return delegations.approve(caller(request), delegation_id)


@api.post(
    "/delegations/{delegation_id}/end",
    summary="End a delegation, or turn it down",
    **told(
        authority="the person who gave or took it, a system administrator or the security unit",
        answers={200: DelegationRead},
        problems_too=(404, 413, 415, 422),
    ),
)
def end(request: HttpRequest, delegation_id: int, body: Why) -> object:
    """At once."""
    return delegations.end(caller(request), delegation_id, reason=body.reason)
