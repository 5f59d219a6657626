"""The accountability statement: read and accepted by each person, published anew by QA or the security unit (URS-POL-01, -02)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import QA_APPROVER, SECURITY_UNIT
from indelible.kernel.signatures import acceptances, accountability
from indelible.web import shell, signing_means
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import address
from indelible.web.pages import refusals
from indelible.web.pages.signing import answered, put_before, typed

HERE: Final = "/accountability"
LABELS: Final = {"text": "Statement", "grace_days": "Days of grace", "reason": "Reason"}


@open_to("signed in")
@require_http_methods(["GET", "POST"])
def statement(request: DoorRequest) -> HttpResponse:
    """The statement in full, the person's own acceptance of it, and who is missing for those who answer for it."""
    if request.method == "GET":
        return page_of(request)
    given = typed(request)
    version = _number(request.POST.get("version", ""))
    return _done(request, lambda: acceptances.accept(request.actor, given, version=version))


@open_to("signed in")
@require_POST
def put(request: DoorRequest) -> HttpResponse:
    """Puts the statement before the person's device (answered as JSON) or the identity provider (by going there)."""
    version = _number(request.POST.get("version", ""))
    return put_before(
        request, lambda given: acceptances.put_statement(request.actor, given, version=version), page_of
    )


@open_to("signed in")
@require_POST
def answer(request: DoorRequest) -> HttpResponse:
    """Accepts the statement that was put before the person, with what their device answered."""
    handle = request.POST.get("handle", "")[:200]
    return _done(request, lambda: acceptances.accept_put(request.actor, handle, passkey=answered(request)))


@open_to("signed in")
@require_POST
def publish(request: DoorRequest) -> HttpResponse:
    """A new version, which asks everybody anew."""
    text, reason = request.POST.get("text", ""), request.POST.get("reason", "")
    grace = _number(request.POST.get("grace_days", ""))
    return _done(
        request, lambda: accountability.publish(request.actor, text, grace_days=grace, reason=reason)
    )


def _number(text: str) -> int:
    """The number; one that no rule takes where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def _done(request: DoorRequest, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except Refusal as refusal:
        return page_of(request, refusal)
    return HttpResponseRedirect(HERE)


def _missing(request: DoorRequest) -> dict[str, Any]:
    found = accountability.missing(request.actor, cursor=request.GET.get("cursor", ""))
    return {
        "missing": found.items,
        "more_href": address(HERE, {}, cursor=found.next or "") if found.next else "",
    }


def page_of(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    """The page, with what was refused."""
    current = accountability.in_force()
    answers = request.actor.holds(*people.ANSWERING)
    context: dict[str, Any] = {
        **refusals.words(refusal, LABELS),
        "current": current,
        "standing": accountability.standing(people.person_of(request.actor.user_id), clock()),
        "answers": answers,
        **signing_means.other_means(request.actor),
        **(_missing(request) if answers else {}),
        "may_publish": request.actor.holds(QA_APPROVER, SECURITY_UNIT),
        "most_grace": accountability.MOST_GRACE,
        "typed": {k: request.POST.get(k, "") for k in LABELS},
    }
    return shell.page(
        request, "account/accountability.html", context, status=refusal.rule.status if refusal else 200
    )
