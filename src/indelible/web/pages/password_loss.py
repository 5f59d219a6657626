"""Reporting a password that somebody else may know: one's own, or of somebody else as administration (URS-CRD-04)."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.web import losses
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import credentials, people


@open_to("change due")
@require_POST
def own(request: DoorRequest) -> HttpResponse:
    """Ends one's own password at once, and with it the session it is done in where that was begun with it."""
    try:
        _report(request, request.actor.user_id)
    except Refusal as refusal:
        return credentials.page_of(request, refusal)
    return HttpResponseRedirect("/account/credentials")


@open_to("signed in")
@require_POST
def of(request: DoorRequest, user_id: str) -> HttpResponse:
    """Ends somebody's password at once; who they are is confirmed anew before they sign again."""
    return people.done(request, user_id, lambda: _report(request, user_id))


def _report(request: DoorRequest, user_id: str) -> object:
    return identity.report_password(request.actor, user_id, **losses.typed(request.POST))
