"""A person's own account: the password that only they know."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.events import PASSWORD_WEAK
from indelible.kernel.identity.passwords import MINIMUM
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import asked
from indelible.web.pages import refusals

HELP = f"At least {MINIMUM} characters; a few unrelated words are good. Not your name, not a common one, none of your last ten."


@open_to("change due")
@require_http_methods(["GET", "POST"])
def password(request: DoorRequest) -> HttpResponse:
    """Changes one's own password; required at the first sign-in with a temporary one (URS-CRD-03)."""
    if request.method == "GET":
        return _form(request)
    try:
        if request.POST.get("new_password") != request.POST.get("new_password_again"):
            raise Refusal(
                PASSWORD_WEAK,
                "The two entries of the new password differ.",
                {"new_password_again": "Not the same."},
            )
        identity.change_password(
            request.actor, request.POST.get("password", ""), request.POST.get("new_password", "")
        )
    except Refusal as refusal:
        return _form(request, refusal)
    return HttpResponseRedirect("/")


@open_to("signed in")
@require_GET
def sessions(request: DoorRequest) -> HttpResponse:
    """Where one is signed in, and a way to end what should not be."""
    return _sessions(request)


@open_to("signed in")
@require_POST
def end_session(request: DoorRequest) -> HttpResponse:
    """Ends one of one's own sessions, or somebody's by administration with a reason."""
    given = asked(request.POST, ("session", "user_id", "reason"))
    try:
        identity.end_session(request.actor, given["session"], reason=given["reason"])
    except Refusal as refusal:
        return _sessions(request, refusal)
    if given["user_id"] and given["user_id"] != request.actor.user_id:
        return HttpResponseRedirect(f"/account/sessions?{urlencode({'user_id': given['user_id']})}")
    return HttpResponseRedirect("/account/sessions")


def _sessions(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    whose = people.person_of(given.get("user_id", "") or request.actor.user_id)
    context = {
        **refusals.words(refusal, {"reason": "Reason"}),
        "whose": whose,
        "is_self": whose.user_id == request.actor.user_id,
        "open_sessions": [
            {"session": one, "locked": people.is_locked(one), "here": one.public_id == request.actor.session}
            for one in people.sessions_told(request.actor, whose.user_id)
        ],
    }
    status = refusal.rule.status if refusal else 200
    return shell.page(request, "account/sessions.html", context, status=status)


def _form(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    session = people.session_of(request.actor)
    due = session is not None and people.is_change_due_in(session)
    context = {**refusals.words(refusal), "must_change": due, "password_help": HELP, "actor": request.actor}
    status = refusal.rule.status if refusal else 200
    if due:
        return shell.alone(request, "account/password_due.html", context, status=status)
    return shell.page(request, "account/password.html", context, status=status)
