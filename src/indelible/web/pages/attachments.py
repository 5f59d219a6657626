"""The files of a record: added to it, handed out."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.files.types import headers
from indelible.kernel.records import actions as records
from indelible.kernel.records.types import as_typed, handwritten_of
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow.events import FIELD_MISSING
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages.record_requests import case_at
from indelible.web.pages.records import page_of


@open_to("signed in")
@require_POST
def attachments(request: DoorRequest, number: str) -> HttpResponse:
    """Adds a file, streamed to the store and digested on the way."""
    given = request.FILES.get("file")
    try:
        if given is None:
            raise Refusal(FIELD_MISSING, "Choose a file first.", {"file": "No file was chosen."})
        workflow.attach_file(
            request.actor,
            number,
            name=given.name or "",
            content=cast(BinaryIO, given),
            field=request.POST.get("field", ""),
            reason=request.POST.get("reason", ""),
            handwritten=handwritten_of(
                *(request.POST.get(f"handwritten_{part}", "") for part in ("by", "on", "original"))
            ),
        )
    except Refusal as refusal:
        return page_of(request, case_at(request, number), refusal, part="files")
    return HttpResponseRedirect(f"/records/{as_typed(number)}#files")


@open_to("signed in")
@require_GET
def attachment(request: DoorRequest, number: str, sha256: str) -> HttpResponseBase:
    """A file of this record, verified as it is read; only where this record carries it and may be seen."""
    found, original = records.open_file(request.actor, number, sha256)
    sent = headers(found.name, original.media)
    response = FileResponse(original.content, content_type=sent.pop("Content-Type"))
    for name, value in sent.items():
        response.headers[name] = value
    response.headers["Content-Length"] = str(original.size)
    return response
