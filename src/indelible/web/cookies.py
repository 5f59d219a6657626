"""The session cookie: HttpOnly, SameSite Lax, Secure wherever people reach the service by https."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

COOKIE: Final = "session"
"""The machines' door knows it by this name too: a browser may call there, under CSRF protection."""
TERMINAL: Final = "terminal"
"""By which a registered terminal's browser proves itself (URS-DEV-01)."""
QUESTION: Final = "sso"
"""The question this very browser was sent to the provider with: nobody else's answer signs it in."""
_YEAR: Final = 365 * 24 * 3600


def token_of(request: HttpRequest) -> str:
    """The token the browser sent, or ""."""
    return request.COOKIES.get(COOKIE, "")[:200]


def give(response: HttpResponseBase, token: str) -> None:
    """Hands the browser the token; it ends with the browser at the latest, and earlier by the kernel's limits."""
    response.set_cookie(
        COOKIE, token, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax", path="/"
    )


def take_back(response: HttpResponseBase) -> None:
    """Makes the browser forget the token."""
    response.delete_cookie(COOKIE, path="/", samesite="Lax")


def question_of(request: HttpRequest) -> str:
    """The question this browser was sent to the provider with, or ""."""
    return request.COOKIES.get(QUESTION, "")


def give_question(response: HttpResponseBase, handle: str) -> None:
    """Lets the browser bring the question back from the provider."""
    response.set_cookie(
        QUESTION,
        handle,
        max_age=300,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
        path="/sso",
    )


def forget_question(response: HttpResponseBase) -> None:
    """Makes the browser forget it: it was answered."""
    response.delete_cookie(QUESTION, path="/sso", samesite="Lax")


def terminal_of(request: HttpRequest) -> str:
    """The token of the registered terminal whose browser this is, or ""."""
    return request.COOKIES.get(TERMINAL, "")[:200]


def give_terminal(response: HttpResponseBase, token: str) -> None:
    """Makes this browser the terminal; the longest that browsers keep a cookie is about a year, then it is registered anew."""
    response.set_cookie(
        TERMINAL,
        token,
        max_age=_YEAR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Strict",
        path="/",
    )
