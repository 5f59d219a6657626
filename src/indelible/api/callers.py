"""Who calls: the address and device of a request, and the person behind its bearer token or cookie."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from indelible.kernel.access.reach import proven_terminal
from indelible.kernel.audit.types import Actor

DEVICE_LENGTH: Final = 300
TERMINAL_HEADER: Final = "Indelible-Terminal"
TERMINAL_COOKIE: Final = "terminal"


def source(request: HttpRequest) -> str:
    """The address the request came from: of the connection, or as the configured number of proxies tells it."""
    direct = str(request.META.get("REMOTE_ADDR") or "")
    proxies = settings.CONFIGURATION.trusted_proxies
    if not proxies:
        return direct
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return _address(told[-proxies], direct) if len(told) >= proxies else direct


def device(request: HttpRequest) -> str:
    """What the client calls itself; said, not proven."""
    return request.headers.get("User-Agent", "")[:DEVICE_LENGTH]


def at_terminal(request: HttpRequest, actor: Actor) -> Actor:
    """The actor, at the registered terminal whose token came along (header `Indelible-Terminal`, or the pages' cookie)."""
    token = request.headers.get(TERMINAL_HEADER, "") or request.COOKIES.get(TERMINAL_COOKIE, "")
    return replace(actor, terminal=proven_terminal(token[:200], actor.source)) if token else actor


def _address(text: str, otherwise: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return otherwise
