"""Signing from a page by a passkey or through the identity provider, and refusing to sign: what a password is not needed for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity.events import PROVIDER_SILENT
from indelible.kernel.records.types import as_typed
from indelible.kernel.signatures.putting import Asked
from indelible.kernel.signatures.types import Components, Means
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import signing
from indelible.web import provider, record_steps
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import record_requests, refusals, steps


@open_to("signed in")
@require_POST
def put(request: DoorRequest, number: str, name: str) -> HttpResponse:
    """Puts exactly what would be signed before the signer's device (answered as JSON) or the identity provider (by going there)."""
    case = record_requests.case_at(request, number)
    sign = steps.step_taken(request, case, name).sign
    form = record_steps.step_form(case, name, record_requests.reading_of(request, case))
    return put_before(
        request,
        lambda given: signing.put_step(
            request.actor,
            number,
            name,
            revision=record_requests.revision_of(request),
            components=replace(given, user_id=given.user_id or None, meaning=sign.meaning if sign else None),
            fields=form.values(request.POST, dict(case.values)),
            reason=request.POST.get("reason", ""),
        ),
        lambda asked, refusal: steps.step_page(asked, record_requests.case_at(asked, number), name, refusal),
    )


@open_to("signed in")
@require_POST
def answer(request: DoorRequest, number: str, name: str) -> HttpResponse:
    """Takes the step that was put before the signer, with what their device answered."""
    handle = request.POST.get("handle", "")[:200]
    kept = signing.kept_by(request.actor, handle)
    try:
        record = signing.take_put_step(request.actor, handle, passkey=answered(request))
    except Refusal as refusal:
        return refused(request, (number, name), refusal, kept)
    return HttpResponseRedirect(f"/records/{record.number}")


def typed(request: DoorRequest) -> Components:
    """All components of a first signing as the form gives them."""
    given = request.POST
    return Components(
        given.get("user_id", ""), given.get("password", ""), given.get("otp", "").strip() or None
    )


def put_before(
    request: DoorRequest,
    ask: Callable[[Components], Asked],
    page: Callable[[DoorRequest, Refusal], HttpResponse],
) -> HttpResponse:
    """Puts what `ask` prepares before the signer's device (answered as JSON) or the identity provider (by going there); `page`
    shows what was refused."""
    means: Means = "provider" if request.POST.get("means") == "provider" else "passkey"
    try:
        asked = ask(Components(request.POST.get("user_id", ""), means=means))
        if means == "passkey":
            return JsonResponse({"handle": asked.handle, "options": asked.options})
        return HttpResponseRedirect(provider.where_to(asked.handle, nonce=asked.digest, back=provider.SIGNED))
    except Refusal as refusal:
        return page(request, refusal)
    except provider.ProviderSilent as silence:
        return page(request, Refusal(PROVIDER_SILENT, str(silence)))


def answered(request: DoorRequest | HttpRequest) -> dict[str, Any]:
    """What a device answered (WebAuthn), as the page sent it; nothing where it is no JSON object."""
    try:
        found = json.loads(request.POST.get("answer", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def refused(
    request: DoorRequest, place: tuple[str, str] | None, refusal: Refusal, kept: signing.Kept | None
) -> HttpResponse:
    """The page of a step with what was refused of it and what was typed; the refusal alone where nobody knows of which."""
    number, name = (kept.number, kept.step) if kept else place or ("", "")
    if not number:
        return refusals.page(request, refusal)
    case = record_requests.case_at(request, number)
    try:
        return steps.step_page(request, case, name, refusal, kept)
    except Refusal:  # what was to be taken is not there any more
        return refusals.page(request, refusal)


@open_to("signed in")
@require_POST
def refusal_to_sign(request: DoorRequest, number: str, name: str) -> HttpResponse:
    """Refuses to sign, with a reason: an entry of the trail, and the record stays as it is (URS-SIG-09)."""
    try:
        reason = request.POST.get("refusal_reason", "")
        workflow.decline_signature(
            request.actor, number, name, revision=record_requests.revision_of(request), reason=reason
        )
    except Refusal as refusal:
        return steps.step_page(request, record_requests.case_at(request, number), name, refusal)
    return HttpResponseRedirect(f"/records/{as_typed(number)}/audit-trail")
