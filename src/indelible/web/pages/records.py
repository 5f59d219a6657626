"""The pages of a record: read, open a new one, edit, take a step, sign, link, attach, hand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.files.types import headers
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import QA_APPROVER, is_excepted
from indelible.kernel.records import actions as records
from indelible.kernel.records.events import STALE
from indelible.kernel.records.types import as_typed, handwritten_of
from indelible.kernel.signatures import actions as signatures
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import authority, excepted, processes, second_reviews
from indelible.kernel.workflow.authority import Standing
from indelible.kernel.workflow.declaration import CONTENT_ROLES, Declaration, Step
from indelible.kernel.workflow.events import FIELD_MISSING
from indelible.kernel.workflow.situations import Case, case_of
from indelible.web import record_page, shell
from indelible.web.access import DoorRequest, open_to, shows_again
from indelible.web.fields import Reading
from indelible.web.forms import Form, asks_for_rows, with_row_added
from indelible.web.pages import refusals
from indelible.web.pages.processes import may_create
from indelible.web.stale import comparison


def case_at(request: DoorRequest, number: str) -> Case:
    """The record as this person sees it; the kernel's refusal where it is not theirs to see."""
    return case_of(request.actor, records.open_record(request.actor, number))


@open_to("signed in")
@require_GET
def show(request: DoorRequest, number: str) -> HttpResponse:
    """The record as it is, with everything that was, and what can happen next."""
    return page_of(request, case_at(request, number))


def page_of(
    request: DoorRequest, case: Case, refusal: Refusal | None = None, *, part: str = ""
) -> HttpResponse:
    """The record's page; with a refusal, what was typed in its part `links`, `files` or `owner` stands there again."""
    context = record_page.context(case, shell.in_force(request))
    context |= {"open_part": part, "typed": request.POST}
    # here alone: on a step's page the signatures stand inside its form, and forms do not nest
    context |= _second(request, case)
    may_confine = case.standing.owner == request.actor.user_id or request.actor.holds(QA_APPROVER)
    context["confine_choices"] = _choices(request) if may_confine else []
    context["may_testify"] = request.actor.holds(*people.ANSWERING)
    status = refusal.rule.status if refusal else 200
    return shell.page(
        request, "records/show.html", {**context, **_said(refusal, case.declaration)}, status=status
    )


def _choices(request: DoorRequest) -> list[str]:
    """The classes the person may put a record into."""
    known = people.known_classes()
    return [one for one in known if request.actor.sees(request.actor.site, one)]


def _second(request: DoorRequest, case: Case) -> dict[str, Any]:
    """What on the record waits for a second person, because who did it administers, too (URS-AUT-03)."""
    waiting = list(excepted.waiting(case.record)) if case.history.waits_by else []
    own = any(one.by == request.actor.user_id for one in waiting)
    fit = request.actor.holds(*CONTENT_ROLES) and not is_excepted(request.actor.roles)
    names = people.names_of({one.by for one in waiting}) if waiting else {}
    return {"second_waits": waiting, "second_of": ", ".join(names.values()), "may_second": fit and not own}


def _said(refusal: Refusal | None, declaration: Declaration) -> dict[str, Any]:
    """A refusal with its fields by the names people know."""
    if refusal is None:
        return {}
    said = refusals.words(refusal)
    said["refusal_fields"] = [
        ({"label": _label(declaration, path), "anchor": _anchor(path)}, message)
        for path, message in refusal.fields.items()
    ]
    return said


def _label(declaration: Declaration, path: str) -> str:
    plain = record_page.plain_rows(path)
    top = plain.partition(".")[0]
    return (
        declaration.label(plain)
        if top in declaration.fields and declaration.field(plain)
        else path.capitalize()
    )


def _anchor(path: str) -> str:
    return "reason" if path == "reason" else f"f-{record_page.form_path(path).replace('.', '-')}"


def choices(request: DoorRequest) -> list[Any]:
    """The people a person field may name, for the suggestions of its input."""
    return list(people.people(request.actor, status="active")[:500])


# ----------------------------------------------------------------- opening


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
    if request.method == "POST" and not _only_shown(request):
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


def _only_shown(request: DoorRequest) -> bool:
    """Whether the form comes only to be shown again: a kept draft, or a row more or less."""
    return getattr(request, "restoring", False) or asks_for_rows(request.POST)


def reading_of(request: DoorRequest, case: Case | None = None) -> Reading:
    """How values are told to this person: their zone, and the names in the record."""
    names = record_page.names_in(case) if case else {}
    return Reading(zone=request.actor.zone, names=names)


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
    shown = form.with_errors(record_page.errors_by_place(refusal)).inputs(
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
            **_said(refusal, declaration),
            **context,
        },
        status=refusal.rule.status if refusal else 200,
    )


