"""People and their rights: who has an account, who holds which role, what waits for a second person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.grants import may_stand_in
from indelible.kernel.identity.known import may_confirm
from indelible.kernel.identity.types import (
    ADMINISTRATION,
    CONFIRMATIONS,
    METHODS,
    POWERFUL,
    QA_APPROVER,
    ROLES,
    SYSTEM_ADMINISTRATOR,
    Newcomer,
)
from indelible.kernel.identity.unlockings import last_unlocking
from indelible.web import authenticators, losses, machines, passkeys, provider, shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import address, asked, key_of
from indelible.web.pages import refusals
from indelible.web.times import end_of_day

TYPED = (
    "role",
    "until",
    "new_name",
    "new_site",
    "new_zone",
    "change_reason",
    "site",
    "reason",
    "method",
    "reference",
    "verified_on",
    "label",
    "expires_on",
    "ends_on",
    "code",
    "confirmed",
    "networks",
)
SHOWN = 100
"""People on one page."""
DECIDED = 20
"""Proposals on the page, the oldest; the next ones move up as these are decided."""
NEWCOMER = ("user_id", "name", "email", "staff_number", "site", "zone")
IDENTITY = {"method": "How", "reference": "Evidence", "verified_on": "On"}
LABELS = {"user_id": "User id", "name": "Printed name", "email": "E-mail", "staff_number": "Staff number"}


@open_to("signed in")
@require_GET
def index(request: DoorRequest) -> HttpResponse:
    """Everybody with an account, and the proposals that wait for a second person."""
    query = asked(request.GET, ("q", "status"))
    number = _page_number(request.GET.get("page", ""))
    start = (number - 1) * SHOWN
    found = list(
        people.people(request.actor, q=query["q"], status=query["status"])[start : start + SHOWN + 1]
    )
    context = {
        "people": _rows(found[:SHOWN]),
        "query": query,
        "may_administer": may_administer(request),
        "may_see_access": request.actor.holds(*people.ANSWERING),
        "previous_href": address("/people", query, page=str(number - 1)) if number > 1 else "",
        "next_href": address("/people", query, page=str(number + 1)) if len(found) > SHOWN else "",
    }
    if shell.is_part(request):
        return shell.part(request, "people/_list.html", context)
    waiting = [proposal_view(request, grant) for grant in people.proposed_grants()[: DECIDED + 1]]
    return shell.page(
        request,
        "people/index.html",
        {
            **context,
            "proposals": waiting[:DECIDED],
            "more_wait": len(waiting) > DECIDED,
            "path": request.path,
        },
    )


def may_administer(request: DoorRequest) -> bool:
    """Whether to show the buttons of administration; the kernel judges each use of them."""
    return request.actor.holds(*ADMINISTRATION)


def _page_number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _rows(persons: Sequence[Any]) -> list[dict[str, Any]]:
    roles, locked = people.roles_of(persons), people.locked_among(persons)
    return [{"person": p, "roles": shell.role_titles(roles[p.pk]), "locked": p.pk in locked} for p in persons]


def grant_view(grant: Any) -> dict[str, Any]:
    """A grant in words."""
    scope = people.scope_of(grant)
    where = {"": f"own site ({grant.person.site.code})", "*": "all sites"}.get(scope, scope)
    title = ROLES[grant.role].title if grant.role in ROLES else grant.role
    return {"grant": grant, "title": title, "where": where}


def proposal_view(request: DoorRequest, grant: Any) -> dict[str, Any]:
    """A proposed role, and whether to show this person the buttons that decide it."""
    alone = grant.role in POWERFUL and not may_stand_in(grant)
    deciding = ADMINISTRATION if alone else (*ADMINISTRATION, QA_APPROVER)
    return {**grant_view(grant), "may_decide": request.actor.holds(*deciding)}


@open_to("signed in")
@require_http_methods(["GET", "POST"])
def new(request: DoorRequest) -> HttpResponse:
    """Opens an account for one named individual; the one-time secret is shown once."""
    if request.method == "GET":
        return _new_form(request)
    try:
        person = identity.create_person(request.actor, Newcomer(**asked(request.POST, NEWCOMER)))
    except Refusal as refusal:
        return _new_form(request, refusal)
    return HttpResponseRedirect(f"/people/{person.user_id}")


def _new_form(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    context = {
        **refusals.words(refusal, LABELS),
        "typed": asked(request.POST, NEWCOMER),
        "sites": people.sites(),
        "errors": dict(refusal.fields) if refusal else {},
    }
    return shell.page(request, "people/new.html", context, status=refusal.rule.status if refusal else 200)


@open_to("signed in")
@require_GET
def show(request: DoorRequest, user_id: str) -> HttpResponse:
    """One person: account, roles, what waits."""
    return page_of(request, people.person_of(user_id))


def page_of(
    request: DoorRequest, person: Any, refusal: Refusal | None = None, *, secret: str = ""
) -> HttpResponse:
    """The page of a person, with a refusal and what was typed where an act was refused."""
    last = people.last_verification(person)
    context = {
        **refusals.words(refusal, {**IDENTITY, **losses.LABELS}),
        **_rows([person])[0],
        "grants": [grant_view(g) for g in people.active_grants(person).select_related("person__site")],
        "proposals": [proposal_view(request, g) for g in people.proposed_grants(person)],
        "sites": people.sites(),
        "role_choices": list(ROLES.values()),
        "may_administer": may_administer(request),
        "may_confirm": may_confirm(request.actor, person),
        "may_change": request.actor.holds(SYSTEM_ADMINISTRATOR),
        "is_self": person.user_id == request.actor.user_id,
        "one_time_secret": secret,
        "methods": METHODS,
        "confirmations": CONFIRMATIONS,
        "unlocked": last_unlocking(person),
        "verification": last,
        "verified_how": METHODS.get(last.method, last.method) if last else "",
        "verified_by": people.names_of([last.by]).get(last.by, last.by) if last else "",
        "verified": people.is_identity_verified(person),
        **_credentials(request, person),
        "may_see_evidence": request.actor.holds(*people.ANSWERING),
        "typed": {k: v for k, v in request.POST.items() if k in TYPED},
        "open_part": request.path.rpartition("/")[2] if request.method == "POST" else "",
    }
    return shell.page(request, "people/show.html", context, status=refusal.rule.status if refusal else 200)


def _credentials(request: DoorRequest, person: Any) -> dict[str, Any]:
    """Passkeys and provider account of a person, for those who answer for people."""
    if not request.actor.holds(*people.ANSWERING):
        return {}
    accounts = people.provider_accounts(request.actor, person.user_id).filter(ended_at=None)
    return {
        "passkeys": passkeys.views(request.actor, people.passkeys(request.actor, person.user_id)),
        **losses.view(request.actor, person.user_id),
        **authenticators.view(request.actor, person.user_id),
        "account": accounts.first(),
        "provider_name": provider.name(),
        **machines.views(request, person.user_id),
        "exceptions": [
            {"one": one, "over": one.ended_at is not None or clock() >= one.ends_at}
            for one in people.exceptions(request.actor, person.user_id)
        ],
        "classes": list(people.classes_of(request.actor, person.user_id)),
        "known_classes": people.known_classes(),
        "may_approve_exception": request.actor.holds(QA_APPROVER),
    }


def done(request: DoorRequest, user_id: str, verb: Callable[[], object] | None) -> HttpResponse:
    """Does what the pressed button says and shows the person again; no verb: nothing is done."""
    try:
        if verb is not None:
            verb()
    except Refusal as refusal:
        return page_of(request, people.person_of(user_id), refusal)
    return HttpResponseRedirect(f"/people/{user_id}")


@open_to("signed in")
@require_POST
def grants(request: DoorRequest, user_id: str) -> HttpResponse:
    """Proposes a role, for a second person to approve."""
    role, site, reason, until = (request.POST.get(name, "") for name in ("role", "site", "reason", "until"))
    return done(
        request,
        user_id,
        lambda: identity.propose_grant(
            request.actor,
            user_id,
            role,
            reason=reason,
            site=site,
            ends_at=end_of_day(until) if until else None,
        ),
    )


@open_to("signed in")
@require_POST
def decision(request: DoorRequest, user_id: str, grant: int) -> HttpResponse:
    """Approves, refuses or ends a grant, as the pressed button says."""
    reason = request.POST.get("reason", "")
    verbs: dict[str, Callable[[], object]] = {
        "approve": lambda: identity.approve_grant(request.actor, grant),
        "refuse": lambda: identity.refuse_grant(request.actor, grant, reason=reason),
        "end": lambda: identity.end_grant(request.actor, grant, reason=reason),
    }
    verb = verbs.get(request.POST.get("decision", ""))
    return done(request, user_id, verb)


@open_to("signed in")
@require_POST
def details(request: DoorRequest, user_id: str) -> HttpResponse:
    """Changes printed name, site or time zone; what that ends stands on the page (URS-ACC-02, URS-ACC-05)."""
    given = asked(request.POST, ("new_name", "new_site", "new_zone", "change_reason"))
    return done(
        request,
        user_id,
        lambda: identity.change_person(
            request.actor,
            user_id,
            name=given["new_name"],
            site=given["new_site"],
            zone=given["new_zone"],
            reason=given["change_reason"],
        ),
    )


@open_to("signed in")
@require_POST
def account(request: DoorRequest, user_id: str) -> HttpResponse:
    """Unlocks, deactivates or reactivates an account, each with its reason."""
    reason, confirmed = request.POST.get("reason", ""), request.POST.get("confirmed", "")
    verbs: dict[str, Callable[[], object]] = {
        "unlock": lambda: identity.unlock_account(request.actor, user_id, confirmed=confirmed, reason=reason),
        "deactivate": lambda: identity.deactivate_person(request.actor, user_id, reason=reason),
        "reactivate": lambda: identity.reactivate_person(request.actor, user_id, reason=reason),
    }
    verb = verbs.get(request.POST.get("verb", ""))
    return done(request, user_id, verb)


@open_to("signed in")
@require_POST
def classes(request: DoorRequest, user_id: str) -> HttpResponse:
    """Opens a confidentiality class to somebody, or closes one, as the pressed button says (URS-AUT-06)."""
    code, reason = request.POST.get("code", ""), request.POST.get("reason", "")
    verbs: dict[str, Callable[[], object]] = {
        "open": lambda: identity.open_class(request.actor, user_id, code, reason=reason),
        "end": lambda: identity.close_class(request.actor, user_id, code, reason=reason),
    }
    return done(request, user_id, verbs.get(request.POST.get("verb", "")))


@open_to("signed in")
@require_POST
def exception(request: DoorRequest, user_id: str) -> HttpResponse:
    """Declares, approves or ends the exception for a very small firm, as the pressed button says (URS-AUT-03)."""
    given = request.POST
    number = key_of(given.get("exception", ""))
    verbs: dict[str, Callable[[], object]] = {
        "declare": lambda: identity.declare_exception(
            request.actor,
            user_id,
            ends_at=end_of_day(given.get("ends_on", "")),
            reason=given.get("reason", ""),
        ),
        "approve": lambda: identity.approve_exception(request.actor, number),
        "end": lambda: identity.end_exception(request.actor, number, reason=given.get("reason", "")),
    }
    return done(request, user_id, verbs.get(given.get("verb", "")))


@open_to("signed in")
@require_POST
def identity_confirmed(request: DoorRequest, user_id: str) -> HttpResponse:
    """Records how somebody's identity was confirmed; before a first secret, and again after a reset."""
    given = asked(request.POST, ("method", "reference", "verified_on"))
    person = people.person_of(user_id)
    try:
        identity.verify_identity(
            request.actor,
            user_id,
            method=given["method"],
            reference=given["reference"],
            verified_on=_day(given["verified_on"]),
        )
    except Refusal as refusal:
        return page_of(request, person, refusal)
    return HttpResponseRedirect(f"/people/{user_id}")


def _day(text: str) -> date:
    """The day, or one so early that the kernel asks for it among the other faults."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


@open_to("signed in")
@require_POST
def secret(request: DoorRequest, user_id: str) -> HttpResponse:
    """Issues a one-time secret and shows it this once; it is kept nowhere in readable form."""
    person = people.person_of(user_id)
    try:
        issued = identity.issue_secret(request.actor, user_id, reason=request.POST.get("reason", ""))
    except Refusal as refusal:
        return page_of(request, person, refusal)
    return page_of(request, person, secret=issued)
