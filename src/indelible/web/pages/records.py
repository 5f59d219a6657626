"""The page of a record: read it, link it, hand it on, say who may know of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import QA_APPROVER, is_excepted
from indelible.kernel.records.types import as_typed
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import excepted, second_reviews
from indelible.kernel.workflow.declaration import CONTENT_ROLES
from indelible.kernel.workflow.situations import Case
from indelible.web import record_page, shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages.record_requests import case_at, said_of


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
        request, "records/show.html", {**context, **said_of(refusal, case.declaration)}, status=status
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


# ----------------------------------------------------------------- links, confidentiality, owner


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
