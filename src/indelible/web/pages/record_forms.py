"""The forms of a record: open a new one, edit what is open to the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.records.events import STALE
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import authority, processes
from indelible.kernel.workflow.authority import Standing
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.situations import Case
from indelible.web import form_paths, record_page, record_values, shell
from indelible.web.access import DoorRequest, open_to, shows_again
from indelible.web.forms import Form, with_row_added
from indelible.web.pages.processes import may_create
from indelible.web.pages.record_requests import case_at, choices, only_shown, reading_of, revision_of, said_of
from indelible.web.stale import comparison


@open_to("signed in")
@shows_again
@require_http_methods(["GET", "POST"])
def new(request: DoorRequest, code: str) -> HttpResponse:
    """Opens a record of a process; the number is given when it is saved. An address may bring values for the form."""
    declaration = processes.declared(processes.of_code(code))
    writer = Standing(request.actor.user_id, frozenset(), frozenset())
    opened = authority.open_to(request.actor, declaration, declaration.initial, writer)
    form = Form(declaration, opened.paths, reading=reading_of(request))
    values = form.values(request.POST if request.method == "POST" else request.GET, {})
    refusal = None
    if request.method == "POST" and not only_shown(request):
        try:
            site = request.POST.get("site") or None
            record = workflow.create_record(request.actor, code, values, site=site)
            return HttpResponseRedirect(f"/records/{record.number}")
        except Refusal as refused:
            refusal = refused
    context = {
        "heading": f"Open a record: {declaration.title}",
        "action": f"/processes/{declaration.process}/new",
        "back": f"/processes/{declaration.process}",
        "sites": [s for s in people.sites() if request.actor.sees_site(s.code)],
        "can_create": may_create(request.actor, declaration),
    }
    return _form_page(request, declaration, form, values, refusal, context)


def _form_page(
    request: DoorRequest,
    declaration: Declaration,
    form: Form,
    values: dict[str, Any],
    refusal: Refusal | None,
    context: dict[str, Any],
) -> HttpResponse:
    tables = [name for name, field in declaration.fields.items() if field.type == "table"]
    typed = {"reason": request.POST.get("reason", ""), "site": request.POST.get("site") or request.actor.site}
    shown = form.with_errors(form_paths.errors_by_place(refusal)).inputs(
        with_row_added(values, request.POST, tables)
    )
    return shell.page(
        request,
        "records/edit.html",
        {
            "process": {"name": declaration.process, "title": declaration.title, "help": declaration.help},
            "inputs": shown,
            "people_choices": choices(request),
            "typed": typed,
            **said_of(refusal, declaration),
            **context,
        },
        status=refusal.rule.status if refusal else 200,
    )


@open_to("signed in")
@shows_again
@require_http_methods(["GET", "POST"])
def edit(request: DoorRequest, number: str) -> HttpResponse:
    """Edits what is open to this person now; a stale page is shown against what changed, nothing typed is lost."""
    case = case_at(request, number)
    form = Form(
        case.declaration,
        case.opened.paths,
        reading=reading_of(request, case),
        own_rows=case.opened.own_rows,
        person=request.actor.user_id,
    )
    if request.method == "GET":
        return _edit_page(request, case, form, dict(case.values), None)
    base = record_values.content_at(case, revision_of(request))
    values = form.values(request.POST, base)
    if only_shown(request):
        return _edit_page(request, case, form, {**base, **values}, None)
    try:
        workflow.edit_record(
            request.actor,
            number,
            changed_only(values, base),
            revision=revision_of(request),
            reason=request.POST.get("reason", ""),
        )
    except Refusal as refusal:
        case = case_at(request, number)
        return _edit_page(request, case, form, {**base, **values}, refusal)
    return HttpResponseRedirect(f"/records/{case.record.number}")


def changed_only(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """The fields the form says otherwise than the revision it was made from."""
    return {name: value for name, value in values.items() if value != base.get(name)}


def _edit_page(
    request: DoorRequest, case: Case, form: Form, values: dict[str, Any], refusal: Refusal | None
) -> HttpResponse:
    context: dict[str, Any] = {
        "record": record_page.heading(case),
        "heading": f"Edit {case.record.number}",
        "action": f"/records/{case.record.number}/edit",
        "back": f"/records/{case.record.number}",
    }
    if refusal is not None and refusal.rule is STALE:
        context["stale"] = comparison(case, revision_of(request), values, form.reading)
    elif revision_of(request):
        context["record"]["revision"] = revision_of(request)
    return _form_page(request, case.declaration, form, values, refusal, context)
