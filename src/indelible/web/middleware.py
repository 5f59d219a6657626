"""The door itself: from session cookie to actor, default deny, refusals as help, nothing of ours in any cache."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import patch_vary_headers

from indelible.kernel.access.reach import proven_terminal
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.events import CHANGE_DUE, FACTOR_DUE, NOT_SIGNED_IN, SESSION_LOCKED
from indelible.web.access import DATABASE_GONE, NO_AUTHORITY, WRONG_METHOD, authority_of
from indelible.web.cookies import terminal_of, token_of
from indelible.web.pages import refusals, sessions
from indelible.web.sources import source_of

_log: Final = logging.getLogger("indelible.web")
OTHER_DOORS: Final = ("/api/", "/static/")


class Door:
    """Django middleware around every page for people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answers, and keeps what was answered out of every cache (URS-ACC-01: no page after sign-out)."""
        if request.method == "HEAD" and not request.path.startswith(OTHER_DOORS):
            request.method = "GET"  # the same page; the server in front of us leaves its body out
        response = self.get_response(request)
        if response.status_code == 405 and not request.path.startswith(OTHER_DOORS):
            response = _wrong_method(response.headers.get("Allow", ""))
        if not request.path.startswith(OTHER_DOORS):
            response.headers.setdefault("Cache-Control", "no-store")
            patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Lets in whom the route's authority names; None goes on to the page."""
        if request.path.startswith(OTHER_DOORS):
            return None
        authority = authority_of(view)
        if authority is None:
            return refusals.plain(Refusal(NO_AUTHORITY, "This address does not say whom it is for."))
        request.token = token_of(request)  # type: ignore[attr-defined]
        if authority in ("everyone", "session"):
            return None
        try:
            request.actor = self._actor(request, change_due_allowed=authority == "change due")  # type: ignore[attr-defined]
        except Refusal as refusal:
            return self._turned_away(request, refusal)
        except (OperationalError, InterfaceError) as error:
            return _database_gone(error)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal that the page did not draw itself becomes a page that helps (decision D7)."""
        if isinstance(exception, Refusal):
            return refusals.page(request, exception)
        if isinstance(exception, OperationalError | InterfaceError) and not request.path.startswith(
            OTHER_DOORS
        ):
            return _database_gone(exception)
        return None

    def _actor(self, request: HttpRequest, *, change_due_allowed: bool) -> Actor:
        actor = identity.enter(
            token_of(request),
            source=source_of(request),
            channel="web",
            object=request.path[:200],
            change_due_allowed=change_due_allowed,
            device=request.headers.get("User-Agent", ""),
        )
        terminal = terminal_of(request)
        return replace(actor, terminal=proven_terminal(terminal, actor.source)) if terminal else actor

    def _turned_away(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        if refusal.rule is SESSION_LOCKED:
            return sessions.locked_page(request, refusal)
        if refusal.rule is CHANGE_DUE:
            return sessions.change_due()
        if refusal.rule is FACTOR_DUE and request.path == "/":
            return HttpResponseRedirect("/account/credentials")
        if refusal.rule is NOT_SIGNED_IN:
            return sessions.sign_in_page(request)
        return refusals.page(request, refusal)


def _wrong_method(allowed: str) -> HttpResponse:
    told = "This address is for what a form sends. Open the page the form stands on."
    response = refusals.plain(Refusal(WRONG_METHOD, told))
    response["Allow"] = allowed
    return response


def _database_gone(error: OperationalError | InterfaceError) -> HttpResponse:
    """Said truly and without the frame, which would need the database itself."""
    _log.error("the database did not answer", exc_info=error)
    told = "Nothing of what you sent was saved. Go back, your browser holds what you typed, and try again."
    return refusals.plain(Refusal(DATABASE_GONE, told))
