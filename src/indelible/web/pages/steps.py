"""A step of a record on a page of its own: what is signed, what it means, then the deliberate act."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from indelible.kernel.audit.types import Refusal
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import showing
from indelible.kernel.workflow.declaration import Step
from indelible.kernel.workflow.signing import Kept, kept_for
from indelible.kernel.workflow.situations import Case
from indelible.web import form_paths, record_page, record_steps, shell, typed
from indelible.web.access import DoorRequest, open_to, shows_again
from indelible.web.pages.record_requests import case_at, choices, only_shown, reading_of, revision_of, said_of


@open_to("signed in")
@shows_again
@require_http_methods(["GET", "POST"])
def step(request: DoorRequest, number: str, name: str) -> HttpResponse:
    """One step on a page of its own: what is signed, what it means, its legal effect; then the deliberate act."""
    case = case_at(request, number)
    if request.method == "GET" or only_shown(request):
        case.step(name)
        return step_page(request, case, name, case.available(name))
    step_taken(request, case, name)
    form = record_steps.step_form(case, name, reading_of(request, case))
    values = form.values(request.POST, dict(case.values))
    try:
        workflow.take_step(
            request.actor,
            number,
            name,
            revision=revision_of(request),
            fields=values,
            reason=request.POST.get("reason", ""),
            signature=_components(request, case, name),
        )
    except Refusal as refusal:
        return step_page(request, case_at(request, number), name, refusal)
    return HttpResponseRedirect(f"/records/{case.record.number}")


def step_taken(request: DoorRequest, case: Case, name: str) -> Step:
    """The step of this name as the person may take it; where there is none, the verb refuses it and writes that down."""
    try:
        return case.step(name)
    except Refusal:
        reason = request.POST.get("reason", "")
        workflow.take_step(
            request.actor, case.record.number, name, revision=revision_of(request), reason=reason
        )
        raise


def _components(request: DoorRequest, case: Case, name: str) -> Components | None:
    """What the signer gave. The meaning is the one shown, fixed by the step (URS-MAN-05)."""
    sign = case.step(name).sign
    if sign is None:
        return None
    return Components(
        user_id=request.POST.get("user_id", "") or None,
        password=request.POST.get("password", ""),
        otp=request.POST.get("otp", "").strip() or None,
        meaning=sign.meaning,
    )


def step_page(
    request: DoorRequest, case: Case, name: str, refusal: Refusal | None, kept: Kept | None = None
) -> HttpResponse:
    """The page of a step, with what was refused and what was typed or `kept`."""
    form = record_steps.step_form(case, name, reading_of(request, case)).with_errors(
        form_paths.errors_by_place(refusal)
    )
    opened_only = request.method == "GET" and request.path.startswith("/records/")
    if opened_only and case.step(name).sign is not None:
        kept = kept_for(request.actor, case.record, name)
    said = typed.with_step(request, case, form, kept)
    context = record_page.context(case, shell.in_force(request)) | record_steps.step_context(case, name)
    context |= {
        "inputs": form.inputs(said.values),
        "typed": said.texts,
        "not_signed_yet": opened_only and kept is not None,
        "people_choices": choices(request),
        "withheld_now": refusal is not None and opened_only,
        **said_of(refusal, case.declaration),
    }
    status = refusal.rule.status if refusal and not opened_only else 200
    shown = shell.page(request, "records/step.html", context, status=status)
    if case.step(name).sign is not None:
        showing.mark_shown(case)
    return shown
