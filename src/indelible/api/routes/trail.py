"""The audit trail: one item an act, narrowed, sorted, as pages or as a table to take away."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponseBase
from ninja import Query
from pydantic import Field

from indelible.api import answers, shapes
from indelible.api.bodies import Instant, only_known
from indelible.api.paging import PageAsk, answered
from indelible.api.service import api, caller, told
from indelible.exports import actions as exports
from indelible.exports.trail import trail_document
from indelible.kernel.records import actions as record_actions
from indelible.kernel.records import trail
from indelible.kernel.records.types import TrailFilter, TrailSort
from indelible.kernel.workflow import processes

Word = Annotated[str, Field(max_length=200)]


class RecordTrailAsk(PageAsk):
    """How a trail is narrowed; `from` is included, `to` is not. `purpose` is for copies and stands in the trail."""

    person: Word = ""
    since: Instant | None = Field(None, alias="from")
    until: Instant | None = Field(None, alias="to")
    field: Word = ""
    action: Word = ""
    outcome: Literal["", "done", "denied", "counted"] = ""
    q: Word = ""
    sort: TrailSort = "newest"
    format: Literal["json", "csv"] = "json"
    purpose: Annotated[str, Field(max_length=2_000)] = ""


class TrailAsk(RecordTrailAsk):
    """How the whole trail is narrowed."""

    process: Word = ""
    record: Word = ""


@api.get(
    "/audit-trail",
    summary="The audit trail",
    **told(
        authority="signed in; acts on records of the caller's sites, all acts for QA, administration and inspectors",
        answers={200: shapes.TrailList},
        problems_too=(422,),
        media=("text/csv",),
    ),
)
def read_trail(request: HttpRequest, ask: Query[TrailAsk]) -> Any:
    """A page as JSON, or all of it as CSV; taking the table away stands in the trail itself."""
    only_known(request, TrailAsk)
    return _answer(request, ask, process=ask.process, record=ask.record)


@api.get(
    "/records/{number}/audit-trail",
    summary="The audit trail of a record",
    **told(
        authority="signed in; records of the caller's sites",
        answers={200: shapes.TrailList},
        problems_too=(404, 422),
        media=("text/csv",),
    ),
)
def read_record_trail(request: HttpRequest, number: str, ask: Query[RecordTrailAsk]) -> Any:
    """Every act on the record, and those that linked another to it."""
    only_known(request, RecordTrailAsk)
    record = record_actions.open_record(caller(request), number)
    return _answer(request, ask, record=record.number)


def _answer(
    request: HttpRequest, ask: RecordTrailAsk, *, process: str = "", record: str = ""
) -> dict[str, Any] | HttpResponseBase:
    actor = caller(request)
    wanted = TrailFilter(
        person=ask.person,
        since=ask.since,
        until=ask.until,
        process=process,
        record=record,
        field=ask.field,
        action=ask.action,
        outcome=ask.outcome,
        q=ask.q,
        sort=ask.sort,
    )
    if ask.format == "csv":
        asked = request.META.get("QUERY_STRING", "")
        content, digest = exports.copy_trail(actor, wanted, purpose=ask.purpose, asked=asked)
        response = answers.stream(content, f"audit-trail{'-' + record if record else ''}.csv", "text/csv")
        response["X-Content-SHA256"] = digest
        return response
    page = trail.page(actor, wanted, cursor=ask.cursor, limit=ask.limit, labels=processes.label)
    return answered(page, trail_document)
