"""The ways back to a covered session beside the password: a passkey, and the identity provider; the draft stays its owner's."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import challenges
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.events import CHALLENGE_OVER, PROVIDER_ABSENT, PROVIDER_SILENT
from indelible.web import cookies, provider
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import sessions
from indelible.web.pages.signing import answered
from indelible.web.sources import source_of

UNLOCK: Final = "provider unlock"


@open_to("session")
@require_POST
def by_passkey(request: DoorRequest) -> HttpResponse:
    """Without an answer: what to ask the device of the session's person. With one: gives the session back."""
    where: Any = {"source": source_of(request), "channel": "web"}
    handle = request.POST.get("handle", "")[:200]
    try:
        _session_of(request)
        if not handle:
            asked, options = identity.ask_unlock(request.token, **where)
            return JsonResponse({"handle": asked, "options": options})
        actor = identity.unlock_by_passkey(request.token, handle, answered(request), **where)
    except Refusal as refusal:
        return sessions.still_covered(request, refusal)
    return sessions.go_on(request, actor.user_id, request.token)


@open_to("session")
@require_POST
def by_provider(request: DoorRequest) -> HttpResponse:
    """Sends the browser to the provider, to sign in there anew; what was being written waits here, sealed for its writer."""
    try:
        public_id = _session_of(request)
    except Refusal as refusal:
        return sessions.still_covered(request, refusal)
    if not provider.is_set_up():
        return sessions.locked_page(
            request, Refusal(PROVIDER_ABSENT, "No identity provider is set up here. Use your password.")
        )
    nonce = secrets.token_urlsafe(24)
    asked = {
        "nonce": nonce,
        "at": clock().isoformat(),
        "next": sessions.safe_next(request.POST.get("next")),
        "draft": request.POST.get("draft", ""),
    }
    handle = challenges.ask(UNLOCK, asked, session=public_id)
    try:
        address = provider.where_to(handle, nonce=nonce, back=provider.SIGNED_IN, anew=True)
    except provider.ProviderSilent as silence:
        return sessions.locked_page(request, Refusal(PROVIDER_SILENT, str(silence)))
    response = HttpResponseRedirect(address)
    cookies.give_question(response, handle)
    return response


def _session_of(request: DoorRequest) -> str:
    """The public id of the covered session; where it is over, Refusal NOT_SIGNED_IN (401) with the entry that every door leaves."""
    state = people.session_state(request.token)
    if state is None or state.cause in ("ended", "absolute end"):
        return identity.enter(
            request.token, source=source_of(request), channel="web", object=request.path[:200]
        ).session
    return _of(state)


def is_for_here(request: HttpRequest, handle: str) -> bool:
    """Whether this browser came back from the provider to take its covered session back."""
    state = people.session_state(cookies.token_of(request))
    return state is not None and challenges.open_question(handle, UNLOCK, session=_of(state)) is not None


def come_back(request: HttpRequest, handle: str) -> HttpResponse:
    """Back from the provider: gives the session back to its person, and to nobody else who signed in there."""
    token = cookies.token_of(request)
    state = people.session_state(token)
    kept: dict[str, Any] = {}
    try:
        if state is None or not provider.is_same(handle, cookies.question_of(request)):
            raise Refusal(CHALLENGE_OVER, "This answer was asked for by another browser. Start again.")
        kept = challenges.take(handle, UNLOCK, session=_of(state))
        actor = identity.unlock_by_provider(
            token,
            provider.word_for(request.GET.get("code", "")[:4000], handle, back=provider.SIGNED_IN),
            nonce=kept["nonce"],
            asked_at=datetime.fromisoformat(kept["at"]),
            source=source_of(request),
            channel="web",
        )
    except Refusal as refusal:
        return sessions.still_covered(request, refusal, _draft_of(kept))
    except provider.ProviderSilent as silence:
        told = Refusal(PROVIDER_SILENT, provider.said(request, silence))
        return sessions.still_covered(request, told, _draft_of(kept))
    response = sessions.go_on(request, actor.user_id, token, _draft_of(kept))
    cookies.forget_question(response)
    return response


def _of(state: people.SessionState) -> str:
    public_id: str = state.session.public_id
    return public_id


def _draft_of(kept: dict[str, Any]) -> dict[str, str]:
    return {"next": kept.get("next", "/"), "draft": kept.get("draft", "")}
