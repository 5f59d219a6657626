"""Refusals as pages: the rule, the clause, plain words, and what the person had typed (decision D7)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from indelible.kernel.audit.types import Refusal
from indelible.web import shell
from indelible.web.access import DoorRequest
from indelible.web.drafts import kept_names


def plain(refusal: Refusal) -> HttpResponse:
    """A refusal that needs neither session nor database to be told."""
    context = {"title": refusal.rule.title, "detail": refusal.detail}
    return HttpResponse(render_to_string("refusals/plain.html", context), status=refusal.rule.status)


def words(refusal: Refusal | None, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """What templates need to draw a refusal beside the form it belongs to."""
    if refusal is None:
        return {}
    named = [({"label": (labels or {}).get(path, path)}, said) for path, said in refusal.fields.items()]
    return {"refusal": refusal, "refusal_fields": named}


def page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page of a refusal, with everything that was typed, secrets left out, so that nothing is lost."""
    context = {**words(refusal), "typed_kept": _typed(request), "back": _back(request)}
    actor = getattr(request, "actor", None)
    if actor is None:
        return shell.alone(request, "refusals/alone.html", context, status=refusal.rule.status)
    return shell.page(request, "refusals/show.html", context, status=refusal.rule.status)  # type: ignore[arg-type]


def kept_only(request: DoorRequest) -> HttpResponse:
    """What was being written on a page that cannot be shown again as it was: to read and to copy from."""
    return shell.page(request, "refusals/kept.html", {"typed_kept": _typed(request), "back": _back(request)})


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, str(value))
        for name in kept_names(request.POST)
        for value in request.POST.getlist(name)
        if value
    ]


def _back(request: HttpRequest) -> str:
    """The page this address belongs to: the record for anything below it."""
    parts = request.path.strip("/").split("/")
    return f"/{parts[0]}/{parts[1]}" if len(parts) > 2 else ""
