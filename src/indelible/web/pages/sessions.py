"""Signing in and out, locking and unlocking; what was being written comes back to its writer and nobody else."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries as people
from indelible.kernel.identity import unlocking
from indelible.kernel.identity.events import NOT_SIGNED_IN, SESSION_LOCKED
from indelible.web import cookies, drafts, provider, shell
from indelible.web.access import DoorRequest, authority_of, open_to
from indelible.web.pages import refusals
from indelible.web.sources import source_of

IDLE = "Nothing was done here for a while, so the page was covered. Your session goes on when you prove it is you."
ENDED = "Your session is over. Sign in again to go on."
NO_FORM_OF_WORK = ("/unlock", "/unlock/passkey", "/sso/unlock", "/sign-in", "/lock", "/sign-out")
"""What is posted there is no draft of anybody's."""


def safe_next(address: str | None) -> str:
    """An address of this service to go on to; my work for any other."""
    usable = (
        address and address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    )
    return str(address) if usable and not str(address).startswith(("/sign", "/lock", "/unlock")) else "/"


def change_due() -> HttpResponse:
    """Where a person with a temporary secret is sent."""
    return HttpResponseRedirect("/account/password")


def _kept(request: HttpRequest) -> str:
    """What was posted, sealed for the person of the session, whether it is locked or over; "" where nothing was."""
    sealed = request.POST.get("draft", "")
    state = people.session_state(cookies.token_of(request)) if request.method == "POST" else None
    if sealed or state is None or request.path in NO_FORM_OF_WORK:
        return sealed
    address = request.POST.get("kept_from") or request.path
    return drafts.seal(state.session.person.user_id, address, request.POST)


