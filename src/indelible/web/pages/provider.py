"""Signing in through the company's identity provider, and coming back from it: to a session, or to a signature (URS-ACC-08)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import challenges
from indelible.kernel.identity.events import CHALLENGE_OVER, PROVIDER_ABSENT, PROVIDER_SILENT
from indelible.kernel.identity.openid import Word
from indelible.kernel.signatures import acceptances, access_reviews, issuances, putting
from indelible.kernel.workflow import signing
from indelible.web import cookies, provider
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import access_review, security, sessions, unlocking
from indelible.web.pages import accountability as statements
from indelible.web.pages.signing import refused
from indelible.web.sources import source_of

SIGN_IN: Final = "provider sign-in"


@open_to("everyone")
@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sends the browser to the provider."""
    if not provider.is_set_up():
        told = Refusal(PROVIDER_ABSENT, "No identity provider is set up here. Sign in with your password.")
        return sessions.sign_in_page(request, told)
    nonce = secrets.token_urlsafe(24)
    goes_on = sessions.safe_next(request.GET.get("next"))
    asked = {"nonce": nonce, "at": clock().isoformat(), "next": goes_on}
    handle = challenges.ask(SIGN_IN, asked)
    try:
        response = HttpResponseRedirect(provider.where_to(handle, nonce=nonce, back=provider.SIGNED_IN))
    except provider.ProviderSilent as silence:
        return sessions.sign_in_page(request, Refusal(PROVIDER_SILENT, str(silence)))
    cookies.give_question(response, handle)
    return response


@open_to("everyone")
@require_GET
def signed_in(request: HttpRequest) -> HttpResponse:
    """Back from the provider with a code for the question that this very browser was sent with."""
    handle = request.GET.get("state", "")[:200]
    if unlocking.is_for_here(request, handle):
        return unlocking.come_back(request, handle)
    try:
        if not provider.is_same(handle, cookies.question_of(request)):
            raise Refusal(
                CHALLENGE_OVER,
                "This answer was asked for by another browser, or too long ago. Sign in again.",
            )
        asked = challenges.take(handle, SIGN_IN)
        token, _ = identity.sign_in_by_provider(
            provider.word_for(request.GET.get("code", "")[:4000], handle, back=provider.SIGNED_IN),
            nonce=asked["nonce"],
            asked_at=datetime.fromisoformat(asked["at"]),
            source=source_of(request),
            channel="web",
            device=request.headers.get("User-Agent", ""),
        )
    except Refusal as refusal:
        return sessions.sign_in_page(request, refusal)
    except provider.ProviderSilent as silence:
        return sessions.sign_in_page(request, Refusal(PROVIDER_SILENT, provider.said(request, silence)))
    response = HttpResponseRedirect(sessions.safe_next(asked["next"]))
    cookies.give(response, token)
    cookies.forget_question(response)
    return response


@open_to("signed in")
@require_GET
def signed(request: DoorRequest) -> HttpResponse:
    """Back from the provider with a code for what was put before the signer: a step, or the accountability statement."""
    handle = request.GET.get("state", "")[:200]
    for put in PUT:
        if challenges.open_question(handle, put.purpose, session=request.actor.session):
            return _signed_beside(request, handle, put)
    kept = signing.kept_by(request.actor, handle)
    try:
        word = _word_or_give_up(request, handle, signing.PURPOSE)
        record = signing.take_put_step(request.actor, handle, provider=word)
    except Refusal as refusal:
        return refused(request, None, refusal, kept)
    return HttpResponseRedirect(f"/records/{record.number}")


@dataclass(frozen=True, slots=True)
class PutBeside:
    """What is signed beside the steps of records: its purpose, its verb, its page and that page's address."""

    purpose: str
    take: Callable[..., object]
    page: Callable[[DoorRequest, Refusal], HttpResponse]
    here: str


PUT: Final = (
    PutBeside(acceptances.PURPOSE, acceptances.accept_put, statements.page_of, statements.HERE),
    PutBeside(access_reviews.PURPOSE, access_reviews.review_put, access_review.page_of, access_review.HERE),
    PutBeside(issuances.PURPOSE, issuances.check_put, security.issuances_of, security.ISSUANCES),
)


def _signed_beside(request: DoorRequest, handle: str, put: PutBeside) -> HttpResponse:
    page = put.page
    if put.purpose == access_reviews.PURPOSE:
        decided = access_reviews.kept_decisions(request.actor, handle)
        page = partial(access_review.page_of, kept=decided)
    try:
        word = _word_or_give_up(request, handle, put.purpose)
        put.take(request.actor, handle, provider=word)
    except Refusal as refusal:
        return page(request, refusal)
    return HttpResponseRedirect(put.here)


def _word_or_give_up(request: DoorRequest, handle: str, purpose: str) -> Word:
    try:
        return provider.word_for(request.GET.get("code", "")[:4000], handle, back=provider.SIGNED)
    except provider.ProviderSilent as silence:
        putting.give_up(request.actor, handle, purpose, provider.said(request, silence))
        raise
