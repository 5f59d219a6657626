"""The review of rights by page: each kept or removed, by somebody whose own it is not, and signed (URS-ACC-06)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.signatures import access_reviews
from indelible.kernel.signatures.access_reviews import Decision
from indelible.web import shell, signing_means
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import refusals
from indelible.web.pages.signing import answered, put_before, typed

HERE: Final = "/security/access-review"
_FIELD: Final = "right "
"""How the inputs of the rights begin; what follows names the right."""
_DECISIONS: Final[dict[str, Decision]] = {"keep": "keep", "remove": "remove"}


@open_to("signed in")
@require_http_methods(["GET", "POST"])
def show(request: DoorRequest) -> HttpResponse:
    """Every right in force with what stands out of it; signs what was decided of some or all of them."""
    if request.method == "GET":
        return page_of(request)
    given = typed(request)
    try:
        access_reviews.review(
            request.actor, given, digest=request.POST.get("digest", ""), decisions=_decided(request)
        )
    except Refusal as refusal:
        return page_of(request, refusal)
    return HttpResponseRedirect(HERE)


@open_to("signed in")
@require_POST
def put(request: DoorRequest) -> HttpResponse:
    """Puts the review before the reviewer's device (answered as JSON) or the identity provider (by going there)."""
    digest, decisions = request.POST.get("digest", ""), _decided(request)
    return put_before(
        request,
        lambda given: access_reviews.put_review(request.actor, given, digest=digest, decisions=decisions),
        page_of,
    )


@open_to("signed in")
@require_POST
def answer(request: DoorRequest) -> HttpResponse:
    """Signs the review that was put before the reviewer, with what their device answered."""
    handle = request.POST.get("handle", "")[:200]
    kept = access_reviews.kept_decisions(request.actor, handle) if handle else {}
    try:
        access_reviews.review_put(request.actor, handle, passkey=answered(request))
    except Refusal as refusal:
        return page_of(request, refusal, kept)
    return HttpResponseRedirect(HERE)


def _decided(request: DoorRequest) -> dict[str, Decision]:
    return {
        name.removeprefix(_FIELD): _DECISIONS[value]
        for name, value in request.POST.items()
        if name.startswith(_FIELD) and isinstance(value, str) and value in _DECISIONS
    }


def page_of(
    request: DoorRequest, refusal: Refusal | None = None, kept: Mapping[str, Decision] | None = None
) -> HttpResponse:
    """The page, with what was refused and what was decided of each right: as sent, or as `kept` beside what was put."""
    listed, now = access_reviews.rights(request.actor), clock()
    decided = _decided(request) or kept or access_reviews.kept_decisions(request.actor)
    rows = [
        {
            "right": one,
            "own": one.person.pk == request.actor.person_id,
            "overdue": now >= one.due,
            "decided": decided.get(one.key, ""),
        }
        for one in listed
    ]
    context = {
        **refusals.words(refusal),
        **signing_means.other_means(request.actor),
        "rows": rows,
        "flagged": sum(bool(one.flags) for one in listed),
        "digest": access_reviews.digest_of(listed),
        "due": access_reviews.due(),
        "may_review": request.actor.holds(*access_reviews.REVIEWING),
    }
    status = refusal.rule.status if refusal else 200
    return shell.page(request, "security/access_review.html", context, status=status)
