"""True copies for people: a record as PDF or JSON, made from this moment's state (21 CFR 11.10(b))."""

from __future__ import annotations

import logging
from typing import Any, Final, cast

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from indelible.exports import actions as exports
from indelible.exports.bundle import actions as bundles
from indelible.exports.bundle.held import Order
from indelible.exports.pdf import CopyFailed
from indelible.exports.testimony import file_for_testimony
from indelible.kernel.audit.types import Refusal, Rule
from indelible.kernel.files.types import headers
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import refusals

UNKNOWN_FORM: Final = Rule(
    "copy_form_unknown", "URS-AUD-09", "21 CFR 11.10(b)", 404, "No copy of this kind", recorded=False
)
FAILED: Final = Rule(
    "copy_failed", "URS-AUD-09", "21 CFR 11.10(b)", 503, "The copy could not be made", recorded=False
)
_log = logging.getLogger(__name__)


@open_to("signed in")
@require_GET
def record(request: DoorRequest, number: str) -> HttpResponseBase:
    """The copy to save; who took which stands in the trail with its digest."""
    form = request.GET.get("format") or "pdf"
    if form == "bundle":
        return _bundle(request, number)
    if form not in exports.MEDIA:
        raise Refusal(UNKNOWN_FORM, "A copy is a PDF for people, JSON for machines or an inspection bundle.")
    try:
        handed = exports.copy_record(request.actor, number, cast(Any, form))
    except CopyFailed as error:
        _log.error("a copy failed: %s", error)
        return refusals.page(request, Refusal(FAILED, "Nothing was handed out. Tell an administrator."))
    return _sent(handed)


@open_to("signed in")
@require_POST
def testimony_of(request: DoorRequest, number: str, signature: int) -> HttpResponseBase:
    """The file for testimony about one signature, for who answers to the agency (URS-CRT-03)."""
    return _sent(file_for_testimony(request.actor, number, signature, reason=request.POST.get("reason", "")))


def _sent(handed: exports.Handed) -> HttpResponse:
    response = HttpResponse(handed.content, headers=headers(handed.name, handed.media, inline=False))
    response["Content-Type"] = handed.media
    response["X-Content-SHA256"] = handed.digest
    return response


def _bundle(request: DoorRequest, number: str) -> HttpResponseBase:
    """The record and those it links to, with the proof, as one file to save."""
    try:
        made = bundles.bundle(request.actor, Order(numbers=[number]))
    except CopyFailed as error:
        _log.error("a bundle failed: %s", error)
        return refusals.page(request, Refusal(FAILED, "Nothing was handed out. Tell an administrator."))
    response = FileResponse(made.content)
    for name, value in headers(made.name, bundles.MEDIA, inline=False).items():
        response[name] = value
    response["Content-Type"] = bundles.MEDIA
    response["X-Content-SHA256"] = made.digest
    return response
