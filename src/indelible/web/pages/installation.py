"""What an installation settles before its people sign: the letter to the agency, and where a signature is made."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import Any, BinaryIO, cast

from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indelible.exports import letter as letters
from indelible.exports.pdf import CopyFailed
from indelible.kernel.audit.types import Refusal
from indelible.kernel.files.types import headers
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import QA_APPROVER, SECURITY_UNIT, SYSTEM_ADMINISTRATOR
from indelible.kernel.signatures import actions, certificates, queries
from indelible.kernel.signatures.events import CERTIFICATION_INCOMPLETE
from indelible.kernel.workflow.events import FIELD_MISSING
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import refusals
from indelible.web.pages.copies import FAILED

_log = logging.getLogger(__name__)
HERE = "/certifications"
LETTER = {
    "legal_entity": "Company",
    "signatory": "Signed by hand by",
    "route": "Route",
    "sent_on": "Sent on",
    "receipt": "Proof of receipt",
    "reason": "Reason",
}
"""The inputs of a certification, named as the API names them, with their labels."""


@open_to("signed in")
@require_http_methods(["GET", "POST"])
def certifications(request: DoorRequest) -> HttpResponse:
    """What is on file, for everybody; a new one from whom the kernel lets (URS-CRT-01, -02)."""
    if request.method == "GET":
        return _page(request)
    typed = {name: request.POST.get(name, "") for name in LETTER}
    return _done(request, lambda: _record(request, typed), typed, part="letter")


@open_to("signed in")
@require_GET
def letter(request: DoorRequest) -> HttpResponse:
    """The letter of a company as PDF, to be signed by hand."""
    try:
        handed = letters.letter(request.actor, request.GET.get("legal_entity", ""))
    except CopyFailed as error:
        _log.error("a letter failed: %s", error)
        return refusals.page(request, Refusal(FAILED, "Nothing was handed out. Tell an administrator."))
    response = HttpResponse(handed.content, headers=headers(handed.name, handed.media, inline=False))
    response["Content-Type"] = handed.media
    return response


@open_to("signed in")
@require_POST
def keep(request: DoorRequest, certification: int) -> HttpResponse:
    """Keeps the letter signed by hand, or the receipt, beside a certification."""
    given = request.FILES.get("file")
    kind = request.POST.get("kind", "")

    def kept() -> None:
        if given is None:
            raise Refusal(FIELD_MISSING, "Choose a file first.", {"file": "No file was chosen."})
        certificates.keep_file(
            request.actor, certification, kind, name=given.name or "", content=cast(BinaryIO, given)
        )

    return _done(request, kept, {}, part="files")


@open_to("signed in")
@require_GET
def kept_file(request: DoorRequest, file: int) -> HttpResponseBase:
    """A kept file, verified as it is read."""
    found, original = certificates.open_file(request.actor, file)
    return FileResponse(original.content, headers=headers(found.name, original.media))


def _record(request: DoorRequest, typed: dict[str, str]) -> None:
    actions.record_certification(
        request.actor,
        typed["legal_entity"],
        signatory=typed["signatory"],
        route=typed["route"],
        sent_on=_day(typed["sent_on"]),
        receipt=typed["receipt"],
        reason=typed["reason"],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(
            CERTIFICATION_INCOMPLETE,
            "A certification counts with its evidence: the day it was sent is missing.",
            {"sent_on": "On which day? Year, month, day: 2026-11-22."},
        ) from None


@open_to("signed in")
@require_POST
def doors(request: DoorRequest) -> HttpResponse:
    """Decides whether programs may carry a person's signature, or the product's own page alone (decision 0007)."""
    typed = {"machines": request.POST.get("machines", ""), "reason": request.POST.get("reason", "")}
    decided = typed["machines"] == "yes"
    return _done(
        request,
        lambda: actions.decide_doors(request.actor, machines=decided, reason=typed["reason"]),
        typed,
        part="doors",
    )


def _done(
    request: DoorRequest, verb: Callable[[], None], typed: dict[str, str], *, part: str
) -> HttpResponse:
    try:
        verb()
    except Refusal as refusal:
        return _page(request, refusal, {part: typed})
    return HttpResponseRedirect(HERE)


def _page(
    request: DoorRequest, refusal: Refusal | None = None, typed: dict[str, dict[str, str]] | None = None
) -> HttpResponse:
    found = list(queries.certifications())
    entities = list(people.legal_entities())
    decided = queries.doors_decided()
    authors = {c.recorded_by for c in found} | ({decided.decided_by} if decided else set())
    names = people.names_of(authors)
    certified = {c.legal_entity_id for c in found}
    context: dict[str, Any] = {
        **refusals.words(refusal, LETTER),
        "certifications": [
            {
                "c": c,
                "by": names.get(c.recorded_by, c.recorded_by),
                "files": [{"one": f, "title": certificates.KINDS[f.kind]} for f in c.files.all()],
                "has_letter": any(f.kind == "letter" for f in c.files.all()),
            }
            for c in found
        ],
        "may_read_files": request.actor.holds(*people.ANSWERING),
        "file_kinds": certificates.KINDS,
        "uncertified": [entity for entity in entities if entity.pk not in certified],
        "entities": entities,
        "decided": decided,
        "decided_by": names.get(decided.decided_by, decided.decided_by) if decided else "",
        "machines": queries.machines_may_sign(),
        "may_record": request.actor.holds(SECURITY_UNIT, QA_APPROVER, SYSTEM_ADMINISTRATOR),
        "may_decide": request.actor.holds(SECURITY_UNIT, QA_APPROVER),
        "letter": (typed or {}).get("letter", {}),
        "doors": (typed or {}).get("doors", {}),
    }
    status = refusal.rule.status if refusal else 200
    return shell.page(request, "installation/certifications.html", context, status=status)
