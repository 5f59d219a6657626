"""The records of one process, filtered and paged, and how the process runs; both derived from its declaration."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from indelible.catalogue.diagram import draw
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import ROLES
from indelible.kernel.records.types import RecordFilter
from indelible.kernel.workflow import processes
from indelible.kernel.workflow import queries as workflow
from indelible.kernel.workflow.authority import is_allowed
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import humanised
from indelible.web import lists, shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import address, asked, start_of, unreadable_days
from indelible.web.pages import refusals

FILTERS = ("q", "state", "owner", "updated_from", "sort")


def found_records(
    request: DoorRequest, path: str, wanted: RecordFilter, query: dict[str, str]
) -> dict[str, Any]:
    """One page of records with the address of the next."""
    refusal = None
    try:
        page = workflow.list_records(request.actor, wanted, cursor=request.GET.get("cursor", ""))
        rows, following = lists.rows(page["items"]), page["next"]
    except Refusal as refused:
        refusal, rows, following = refused, [], None
    return {
        **refusals.words(refusal),
        "records": rows,
        "query": query,
        "path": path,
        "any_filter": any(query[name] for name in query if name != "sort"),
        "next_href": address(path, query, cursor=following) if following else "",
        "not_days": unreadable_days(query, ("updated_from",)),
    }


def may_create(actor: Actor, declaration: Declaration) -> bool:
    """Whether the button to open a record is of use to this person; the kernel judges its use."""
    return is_allowed(actor, declaration.create.by, None)


@open_to("signed in")
@require_GET
def show(request: DoorRequest, code: str) -> HttpResponse:
    """The list of a process with its filters."""
    declaration = processes.declared(processes.of_code(code))
    query = asked(request.GET, FILTERS)
    wanted = RecordFilter(
        process=declaration.process,
        state=query["state"],
        owner=query["owner"],
        q=query["q"],
        updated_from=start_of(query["updated_from"], request.actor.zone),
        sort="updated" if query["sort"] == "updated" else "newest",
    )
    context = found_records(request, request.path, wanted, query)
    context |= {"can_create": may_create(request.actor, declaration)}
    if shell.is_part(request):
        return shell.part(request, "processes/_records.html", context)
    states = [{"name": s, "title": humanised(s)} for s in declaration.states]
    return shell.page(
        request,
        "processes/show.html",
        {
            **context,
            "process": declaration,
            "states": states,
            "people_choices": people.people(request.actor, status="active")[:500],
        },
    )


@open_to("signed in")
@require_GET
def declaration(request: DoorRequest, code: str) -> HttpResponse:
    """How the process runs: its states drawn, its steps in words, version and fingerprint."""
    process = processes.of_code(code)
    declared = processes.declared(process)
    context = {
        "process": declared,
        "version": process.version,
        "fingerprint": process.fingerprint,
        "diagram": mark_safe(draw(declared)),  # noqa: S308  (our own drawing; every label in it is escaped)
        "steps": [_step(declared, name) for name in declared.steps],
    }
    return shell.page(request, "processes/declaration.html", context)


def _step(declared: Declaration, name: str) -> dict[str, Any]:
    step = declared.steps[name]
    return {
        "title": declared.step_title(name),
        "from": [humanised(s) for s in step.from_],
        "to": humanised(step.to),
        "by": [ROLES[by].title if by in ROLES else humanised(by) for by in step.by],
        "meaning": step.sign.meaning if step.sign else "",
        "needs": [declared.label(path) for path in step.needs],
        "unless": [humanised(guard) for guard in step.unless],
    }
