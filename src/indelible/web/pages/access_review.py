"""The review of rights by page: each kept or removed, by somebody whose own it is not, and signed (URS-ACC-06)."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.signatures import access_reviews
from indelible.kernel.signatures.access_reviews import Decision
from indelible.kernel.signatures.types import Components
from indelible.web import record_page, shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import refusals

HERE: Final = "/security/access-review"
_FIELD: Final = "right "
"""How the inputs of the rights begin; what follows names the right."""
_DECISIONS: Final[dict[str, Decision]] = {"keep": "keep", "remove": "remove"}


@open_to("signed in")
@require_http_methods(["GET", "POST"])
def show(request: DoorRequest) -> HttpResponse:
    """Every right in force with what stands out of it; signs what was decided of some or all of them."""
    if request.method == "GET":
        return _page(request)
    given = Components(
        request.POST.get("user_id", ""),
        request.POST.get("password", ""),
        request.POST.get("otp", "").strip() or None,
    )
    try:
        access_reviews.review(
            request.actor, given, digest=request.POST.get("digest", ""), decisions=_decided(request)
        )
    except Refusal as refusal:
        return _page(request, refusal)
    return HttpResponseRedirect(HERE)


def _decided(request: DoorRequest) -> dict[str, Decision]:
    return {
        name.removeprefix(_FIELD): _DECISIONS[value]
        for name, value in request.POST.items()
        if name.startswith(_FIELD) and isinstance(value, str) and value in _DECISIONS
    }


def _page(request: DoorRequest, refusal: Refusal | None = None) -> HttpResponse:
    listed, now, decided = access_reviews.rights(request.actor), clock(), _decided(request)
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
        **record_page.other_means(request.actor),
        "rows": rows,
        "flagged": sum(bool(one.flags) for one in listed),
        "digest": access_reviews.digest_of(listed),
        "due": access_reviews.due(),
        "may_review": request.actor.holds(*access_reviews.REVIEWING),
    }
    status = refusal.rule.status if refusal else 200
    return shell.page(request, "security/access_review.html", context, status=status)