def sign_in_page(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    """The sign-in page in the place of what was asked for: 401, and on to there afterwards."""
    asked = request.get_full_path() if request.method == "GET" else ""
    goes_on = safe_next(request.POST.get("next") or request.GET.get("next") or asked)
    context = {
        **refusals.words(refusal),
        "next": goes_on,
        "draft": _kept(request),
        "typed": {"user_id": request.POST.get("user_id", "")},
        "provider_name": provider.name(),
        "said": ENDED if cookies.token_of(request) and refusal is None else "",
    }
    status = refusal.rule.status if refusal else 200 if request.path == "/sign-in" else 401
    return shell.alone(request, "account/sign_in.html", context, status=status)


@open_to("everyone")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Shows the form; takes user id and password. Signing in is never a signing (URS-SIG-02)."""
    if request.method == "GET":
        return sign_in_page(request)
    try:
        token, actor = identity.sign_in(
            request.POST.get("user_id", ""),
            request.POST.get("password", ""),
            source=source_of(request),
            channel="web",
            device=request.headers.get("User-Agent", ""),
            otp=request.POST.get("otp", "").strip() or None,
        )
    except Refusal as refusal:
        return sign_in_page(request, refusal)
    response = go_on(request, actor.user_id, token)
    cookies.give(response, token)
    return response


def go_on(
    request: HttpRequest, user_id: str, token: str, kept: Mapping[str, str] | None = None
) -> HttpResponse:
    """To where the person was going; with their draft, if it is theirs, shown again and not yet saved.

    `kept` holds `next` and `draft` where they were not posted, but wait since a browser was sent to the provider.
    """
    given = request.POST if kept is None else kept
    draft = drafts.open_for(user_id, given.get("draft", ""))
    if draft is None:
        return HttpResponseRedirect(safe_next(given.get("next")))
    return _shown_again(request, draft, token)


def _shown_again(request: HttpRequest, draft: drafts.Draft, token: str) -> HttpResponse:
    try:
        match = resolve(draft.address)
    except Resolver404:
        return HttpResponseRedirect("/")
    actor = identity.enter(token, source=source_of(request), channel="web", object=draft.address[:200])
    request.actor, request.token, request.restoring = actor, token, True  # type: ignore[attr-defined]
    request.POST, request.path = draft.fields, draft.address  # type: ignore[assignment]
    request.method, request.GET = "POST", QueryDict()
    if authority_of(match.func) != "signed in" or not getattr(match.func, "shows_again", False):
        return refusals.kept_only(request)  # type: ignore[arg-type]
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answer


@open_to("session")
@require_POST
def sign_out(request: DoorRequest) -> HttpResponse:
    """Ends the session, locked or not, and makes the browser forget it."""
    state = people.session_state(request.token)
    if state is not None and state.cause not in ("ended", "absolute end"):
        session = state.session
        identity.sign_out(
            people.actor_of(
                session.person, session=session.public_id, source=source_of(request), channel="web"
            )
        )
    response = HttpResponseRedirect("/sign-in")
    cookies.take_back(response)
    return response


@open_to("signed in")
@require_POST
def lock(request: DoorRequest) -> HttpResponse:
    """The person covers their own session."""
    identity.lock_session(request.actor)
    return HttpResponseRedirect("/locked")


def locked_page(
    request: HttpRequest,
    refusal: Refusal | None = None,
    *,
    why: str = IDLE,
    kept: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The covered page: nothing of the record, only the ways back for the same person; `kept` as for `go_on`."""
    asked = request.get_full_path() if request.method == "GET" else ""
    told = refusal if refusal and refusal.rule is not SESSION_LOCKED else None
    given = {"next": request.POST.get("next") or request.GET.get("next") or asked, "draft": _kept(request)}
    given |= kept or {}
    state = people.session_state(cookies.token_of(request))
    context = {
        **refusals.words(told),
        "next": safe_next(given["next"]),
        "draft": given["draft"],
        "why": why,
        "typed": {"user_id": request.POST.get("user_id", "")},
        "ways": unlocking.ways(state, source_of(request)) if state else None,
        "provider_name": provider.name(),
    }
    return shell.alone(
        request, "account/locked.html", context, status=refusal.rule.status if refusal else 200
    )


@open_to("session")
@require_http_methods(["GET", "POST"])
def locked(request: DoorRequest) -> HttpResponse:
    """Where a page left alone goes: locks the session, keeps what was being written, shows the covered page."""
    state = people.session_state(request.token)
    if state is None or state.cause in ("ended", "absolute end"):
        return sign_in_page(request)
    if not state.cause:
        session = state.session
        identity.lock_session(
            people.actor_of(
                session.person, session=session.public_id, source=source_of(request), channel="web"
            ),
            cause="idle page",
        )
    return locked_page(request)


@open_to("session")
@require_POST
def unlock(request: DoorRequest) -> HttpResponse:
    """Gives the session back to its own person. Anybody else signs in as themselves and sees none of the draft."""
    state = people.session_state(request.token)
    typed = people.find_person(request.POST.get("user_id", ""))
    if state is None or typed is None or typed.pk != state.session.person.pk:
        return _signed_in_instead(request)
    try:
        actor = identity.unlock_session(
            request.token,
            request.POST.get("password", ""),
            source=source_of(request),
            channel="web",
            otp=request.POST.get("otp", "").strip() or None,
        )
    except Refusal as refusal:
        return still_covered(request, refusal)
    return go_on(request, actor.user_id, request.token)


def still_covered(
    request: HttpRequest, refusal: Refusal, kept: Mapping[str, str] | None = None
) -> HttpResponse:
    """The covered page again with why; the sign-in page where there is no session to give back any more."""
    if refusal.rule is NOT_SIGNED_IN:
        return sign_in_page(request, refusal)
    return locked_page(request, refusal, kept=kept)


def _signed_in_instead(request: DoorRequest) -> HttpResponse:
    """Another id at a covered page is a sign-in of that person; the covered session stays covered."""
    fields = QueryDict(mutable=True)
    for name in ("user_id", "password", "otp"):
        fields[name] = request.POST.get(name, "")
    request.POST = fields  # type: ignore[assignment]
    return sign_in(request)


@open_to("signed in")
@require_GET
def attended(_request: DoorRequest) -> HttpResponse:
    """A page tells that its person is at work in it: typing is action too. No page says so by itself (URS-ACC-04)."""
    return HttpResponse(status=204)
