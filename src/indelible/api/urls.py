"""The addresses of `/api/v1`: every route, and one honest answer for all that are none."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from indelible.api import problems
from indelible.api.routes import every
from indelible.api.service import SignedIn, api
from indelible.kernel.audit.types import Refusal

View = Callable[..., HttpResponseBase]


def _told(view: View) -> View:
    """The view with HEAD answered like GET, a wrong method told as a problem, and nothing kept by caches."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "HEAD":
            request.method = "GET"
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            response = _other_method(request, response.headers.get("Allow", ""))
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    return answer


def _other_method(request: HttpRequest, taken: str) -> HttpResponse:
    """204 for OPTIONS, else the problem 405; both name the methods of the address in Allow (RFC 9110, 9.3.7 and 15.5.6)."""
    methods = {name.strip() for name in taken.split(",")} | {"OPTIONS"}
    allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
    else:
        response = problems.problem(405, "Method not allowed", f"This address takes: {allowed}.")
    response["Allow"] = allowed
    return response


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address: 401 without a session, else 404."""
    try:
        SignedIn()(request)
    except Refusal as refusal:
        return problems.refused(refusal)
    except problems.Malformed as error:
        return problems.malformed(error)
    return problems.problem(404, "Not there", "There is nothing at this address.")


def _patterns() -> list[URLPattern]:
    every()
    found = []
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            pattern.callback = _told(pattern.callback)
            found.append(pattern)
    return found


urlpatterns = [*_patterns(), re_path(r"^(?s:.*)\Z", nothing_here)]
