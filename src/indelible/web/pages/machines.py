"""Machine credentials by pages: allowed on a person's page, drawn and ended on one's own (URS-ACC-09)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from indelible.kernel.access import actions
from indelible.kernel.access.types import Scope
from indelible.kernel.audit.types import Refusal
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import key_of
from indelible.web.pages import credentials
from indelible.web.pages import people as people_pages
from indelible.web.times import end_of_day


@open_to("signed in")
@require_POST
def own(request: DoorRequest, credential: int) -> HttpResponse:
    """Draws one's own credential, its token shown this once, or ends it, as the pressed button says."""
    try:
        if request.POST.get("verb") == "draw":
            return credentials.page_of(request, token=actions.draw_machine(request.actor, credential))
        actions.end_machine(request.actor, credential, reason=request.POST.get("reason", ""))
    except Refusal as refusal:
        return credentials.page_of(request, refusal)
    return HttpResponseRedirect("/account/credentials")


@open_to("signed in")
@require_POST
def of_person(request: DoorRequest, user_id: str) -> HttpResponse:
    """Allows somebody a credential, or ends one of theirs, as the pressed button says."""
    given = request.POST
    verbs: dict[str, Callable[[], object]] = {
        "allow": lambda: _allow(request, user_id),
        "end": lambda: actions.end_machine(
            request.actor, key_of(given.get("credential", "")), reason=given.get("reason", "")
        ),
    }
    return people_pages.done(request, user_id, verbs.get(given.get("verb", "")))


def _allow(request: DoorRequest, user_id: str) -> object:
    given = request.POST
    scope = Scope(processes=tuple(given.getlist("processes")), operations=tuple(given.getlist("operations")))
    return actions.allow_machine(
        request.actor,
        user_id,
        label=given.get("label", ""),
        scope=scope,
        networks=given.get("networks", "").replace(",", "\n").splitlines(),
        expires_at=end_of_day(given.get("expires_on", "")),
        reason=given.get("reason", ""),
    )
