"""Who may come in where: each route states its authority, and one that states none is closed to everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

from django.http import HttpRequest, HttpResponseBase

from indelible.kernel.audit.types import Actor, Rule

Authority = Literal["everyone", "session", "change due", "signed in"]
"""`everyone` needs no session; `session` one of any standing (locked too); `change due` one in force, also
with a temporary secret; `signed in` one in force. What a person may do there the kernel judges."""

NO_AUTHORITY: Final = Rule(
    "route_without_authority", "URS-ACC-01", "21 CFR 11.10(d)", 403, "This address is closed", recorded=False
)

WRONG_METHOD: Final = Rule(
    "wrong_method", "URS-ACC-01", "21 CFR 11.10(d)", 405, "Nothing is shown here", recorded=False
)
DATABASE_GONE: Final = Rule(
    "database_gone", "URS-BCK-03", "21 CFR 11.10(e)", 503, "The database does not answer", recorded=False
)

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class DoorRequest(HttpRequest):
    """A request after the door: who it is, by which token, and whether a kept draft is only shown again."""

    actor: Actor
    token: str
    restoring: bool


def open_to(authority: Authority) -> Callable[[View], View]:
    """States for whom a page is; the door refuses all others before the page runs (URS-ACC-01)."""

    def state(view: View) -> View:
        view.authority = authority  # type: ignore[attr-defined]
        return view

    return state


def shows_again(view: View) -> View:
    """Marks a page that can show a kept draft again without doing anything; no other page is ever given one."""
    view.shows_again = True  # type: ignore[attr-defined]
    return view


def authority_of(view: Callable[..., Any]) -> Authority | None:
    """What a view states, or None: closed."""
    stated: Authority | None = getattr(view, "authority", None)
    return stated
