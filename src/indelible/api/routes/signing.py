"""Whether and where this installation signs: certifications to the agency, and the doors of signing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, BinaryIO, Literal, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Form, Query, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from indelible.api import answers
from indelible.api.bodies import Body, Day, day_of, only_known, storable
from indelible.api.paging import whole
from indelible.api.service import api, caller, told
from indelible.exports.letter import letter
from indelible.kernel.signatures import actions, certificates, queries

Short = Annotated[str, Field(max_length=400)]
Reason = Annotated[str, Field(max_length=10_000)]


class NewCertification(Body):
    """The letter of 21 CFR 11.100(c): who signed it by hand, how and when it went, where its receipt lies."""

    legal_entity: Short
    signatory: Short
    route: Literal["electronic", "paper"]
    sent_on: Day
    receipt: Short
    reason: Reason


class LetterAsk(Schema):
    """Of which company, by its code."""

    legal_entity: Short


class Kind(Schema):
    """What the file is: `letter` or `receipt`."""

    kind: Short


class KeptFile(Schema):
    """Evidence of a certification, kept byte for byte."""

    id: int
    kind: str
    name: str
    sha256: str
    by: str
    at: datetime


class CertificationRead(Schema):
    """A certification on file."""

    id: int
    legal_entity: str
    organisation: str
    signatory: str
    route: str
    sent_on: date
    receipt: str
    recorded_by: str
    recorded_at: datetime
    files: list[KeptFile]


class CertificationList(Schema):
    """The certifications on file, newest first."""

    items: list[CertificationRead]
    next: str | None


class Doors(Schema):
    """Whether anything but the product's own page may carry a signature (decision 0007)."""

    machines: bool


class NewDoors(Body):
    """The decision and its reason."""

    machines: bool
    reason: Reason


@api.get(
    "/certifications",
    summary="Certifications to the agency",
    **told(authority="signed in", answers={200: CertificationList}),
)
def list_certifications(request: HttpRequest) -> dict[str, Any]:
    """Without one, nobody of the company signs (URS-CRT-02)."""
    return whole(map(_told, queries.certifications()))


@api.post(
    "/certifications",
    summary="Record a certification as sent",
    **told(
        authority="security unit, QA approver or system administrator",
        answers={201: CertificationRead},
        problems_too=(413, 415, 422),
    ),
)
def record_certification(request: HttpRequest, body: NewCertification) -> Status[dict[str, Any]]:
    """From then on people of the company can sign."""
    made = actions.record_certification(
        caller(request),
        body.legal_entity,
        signatory=body.signatory,
        route=body.route,
        sent_on=day_of(body.sent_on, "sent_on"),
        receipt=body.receipt,
        reason=body.reason,
    )
    return Status(201, _told(made))


@api.get(
    "/certifications/letter",
    summary="The letter of a company, to be signed by hand",
    **told(
        authority="security unit, QA approver or system administrator",
        answers={200: bytes},
        problems_too=(404, 422),
        media=("application/pdf",),
    ),
)
def write_letter(request: HttpRequest, ask: Query[LetterAsk]) -> HttpResponse:
    """As PDF; that it was written stands in the trail with its digest."""
    only_known(request, LetterAsk)
    handed = letter(caller(request), storable(ask.legal_entity))
    return answers.download(handed.content, handed.name, handed.media)


@api.post(
    "/certifications/{certification_id}/files",
    summary="Keep evidence of a certification",
    **told(
        authority="security unit, QA approver or system administrator",
        answers={201: KeptFile},
        problems_too=(404, 413, 422),
    ),
)
def keep_file(
    request: HttpRequest, certification_id: int, file: File[UploadedFile], given: Form[Kind]
) -> Status[dict[str, Any]]:
    """The letter with its handwritten signature, or the receipt: PDF, PNG or JPEG."""
    kept = certificates.keep_file(
        caller(request),
        certification_id,
        given.kind,
        name=file.name or "",
        content=cast(BinaryIO, file),
    )
    return Status(201, _kept(kept))


@api.get(
    "/certifications/files/{file_id}",
    summary="Evidence of a certification",
    **told(
        authority="system administrator, security unit, QA approver or inspector",
        answers={200: bytes},
        problems_too=(404, 409),
        media=("*/*",),
    ),
)
def read_file(request: HttpRequest, file_id: int) -> HttpResponseBase:
    """The original bytes, verified as they are read."""
    kept, original = certificates.open_file(caller(request), file_id)
    return answers.stream(original.content, kept.name, original.media)


@api.get(
    "/settings/signing", summary="The doors of signing", **told(authority="signed in", answers={200: Doors})
)
def read_doors(request: HttpRequest) -> dict[str, bool]:
    """No until the installation said yes."""
    return {"machines": queries.machines_may_sign()}


@api.put(
    "/settings/signing",
    summary="Decide the doors of signing",
    **told(authority="security unit or QA approver", answers={200: Doors}, problems_too=(413, 415, 422)),
)
def decide_doors(request: HttpRequest, body: NewDoors) -> dict[str, bool]:
    """A decision of the installation, with its reason in the trail."""
    actions.decide_doors(caller(request), machines=body.machines, reason=body.reason)
    return {"machines": queries.machines_may_sign()}


def _told(found: Any) -> dict[str, Any]:
    return {
        "id": found.pk,
        "legal_entity": found.legal_entity.code,
        "organisation": found.legal_entity.name,
        "signatory": found.signatory,
        "route": found.route,
        "sent_on": found.sent_on,
        "receipt": found.receipt,
        "recorded_by": found.recorded_by,
        "recorded_at": found.recorded_at,
        "files": [_kept(one) for one in found.files.all()],
    }


def _kept(one: Any) -> dict[str, Any]:
    return {
        "id": one.pk,
        "kind": one.kind,
        "name": one.name,
        "sha256": one.blob_id,
        "by": one.by,
        "at": one.at,
    }