# ----------------------------------------------------------------- editing


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
    base = record_page.content_at(case, revision_of(request))
    values = form.values(request.POST, base)
    if _only_shown(request):
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


def revision_of(request: DoorRequest) -> int:
    """The revision that the posted page was made from; 0 where it says none."""
    said = request.POST.get("revision", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0


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


# ----------------------------------------------------------------- steps and signing


@open_to("signed in")
@shows_again
@require_http_methods(["GET", "POST"])
def step(request: DoorRequest, number: str, name: str) -> HttpResponse:
    """One step on a page of its own: what is signed, what it means, its legal effect; then the deliberate act."""
    case = case_at(request, number)
    if request.method == "GET" or _only_shown(request):
        case.step(name)
        return step_page(request, case, name, case.available(name))
    step_taken(request, case, name)
    form = record_page.step_form(case, name, reading_of(request, case))
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
    typed = request.POST.get("user_id", "")
    return Components(
        user_id=typed or None,
        password=request.POST.get("password", ""),
        otp=request.POST.get("otp", "").strip() or None,
        meaning=sign.meaning,
    )


def step_page(request: DoorRequest, case: Case, name: str, refusal: Refusal | None) -> HttpResponse:
    """The page of a step, with what was refused and what was typed."""
    form = record_page.step_form(case, name, reading_of(request, case)).with_errors(
        record_page.errors_by_place(refusal)
    )
    opened_only = request.method == "GET" and request.path.startswith("/records/")
    values = dict(case.values)
    if request.method == "POST":
        values |= form.values(request.POST, values)
        tables = [n for n, f in case.declaration.fields.items() if f.type == "table"]
        values = with_row_added(values, request.POST, tables)
    context = record_page.context(case, shell.in_force(request)) | record_page.step_context(case, name)
    context |= {
        "inputs": form.inputs(values),
        "typed": {name: request.POST.get(name, "") for name in ("reason", "refusal_reason")},
        "people_choices": choices(request),
        "withheld_now": refusal is not None and opened_only,
        **_said(refusal, case.declaration),
    }
    status = refusal.rule.status if refusal and not opened_only else 200
    shown = shell.page(request, "records/step.html", context, status=status)
    if case.step(name).sign is not None:
        signatures.mark_read(request.actor, case.record, case.record.revision)
    return shown


# ----------------------------------------------------------------- links, files, owner


@open_to("signed in")
@require_POST
def second_review(request: DoorRequest, number: str) -> HttpResponse:
    """A second person has looked at what an excepted one did, and says with what result."""
    reason = request.POST.get("second_reason", "")
    try:
        second_reviews.review_excepted(request.actor, number, reason=reason)
    except Refusal as refusal:
        return page_of(request, case_at(request, number), refusal)
    return HttpResponseRedirect(f"/records/{as_typed(number)}")


@open_to("signed in")
@require_POST
def links(request: DoorRequest, number: str) -> HttpResponse:
    """Links the record to another one."""
    said = {name: request.POST.get(name, "") for name in ("kind", "to", "reason")}
    try:
        workflow.link_records(request.actor, number, said["kind"], said["to"].strip(), reason=said["reason"])
    except Refusal as refusal:
        return page_of(request, case_at(request, number), refusal, part="links")
    return HttpResponseRedirect(f"/records/{as_typed(number)}#links")


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


@open_to("signed in")
@require_POST
def confidentiality(request: DoorRequest, number: str) -> HttpResponse:
    """Says who may know of the record: a confidentiality class, or everybody of its site (URS-AUT-06)."""
    wanted, reason = request.POST.get("confidentiality", ""), request.POST.get("reason", "")
    try:
        workflow.confine(request.actor, number, wanted, reason=reason)
    except Refusal as refusal:
        return page_of(request, case_at(request, number), refusal, part="confidentiality")
    return HttpResponseRedirect(f"/records/{as_typed(number)}")


@open_to("signed in")
@require_POST
def owner(request: DoorRequest, number: str) -> HttpResponse:
    """Hands the record on to another owner, with the reason."""
    heir, reason = request.POST.get("owner", "").strip(), request.POST.get("reason", "")
    try:
        workflow.reassign(request.actor, number, heir, reason=reason)
    except Refusal as refusal:
        return page_of(request, case_at(request, number), refusal, part="owner")
    return HttpResponseRedirect(f"/records/{as_typed(number)}")
