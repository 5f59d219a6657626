"""Records: open, list, read, change, step, link, hand on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Status
from pydantic import Field

from indelible.api import answers, shapes
from indelible.api.bodies import Body, Instant, only_known
from indelible.api.paging import PageAsk
from indelible.api.service import api, caller, told
from indelible.kernel.records.types import RecordFilter
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions, queries

Word = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(max_length=100_000)]
Revision = Annotated[int, Field(ge=1, le=2_000_000_000)]
Fields = Annotated[dict[str, Any], Field(description="Values by field name; null empties a field")]
_WRITE = (404, 409, 413, 415, 422)


class NewRecord(Body):
    """A record to open; `site` is the caller's unless given."""

    process: Word
    fields: Fields
    site: Word | None = None
    reason: Reason | None = None


class Edit(Body):
    """Fields to save; what is not given stays. `reason` where a committed value changes or is emptied."""

    fields: Fields
    reason: Reason | None = None


class Signing(Body):
    """The components of 21 CFR 11.200: id and password at the first signing of a period, the password at each later one."""

    user_id: Word | None = None
    password: Annotated[str, Field(max_length=1_000, json_schema_extra={"format": "password"})] | None = None
    otp: Annotated[str, Field(max_length=40)] | None = None
    meaning: Word | None = None


class Declining(Body):
    """Why somebody who could sign does not, and at which revision."""

    revision: Revision
    reason: Reason


class Taking(Body):
    """A step to take, at the revision that was read."""

    revision: Revision
    fields: Fields | None = None
    reason: Reason | None = None
    signature: Signing | None = None


class NewLink(Body):
    """A link to another record, under a declared kind or the name by which the other declares it."""

    kind: Word
    to: Word
    reason: Reason | None = None


class NewOwner(Body):
    """Who owns the record from now on."""

    owner: Word
    reason: Reason


class RecordAsk(PageAsk):
    """How a list of records is narrowed."""

    process: Word = ""
    state: Word = ""
    q: Word = ""
    owner: Word = ""
    site: Word = ""
    updated_from: Instant | None = None
    sort: Literal["newest", "updated"] = "newest"


@api.get(
    "/records",
    summary="Records you may see",
    **told(
        programs=True, authority="signed in; records of the caller's sites", answers={200: shapes.RecordList}
    ),
)
def list_records(request: HttpRequest, ask: Query[RecordAsk]) -> dict[str, Any]:
    """One page, newest or last changed first; follow `next`."""
    only_known(request, RecordAsk)
    since: datetime | None = ask.updated_from
    wanted = RecordFilter(
        process=ask.process,
        state=ask.state,
        q=ask.q,
        owner=ask.owner,
        site=ask.site,
        updated_from=since,
        sort=ask.sort,
    )
    return queries.list_records(caller(request), wanted, cursor=ask.cursor, limit=ask.limit)


@api.post(
    "/records",
    summary="Open a record",
    **told(
        programs=True,
        authority="the roles the process names",
        answers={201: shapes.Record},
        problems_too=(409, 413, 415, 422),
        by_alias=True,
    ),
)
def create_record(request: HttpRequest, response: HttpResponse, body: NewRecord) -> Status[dict[str, Any]]:
    """Opens a record in the first state of its process."""
    made = actions.create_record(
        caller(request), body.process, body.fields, site=body.site, reason=body.reason or ""
    )
    response["Location"] = f"/api/v1/records/{made.number}"
    return Status(201, answers.whole_record(request, response, made.number))


@api.get(
    "/records/{number}",
    summary="One record",
    **told(
        programs=True,
        authority="signed in; records of the caller's sites",
        answers={200: shapes.Record},
        problems_too=(404,),
        by_alias=True,
    ),
)
def read_record(request: HttpRequest, response: HttpResponse, number: str) -> dict[str, Any]:
    """The record as it stands, and the steps that are the caller's to take."""
    return answers.whole_record(request, response, number)


@api.patch(
    "/records/{number}",
    summary="Save a new revision",
    **told(
        programs=True,
        authority="the roles and relations the process names for this state",
        answers={200: shapes.Record},
        problems_too=(*_WRITE, 428),
        by_alias=True,
        openapi_extra={
            "parameters": [
                {
                    "in": "header",
                    "name": "If-Match",
                    "required": True,
                    "schema": {"type": "string", "pattern": '^"?[1-9][0-9]{0,8}"?$'},
                    "description": "The ETag of the revision that was read",
                }
            ]
        },
    ),
)
def edit_record(request: HttpRequest, response: HttpResponse, number: str, body: Edit) -> dict[str, Any]:
    """Saves fields; the same content again makes no revision and has the same ETag."""
    revision = answers.expected_revision(request)
    if revision is None:
        answers.refuse_without_revision(caller(request), number, body.fields, body.reason or "")
    else:
        actions.edit_record(caller(request), number, body.fields, revision=revision, reason=body.reason or "")
    return answers.whole_record(request, response, number)


@api.post(
    "/records/{number}/steps/{step}",
    summary="Take a step",
    **told(
        programs=True,
        authority="the roles and relations the step names; signed where it asks for it",
        answers={200: shapes.Record},
        problems_too=_WRITE,
        by_alias=True,
    ),
)
def take_step(
    request: HttpRequest, response: HttpResponse, number: str, step: str, body: Taking
) -> dict[str, Any]:
    """Enters fields, signs, moves the record: all of it or nothing."""
    actions.take_step(
        caller(request),
        number,
        step,
        revision=body.revision,
        fields=body.fields,
        reason=body.reason or "",
        signature=_components(body.signature),
    )
    return answers.whole_record(request, response, number)


@api.post(
    "/records/{number}/steps/{step}/refusal",
    summary="Refuse to sign",
    **told(
        authority="the roles and relations the step names, for a step that is signed",
        answers={204: None},
        problems_too=_WRITE,
    ),
)
def decline_signature(request: HttpRequest, number: str, step: str, body: Declining) -> Status[None]:
    """An attributed entry with its reason; the record stays as it is (URS-SIG-09)."""
    actions.decline_signature(caller(request), number, step, revision=body.revision, reason=body.reason)
    return Status(204, None)


def _components(given: Signing | None) -> Components | None:
    if given is None:
        return None
    return Components(given.user_id, given.password or "", given.otp, given.meaning)


@api.post(
    "/records/{number}/links",
    summary="Link two records",
    **told(
        programs=True,
        authority="the roles and relations the link names",
        answers={201: shapes.Record},
        problems_too=_WRITE,
        by_alias=True,
    ),
)
def link_records(
    request: HttpRequest, response: HttpResponse, number: str, body: NewLink
) -> Status[dict[str, Any]]:
    """A link makes no revision; it shows at both ends."""
    actions.link_records(caller(request), number, body.kind, body.to, reason=body.reason or "")
    return Status(201, answers.whole_record(request, response, number))


@api.put(
    "/records/{number}/owner",
    summary="Hand a record on",
    **told(
        authority="the owner, or QA approver",
        answers={200: shapes.Record},
        problems_too=_WRITE,
        by_alias=True,
    ),
)
def reassign(request: HttpRequest, response: HttpResponse, number: str, body: NewOwner) -> dict[str, Any]:
    """Another owner; whoever wrote in the record stays its author."""
    actions.reassign(caller(request), number, body.owner, reason=body.reason)
    return answers.whole_record(request, response, number)
