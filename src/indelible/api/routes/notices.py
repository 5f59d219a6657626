"""Urgent notices: what looks like misuse of an identity, and who answered for it (21 CFR 11.300(d))."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import Field

from indelible.api.bodies import Body, only_known
from indelible.api.paging import PageAsk, answered
from indelible.api.service import api, caller, told
from indelible.kernel.notices import actions, queries


class NoticeAsk(PageAsk):
    """`waiting` true: only what nobody acknowledged; false: only what somebody did."""

    waiting: bool | None = None


class NewAnswer(Body):
    """What was found and done."""

    answer: Annotated[str, Field(max_length=600)]


class NoticeRead(Schema):
    """A notice; `entry` is the act of the trail it rests on (0: none), `record` empty where it is not yours to know, times are UTC."""

    id: int
    kind: str
    told: str
    subject: str
    source: str
    record: str
    entry: int
    raised_at: datetime
    escalated_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    answer: str


class NoticeList(Schema):
    """Notices, the newest first."""

    items: list[NoticeRead]
    next: str | None


@api.get(
    "/notices",
    summary="Urgent notices",
    **told(
        authority="system administrator, security unit, QA approver or inspector",
        answers={200: NoticeList},
    ),
)
def list_notices(request: HttpRequest, ask: Query[NoticeAsk]) -> dict[str, Any]:
    """One page, all or by whether they wait for an answer (URS-CRD-05)."""
    only_known(request, NoticeAsk)
    return answered(queries.notices(caller(request), waiting=ask.waiting, cursor=ask.cursor, limit=ask.limit))


@api.post(
    "/notices/{notice_id}/acknowledgement",
    summary="Acknowledge a notice",
    **told(
        authority="security unit or QA approver, whom it is not about",
        answers={200: NoticeRead},
        problems_too=(404, 409, 413, 415, 422),
    ),
)
def acknowledge_notice(request: HttpRequest, notice_id: int, body: NewAnswer) -> object:
    """Says what was found and done; what nobody acknowledges within fifteen minutes goes to management."""
    return actions.acknowledge(caller(request), notice_id, answer=body.answer)
