"""A person's credentials: their passkeys enrolled, tested and ended by themselves, confirmed by another; and their provider account.

A device is asked by the page's script, which fetches the question and posts the answer; what counts the kernel judges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.entrances import ask_sign_in
from indelible.web import authenticators, cookies, losses, machines, passkeys, provider, shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages import people as people_pages
from indelible.web.pages import refusals, sessions
from indelible.web.pages.signing import answered
from indelible.web.sources import source_of


@open_to("everyone")
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Without an answer: what to ask a device, the same for everybody. With one: signs in whoever's passkey it is.

    Signing in is never a signing (URS-SIG-02).
    """
    if not request.POST.get("handle"):
        handle, options = ask_sign_in()
        return JsonResponse({"handle": handle, "options": options})
    try:
        token, actor = identity.sign_in_by_passkey(
            request.POST.get("handle", "")[:200],
            answered(request),
            source=source_of(request),
            channel="web",
            device=request.headers.get("User-Agent", ""),
        )
    except Refusal as refusal:
        return sessions.sign_in_page(request, refusal)
    response = sessions.go_on(request, actor.user_id, token)
    cookies.give(response, token)
    return response


@open_to("change due")
@require_GET
def show(request: DoorRequest) -> HttpResponse:
    """Everything the person proves themselves with."""
    return page_of(request)


@open_to("change due")
@require_POST
def enrolment_question(request: DoorRequest) -> HttpResponse:
    """What to ask a device that shall become a passkey."""
    return _asked(request, lambda: identity.ask_enrolment(request.actor))


@open_to("change due")
@require_POST
def enrol(request: DoorRequest) -> HttpResponse:
    """Enrols what the device made; of no use until somebody else confirmed it."""
    given = request.POST
    return _done(
        request,
        lambda: identity.enrol(
            request.actor,
            given.get("handle", "")[:200],
            answered(request),
            password=given.get("password", ""),
            label=given.get("label", ""),
        ),
    )


@open_to("change due")
@require_POST
def test_question(request: DoorRequest, passkey: int) -> HttpResponse:
    """What to ask the device that is tested."""
    return _asked(request, lambda: identity.ask_test(request.actor, passkey))


@open_to("change due")
@require_POST
def take_test(request: DoorRequest) -> HttpResponse:
    """The yearly test of one's own passkey (URS-CRD-06); which one it is stands in the question."""
    handle = request.POST.get("handle", "")[:200]
    return _done(request, lambda: identity.take_test(request.actor, handle, answered(request)))


@open_to("signed in")
@require_POST
def end(request: DoorRequest, passkey: int) -> HttpResponse:
    """Ends one's own passkey: lost, stolen, replaced (URS-CRD-04)."""
    return _done(request, lambda: _end(request, request.actor.user_id, passkey))


@open_to("change due")
@require_POST
def code_question(request: DoorRequest) -> HttpResponse:
    """Shows the secret that an authenticator app has to be given, this once."""
    try:
        handle, secret, link = identity.ask_code_enrolment(request.actor)
    except Refusal as refusal:
        return page_of(request, refusal)
    return page_of(request, enrolment=_shown(handle, secret, link))


def _shown(handle: str, secret: str, link: str) -> dict[str, str]:
    """The secret to type and as a picture to scan, drawn here: it is told to nobody else."""
    drawn = segno.make(link, micro=False, error="m").svg_inline(
        light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    picture = mark_safe(drawn)  # noqa: S308  (a drawing; no text of anybody is in it)
    return {"handle": handle, "secret": secret, "link": link, "picture": picture}


@open_to("change due")
@require_POST
def code(request: DoorRequest) -> HttpResponse:
    """Enrols the authenticator by its first code, tests or ends the one in use, as the pressed button says."""
    given = request.POST
    typed = {"password": given.get("password", ""), "code": given.get("code", "")[:20]}
    if given.get("verb") == "test":
        return _done(request, lambda: identity.take_code_test(request.actor, **typed))
    if given.get("verb") == "end":
        return _done(request, lambda: _end_code(request, request.actor.user_id))
    handle = given.get("handle", "")[:200]
    try:
        identity.enrol_code(request.actor, handle, **typed)
    except Refusal as refusal:
        shown = identity.asked_again(request.actor, handle)
        again = _shown(handle, *shown) if shown else None
        return page_of(request, refusal, enrolment=again)
    return HttpResponseRedirect("/account/credentials")


@open_to("signed in")
@require_POST
def code_of(request: DoorRequest, user_id: str) -> HttpResponse:
    """Confirms or ends somebody's authenticator, as the pressed button says."""
    verbs: dict[str, Callable[[], object]] = {
        "confirm": lambda: identity.confirm_code(request.actor, user_id),
        "end": lambda: _end_code(request, user_id),
    }
    return people_pages.done(request, user_id, verbs.get(request.POST.get("verb", "")))


@open_to("signed in")
@require_POST
def passkey_of(request: DoorRequest, user_id: str, passkey: int) -> HttpResponse:
    """Confirms or ends somebody's passkey, as the pressed button says."""
    verbs: dict[str, Callable[[], object]] = {
        "confirm": lambda: identity.confirm_passkey(request.actor, user_id, passkey),
        "end": lambda: _end(request, user_id, passkey),
    }
    return people_pages.done(request, user_id, verbs.get(request.POST.get("verb", "")))


@open_to("signed in")
@require_POST
def provider_account_of(request: DoorRequest, user_id: str) -> HttpResponse:
    """Enters, confirms or takes away somebody's account at the identity provider, as the pressed button says."""
    given = request.POST
    verbs: dict[str, Callable[[], object]] = {
        "enter": lambda: identity.enter_account(request.actor, user_id, given.get("subject", "")),
        "confirm": lambda: identity.confirm_account(request.actor, user_id),
        "end": lambda: identity.end_account(request.actor, user_id, reason=given.get("reason", "")),
    }
    return people_pages.done(request, user_id, verbs.get(given.get("verb", "")))


def _end(request: DoorRequest, user_id: str, passkey: int) -> object:
    return identity.end_passkey(request.actor, user_id, passkey, **losses.typed(request.POST))


def _end_code(request: DoorRequest, user_id: str) -> object:
    return identity.end_code(request.actor, user_id, **losses.typed(request.POST))


def _asked(request: DoorRequest, ask: Callable[[], tuple[str, dict[str, Any]]]) -> HttpResponse:
    try:
        handle, options = ask()
    except Refusal as refusal:
        return page_of(request, refusal)
    return JsonResponse({"handle": handle, "options": options})


def _done(request: DoorRequest, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except Refusal as refusal:
        return page_of(request, refusal)
    return HttpResponseRedirect("/account/credentials")


def page_of(
    request: DoorRequest,
    refusal: Refusal | None = None,
    *,
    enrolment: dict[str, str] | None = None,
    token: str = "",
) -> HttpResponse:
    """The page, with a refusal, a secret to enrol or the token of a machine credential, each shown this once."""
    context = {
        **refusals.words(refusal, losses.LABELS),
        "passkeys": passkeys.views(request.actor, people.passkeys(request.actor)),
        **losses.view(request.actor),
        **authenticators.view(request.actor),
        "enrolment": enrolment,
        "account": people.provider_accounts(request.actor).filter(ended_at=None).first(),
        "provider_name": provider.name(),
        "machine_token": token,
        **machines.views(request),
        "typed": {"label": request.POST.get("label", ""), "reason": request.POST.get("reason", "")},
    }
    status = refusal.rule.status if refusal else 200
    return shell.page(request, "account/credentials.html", context, status=status)
