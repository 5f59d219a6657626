"""The security unit's desk: urgent notices and their answers, failed proofs as they come, locked accounts, unsent messages."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import factors
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import SECURITY_UNIT
from indelible.kernel.notices import actions, queries
from indelible.kernel.notices.types import KINDS
from indelible.kernel.signatures import access_reviews, issuances
from indelible.web import provider, shell, signing_means
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import refusals
from indelible.web.pages.signing import answered, put_before, typed

SHOWN = 100
ISSUANCES: Final = "/security/issuances"
WHAT = {
    "session.begin": "Sign-in",
    "session.unlock": "Unlocking",
    "record.step": "Signing",
    "accountability.accept": "Accountability",
    "password.change": "Own password",
    "passkey.enrol": "Enrolling a passkey",
    "passkey.test": "Testing a passkey",
    "one_time_code.enrol": "Enrolling one-time codes",
    "one_time_code.test": "Testing an authenticator",
    "issuance.check": "Check of issuances",
}
"""What somebody tried, in words; anything else by its name in the trail."""


@open_to("signed in")
@require_GET
def show(request: DoorRequest) -> HttpResponse:
    """Everything that asks for an answer, and what was answered last."""
    return _page(request)


@open_to("signed in")
@require_POST
def acknowledge(request: DoorRequest, notice: int) -> HttpResponse:
    """Says what was found and done."""
    try:
        actions.acknowledge(request.actor, notice, answer=request.POST.get("answer", ""))
    except Refusal as refusal:
        return _page(request, refusal)
    return HttpResponseRedirect("/security")


@open_to("signed in")
@require_http_methods(["GET", "POST"])
def issuances_page(request: DoorRequest) -> HttpResponse:
    """All codes and passwords in use; the security unit signs that it checked exactly this list (URS-CRD-02)."""
    if request.method == "GET":
        return issuances_of(request)
    given = typed(request)
    try:
        issuances.check_issuances(request.actor, given, digest=request.POST.get("digest", ""))
    except Refusal as refusal:
        return issuances_of(request, refusal)
    return HttpResponseRedirect(ISSUANCES)


@open_to("signed in")
@require_POST
def put_issuances(request: DoorRequest) -> HttpResponse:
    """Puts the check before the checker's device (answered as JSON) or the identity provider (by going there)."""
    digest = request.POST.get("digest", "")
    return put_before(
        request, lambda given: issuances.put_check(request.actor, given, digest=digest), issuances_of
    )


@open_to("signed in")
@require_POST
def issuances_answer(request: DoorRequest) -> HttpResponse:
    """Signs the check that was put before the checker, with what their device answered."""
    try:
        issuances.check_put(request.actor, request.POST.get("handle", "")[:200], passkey=answered(request))
    except Refusal as refusal:
        return issuances_of(request, refusal)
    return HttpResponseRedirect(ISSUANCES)


@open_to("signed in")
@require_POST
def second_factor(request: DoorRequest) -> HttpResponse:
    """Decides of whom more than a password is asked (URS-ACC-08)."""
    given = request.POST
    try:
        identity.decide_factors(
            request.actor,
            administrators=given.get("administrators") == "yes",
            networks=given.get("networks", "").replace(",", "\n").splitlines(),
            provider_asks=given.get("provider_asks") == "yes",
            reason=given.get("reason", ""),
        )
    except Refusal as refusal:
        return _page(request, refusal)
    return HttpResponseRedirect("/security")


def issuances_of(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    """The list of what everybody proves themselves with, with what was refused."""
    listed = issuances.issuances(request.actor)
    context = {
        **refusals.words(refusal),
        **signing_means.other_means(request.actor),
        "listed": listed,
        "digest": issuances.digest_of(listed),
        "dormant": sum(one.dormant for one in listed),
        "due": issuances.due(),
        "may_check": request.actor.holds(SECURITY_UNIT),
    }
    status = refusal.rule.status if refusal else 200
    return shell.page(request, "security/issuances.html", context, status=status)


def _page(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    actor = request.actor
    failed = queries.failed_lately(actor)
    context: dict[str, Any] = {
        **refusals.words(refusal, {"reason": "Reason, or what you found and did", "networks": "Networks"}),
        "waiting": [_view(one) for one in queries.notices(actor, limit=SHOWN, waiting=True).items],
        "answered": [_view(one) for one in queries.notices(actor, limit=20, waiting=False).items],
        "failed": [{"act": one, "what": WHAT.get(one.action, one.action)} for one in failed[:SHOWN]],
        "failed_more": max(0, len(failed) - SHOWN),
        "locked": list(people.locked_accounts()),
        "unsent": list(queries.unsent(actor)[:20]),
        "channels": queries.channels(),
        "due": issuances.due(),
        "review_due": access_reviews.due(),
        "factors": factors.decided(),
        "provider_name": provider.name(),
        "typed": {
            name: request.POST.get(name, "")
            for name in ("networks", "reason", "administrators", "provider_asks")
        },
        "may_acknowledge": actor.holds(*queries.ACKNOWLEDGING),
    }
    return shell.page(request, "security/show.html", context, status=refusal.rule.status if refusal else 200)


def _view(notice: Any) -> dict[str, Any]:
    sent = list(notice.deliveries.order_by("id"))
    return {"notice": notice, "title": KINDS[notice.kind].title, "sent": sent}
