"""What stands behind a record: files, revisions, signatures and their verification, copies."""

from __future__ import annotations

from typing import Annotated, Any, BinaryIO, Literal, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import File, Form, Query, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from indelible.api import answers, shapes
from indelible.api.bodies import Why, only_known
from indelible.api.paging import PageAsk, answered
from indelible.api.service import api, caller, told
from indelible.exports import actions as exports
from indelible.exports.bundle import actions as bundles
from indelible.exports.bundle.held import Order
from indelible.exports.testimony import file_for_testimony
from indelible.kernel.audit.types import Actor
from indelible.kernel.records import actions as record_actions
from indelible.kernel.records import queries as records
from indelible.kernel.records import revisions
from indelible.kernel.records.types import handwritten_of
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.workflow import actions, queries

_READER = "signed in; records of the caller's sites"


class CopyAsk(Schema):
    """Which copy; `trail` false leaves the audit trail out, and the copy says so. `purpose` stands in the trail.

    A bundle always has the trail; `links` false leaves the linked records out of it."""

    format: Literal["pdf", "json", "bundle"]
    links: bool = True
    trail: bool = True
    purpose: Annotated[str, Field(max_length=2_000)] = ""


class Given(Schema):
    """Where the file goes: an attachment field, or the record as a whole; `reason` where it replaces one of its name.

    The three of `handwritten` label the picture of a paper signed by hand: by whom, on which day, where it lies.
    """

    field: Annotated[str, Field(max_length=200)] = ""
    reason: Annotated[str, Field(max_length=100_000)] = ""
    handwritten_by: Annotated[str, Field(max_length=400)] = ""
    handwritten_on: Annotated[str, Field(max_length=40)] = ""
    handwritten_original: Annotated[str, Field(max_length=1_000)] = ""


@api.post(
    "/records/{number}/attachments",
    summary="Give a record a file",
    **told(
        programs=True,
        authority="who may write in the record now",
        answers={200: shapes.Record, 201: shapes.Record},
        problems_too=(404, 409, 413, 422),
        by_alias=True,
    ),
)
def attach_file(
    request: HttpRequest,
    response: HttpResponse,
    number: str,
    file: File[UploadedFile],
    given: Form[Given],
) -> Status[dict[str, Any]]:
    """A new revision (201); the same file again changes nothing (200)."""
    before = record_actions.open_record(caller(request), number).revision
    actions.attach_file(
        caller(request),
        number,
        name=file.name or "",
        content=cast(BinaryIO, file),
        field=given.field,
        reason=given.reason,
        handwritten=handwritten_of(given.handwritten_by, given.handwritten_on, given.handwritten_original),
    )
    document = answers.whole_record(request, response, number)
    return Status(200 if document["revision"] == before else 201, document)


@api.get(
    "/records/{number}/attachments/{sha256}",
    summary="A file of a record",
    **told(programs=True, authority=_READER, answers={200: bytes}, problems_too=(404, 409), media=("*/*",)),
)
def read_file(request: HttpRequest, number: str, sha256: str) -> HttpResponseBase:
    """The original bytes, verified as they are read; only a file that this record carries."""
    attachment, original = record_actions.open_file(caller(request), number, sha256)
    response = answers.stream(original.content, attachment.name, original.media)
    response["ETag"] = f'"{original.sha256}"'
    return response


@api.get(
    "/records/{number}/revisions",
    summary="The revisions of a record",
    **told(programs=True, authority=_READER, answers={200: shapes.RevisionList}, problems_too=(404,)),
)
def list_revisions(request: HttpRequest, number: str, ask: Query[PageAsk]) -> dict[str, Any]:
    """One page: who saved which, when, why, and what it changed; oldest first."""
    only_known(request, PageAsk)
    record = record_actions.open_record(caller(request), number)
    return answered(revisions.revision_page(record, cursor=ask.cursor, limit=ask.limit))


@api.get(
    "/records/{number}/revisions/{revision}",
    summary="One revision",
    **told(programs=True, authority=_READER, answers={200: shapes.RevisionWhole}, problems_too=(404,)),
)
def read_revision(request: HttpRequest, number: str, revision: int) -> dict[str, Any]:
    """What the record said at that revision."""
    record = record_actions.open_record(caller(request), number)
    return revisions.revision_document(record, revision)


@api.get(
    "/records/{number}/signatures",
    summary="The signatures of a record",
    **told(programs=True, authority=_READER, answers={200: shapes.SignatureList}, problems_too=(404,)),
)
def list_signatures(request: HttpRequest, number: str, ask: Query[PageAsk]) -> dict[str, Any]:
    """One page in the order of signing, each with its full manifestation and standing (21 CFR 11.50)."""
    only_known(request, PageAsk)
    record = record_actions.open_record(caller(request), number)
    page = queries.signatures_of(caller(request), record.number, cursor=ask.cursor, limit=ask.limit)
    return answered(page)


@api.get(
    "/records/{number}/signatures/{signature_id}/verification",
    summary="Verify one signature now",
    **told(programs=True, authority=_READER, answers={200: shapes.Verification}, problems_too=(404,)),
)
def verify_signature(request: HttpRequest, number: str, signature_id: int) -> dict[str, Any]:
    """Compares what was signed with record, files, row and trail; nothing is taken from a flag (URS-LNK-01)."""
    record = record_actions.open_record(caller(request), number)
    found = signatures.signature(record, signature_id) if 0 < signature_id < 2**63 else None
    if found is None:
        raise records.not_there(f"{record.number} signature {signature_id}")
    differences = signatures.verify_signature(found)
    told_of = [{"part": d.part, "detail": d.detail} for d in differences]
    return {"valid": not differences, "differences": told_of}


@api.post(
    "/records/{number}/signatures/{signature_id}/testimony",
    summary="The file for testimony about one signature",
    **told(
        programs=True,
        authority=f"{_READER}, for administrators, the security unit, QA approvers and inspectors",
        answers={200: bytes},
        problems_too=(403, 404, 422),
        media=("application/json",),
    ),
)
def testify(request: HttpRequest, number: str, signature_id: int, body: Why) -> HttpResponseBase:
    """How its signer is known, what they accepted and did, whether its bond holds (21 CFR 11.100(c)(2))."""
    handed = file_for_testimony(caller(request), number, signature_id, reason=body.reason)
    return _sent(handed)


@api.get(
    "/records/{number}/copy",
    summary="A true copy",
    **told(
        programs=True,
        authority=_READER,
        answers={200: bytes},
        problems_too=(404, 409, 422, 503),
        media=("application/pdf", "application/json", "application/zip"),
    ),
)
def copy_record(request: HttpRequest, number: str, ask: Query[CopyAsk]) -> HttpResponseBase:
    """PDF for people, JSON for machines, or an inspection bundle; who took which stands in the trail with its digest."""
    only_known(request, CopyAsk)
    if ask.format == "bundle":
        return _bundle(caller(request), number, ask)
    handed = exports.copy_record(
        caller(request), number, ask.format, with_trail=ask.trail, purpose=ask.purpose
    )
    return _sent(handed)


def _sent(handed: exports.Handed) -> HttpResponse:
    response = answers.download(handed.content, handed.name, handed.media)
    response["X-Content-SHA256"] = handed.digest
    return response


def _bundle(actor: Actor, number: str, ask: CopyAsk) -> HttpResponseBase:
    order = Order(numbers=[number], links=ask.links, purpose=ask.purpose)
    made = bundles.bundle(actor, order)
    response = answers.stream(made.content, made.name, bundles.MEDIA)
    response["X-Content-SHA256"] = made.digest
    return response
