"""Delegations: steps that another takes for somebody, offered, accepted, approved and ended by page (URS-AUT-05)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import ADMINISTRATION, QA_APPROVER
from indelible.kernel.workflow import delegations, mandates, processes
from indelible.kernel.workflow.declaration import CONTENT_ROLES, RELATIONS
from indelible.kernel.workflow.events import DELEGATION_WRONG
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import asked
from indelible.web.pages import refusals

HERE = "/delegations"
SHOWN = 200
_NO_DAY = "Name the first and the last day, each written as YYYY-MM-DD."
TYPED = ("to", "first_day", "last_day", "task")
LABELS = {
    "to": "User id of the other",
    "steps": "Steps",
    "first_day": "First day",
    "last_day": "Last day",
    "task": "What for",
    "reason": "Reason",
}


@open_to("signed in")
@require_http_methods(["GET", "POST"])
def show(request: DoorRequest) -> HttpResponse:
    """What the person gave and took, what waits for them, and a form to offer one."""
    if request.method == "GET":
        return _page(request)
    return _done(request, lambda: _offer(request))


def _offer(request: DoorRequest) -> object:
    given, chosen = asked(request.POST, TYPED), request.POST.getlist("steps")
    codes = {one.partition(" ")[0] for one in chosen}
    if len(codes) > 1:
        told = "One delegation is about one process. Offer another for the other."
        raise Refusal(DELEGATION_WRONG, told, {"steps": told})
    begins_at, ends_at = delegations.days(
        _day(given["first_day"], "first_day"), _day(given["last_day"], "last_day"), request.actor.zone
    )
    return delegations.offer(
        request.actor,
        given["to"],
        process=next(iter(codes), _first_process()),
        steps=[one.partition(" ")[2] for one in chosen],
        begins_at=begins_at,
        ends_at=ends_at,
        task=given["task"],
    )


def _first_process() -> str:
    """Any process, where no step is chosen: the kernel then says that steps are missing."""
    return next((process.code for process in processes.in_force()), "")


def _day(text: str, field: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.max
    if found.year > 9000:
        raise Refusal(DELEGATION_WRONG, _NO_DAY, {field: "On which day? As YYYY-MM-DD."})
    return found


@open_to("signed in")
@require_POST
def decide(request: DoorRequest, delegation: int) -> HttpResponse:
    """Accepts, approves or ends one, as the pressed button says."""
    actor, reason = request.actor, request.POST.get("reason", "")
    verbs: dict[str, Callable[[], object]] = {
        "accept": lambda: delegations.accept(actor, delegation),
        "approve": lambda: delegations.approve(actor, delegation),
        "end": lambda: delegations.end(actor, delegation, reason=reason),
    }
    return _done(request, verbs.get(request.POST.get("verb", "")))


def _done(request: DoorRequest, verb: Callable[[], object] | None) -> HttpResponse:
    try:
        if verb is not None:
            verb()
    except Refusal as refusal:
        return _page(request, refusal)
    return HttpResponseRedirect(HERE)


def _page(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    found = list(mandates.delegations(request.actor)[:SHOWN])
    names = people.names_of({one.approved_by for one in found if one.approved_by})
    context: dict[str, Any] = {
        **refusals.words(refusal, LABELS),
        "delegations": [_view(request, one, names) for one in found],
        "choices": _choices(request),
        "chosen": request.POST.getlist("steps"),
        "typed": asked(request.POST, TYPED),
    }
    status = refusal.rule.status if refusal else 200
    return shell.page(request, "account/delegations.html", context, status=status)


def _view(request: DoorRequest, one: Any, names: dict[str, str]) -> dict[str, Any]:
    actor, stands = request.actor, mandates.standing(one, clock())
    declaration = processes.declared(processes.of_code(one.process))
    steps = [declaration.step_title(s) if s in declaration.steps else s for s in one.steps]
    party = actor.person_id in (one.delegator_id, one.delegate_id)
    waiting = stands not in ("ended", "over")
    approving = actor.holds(*ADMINISTRATION, QA_APPROVER) and not party
    return {
        "one": one,
        "what": f"{declaration.title}: {', '.join(steps)}",
        "stands": stands,
        "approved_by": names.get(one.approved_by, one.approved_by),
        "may_accept": waiting and one.accepted_at is None and one.delegate_id == actor.person_id,
        "may_approve": stands == "waits to be approved" and approving,
        "may_end": waiting and (party or actor.holds(*ADMINISTRATION)),
    }


def _choices(request: DoorRequest) -> list[dict[str, Any]]:
    """The steps the person may delegate, by process; the kernel judges what is chosen."""
    if not request.actor.holds(*CONTENT_ROLES):
        return []
    found = []
    for process in processes.in_force():
        declaration = processes.declared(process)
        own = [
            {"value": f"{process.code} {name}", "title": declaration.step_title(name)}
            for name, step in declaration.steps.items()
            if request.actor.holds(*step.by) or set(step.by) & set(RELATIONS)
        ]
        found.append({"title": process.title, "code": process.code, "of": own})
    return [one for one in found if one["of"]]
