"""Where a request comes from: the client's address, seen past the reverse proxies the operator declared."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def source_of(request: HttpRequest) -> str:
    """The client's address. Forwarded addresses count only as far as `trusted_proxies` says: the rest is hearsay."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted: int = settings.CONFIGURATION.trusted_proxies
    return (hops[-trusted] if trusted and len(hops) >= trusted else direct)[:64]
