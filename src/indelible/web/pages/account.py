"""A person's own account: the password that only they know."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.events import PASSWORD_WEAK
from indelible.kernel.identity.passwords import MINIMUM
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to
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


def _form(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    person = people.find_person(request.actor.user_id)
    due = person is not None and people.is_change_due(person)
    context = {**refusals.words(refusal), "must_change": due, "password_help": HELP, "actor": request.actor}
    status = refusal.rule.status if refusal else 200
    if due:
        return shell.alone(request, "account/password_due.html", context, status=status)
    return shell.page(request, "account/password.html", context, status=status)
