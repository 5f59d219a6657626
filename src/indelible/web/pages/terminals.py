"""Terminals and from where operations are allowed: registered, enrolled at the device, bound to processes (URS-DEV-01)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from indelible.kernel.access import actions, queries
from indelible.kernel.access.types import OPERATIONS, STEP
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import ADMINISTRATION, QA_APPROVER, SECURITY_UNIT
from indelible.kernel.workflow import processes
from indelible.web import cookies, shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import asked
from indelible.web.pages import refusals

HERE = "/terminals"
TYPED = ("code", "name", "site", "networks", "reason", "operation", "terminals", "rule_networks")
LABELS = {
    "code": "Code",
    "name": "Name",
    "site": "Site",
    "networks": "Networks",
    "operation": "What",
    "process": "What",
    "terminals": "Terminals",
    "reason": "Reason",
}


@open_to("signed in")
@require_http_methods(["GET", "POST"])
def show(request: DoorRequest) -> HttpResponse:
    """Every terminal and every rule, for everybody; a new terminal from whom the kernel lets."""
    if request.method == "GET":
        return _page(request)
    given = asked(request.POST, TYPED)
    place = actions.Place(
        code=given["code"],
        name=given["name"],
        site=given["site"],
        networks=tuple(given["networks"].split()),
    )
    return _done(
        request, lambda: actions.register_terminal(request.actor, place, reason=given["reason"]), "register"
    )


@open_to("signed in")
@require_POST
def terminal(request: DoorRequest, code: str) -> HttpResponse:
    """Makes this browser the terminal, or ends it, as the pressed button says."""
    if request.POST.get("verb") == "end":
        reason = request.POST.get("reason", "")
        return _done(request, lambda: actions.end_terminal(request.actor, code, reason=reason))
    try:
        token = actions.enrol_terminal(request.actor, code)
    except Refusal as refusal:
        return _page(request, refusal)
    response = HttpResponseRedirect(HERE)
    cookies.give_terminal(response, token)
    return response


@open_to("signed in")
@require_POST
def rules(request: DoorRequest) -> HttpResponse:
    """Binds an operation to terminals or networks, or lifts that again where none is named."""
    given = asked(request.POST, TYPED)
    process, _, operation = given["operation"].partition(" ")
    return _done(
        request,
        lambda: actions.decide_source(
            request.actor,
            process,
            operation,
            terminals=given["terminals"].split(),
            networks=given["rule_networks"].split(),
            reason=given["reason"],
        ),
        "rule",
    )


def _done(request: DoorRequest, verb: Callable[[], object], form: str = "") -> HttpResponse:
    try:
        verb()
    except Refusal as refusal:
        return _page(request, refusal, form)
    return HttpResponseRedirect(HERE)


def _page(request: DoorRequest, refusal: Refusal | None = None, form: str = "") -> HttpResponse:
    choices = _operations()
    words = {
        choice["value"]: f"{group['title']}: {choice['title']}" for group in choices for choice in group["of"]
    }
    bound: list[dict[str, Any]] = [
        {"rule": one, "what": words.get(f"{one.process} {one.operation}", f"{one.process}: {one.operation}")}
        for one in queries.rules_in_force()
    ]
    found = list(queries.terminals())
    acted = {one.enrolled_by for one in found} | {one.registered_by for one in found}
    names = people.names_of(acted | {one["rule"].decided_by for one in bound})
    typed = asked(request.POST, TYPED)
    context: dict[str, Any] = {
        **refusals.words(refusal, LABELS),
        "terminals": [
            {
                "one": one,
                "registered_by": names.get(one.registered_by, one.registered_by),
                "enrolled_by": names.get(one.enrolled_by, one.enrolled_by),
            }
            for one in found
        ],
        "here_terminal": request.actor.terminal,
        "rules": [{**one, "by": names.get(one["rule"].decided_by, one["rule"].decided_by)} for one in bound],
        "choices": choices,
        "sites": people.sites(),
        "may_register": request.actor.holds(*ADMINISTRATION),
        "may_decide": request.actor.holds(QA_APPROVER, SECURITY_UNIT),
        "registering": typed if form == "register" else {},
        "ruling": typed if form == "rule" else {},
    }
    return shell.page(
        request, "installation/terminals.html", context, status=refusal.rule.status if refusal else 200
    )


def _operations() -> list[dict[str, Any]]:
    """What can be bound, by process: its operations and each of its steps."""
    found = []
    for process in processes.in_force():
        declaration = processes.declared(process)
        plain = [(code, title) for code, title in OPERATIONS.items() if code not in ("step", "copy")]
        steps = [(f"{STEP}{name}", f"Step “{declaration.step_title(name)}”") for name in declaration.steps]
        of = [{"value": f"{process.code} {code}", "title": title} for code, title in [*plain, *steps]]
        found.append({"title": process.title, "of": of})
    return found
