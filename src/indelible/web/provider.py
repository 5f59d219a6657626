"""Asking the company's identity provider (OpenID Connect, code flow with PKCE): where to send a browser, what its code is worth.

Who it leads to and whether a token counts the kernel judges. Every address asked is the operator's or one that the operator's
provider names for itself; keys come from its own host over the same channel.
"""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from indelible.home.outgoing import NoAnswer, Untrusted, ask
from indelible.kernel.audit.actions import note
from indelible.kernel.audit.events import UNTRUSTED
from indelible.kernel.audit.types import nobody
from indelible.kernel.identity.openid import Word, issuer

SIGNED_IN, SIGNED = "/sso/return", "/sso/signed"
"""Where the provider sends a browser back to: after a sign-in, and after a signing; it has to know both."""
_REMEMBERED: Final = 600.0
_MOST: Final = 262_144


class ProviderSilent(Exception):  # noqa: N818  (a sentence for the person who waits)
    """The provider gave no usable answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses that the provider names for itself."""

    authorization: str
    token: str
    keys: str


_known: dict[str, tuple[float, Endpoints]] = {}
_silent: dict[str, tuple[float, str]] = {}
"""Until when a provider that gave no answer is not asked again: strangers must not keep the service waiting for it."""
_RESTS: Final = 20.0


def is_set_up() -> bool:
    """Whether this installation has an identity provider."""
    return bool(issuer())


def name() -> str:
    """What people know it by: its host."""
    return urlsplit(issuer()).hostname or ""


def endpoints() -> Endpoints:
    """The provider's own description (OpenID Connect Discovery), remembered for ten minutes. Raises ProviderSilent."""
    at, found = _known.get(issuer(), (float("-inf"), None))
    if found is not None and time.monotonic() - at < _REMEMBERED:
        return found
    until, why = _silent.get(issuer(), (float("-inf"), ""))
    if time.monotonic() < until:
        raise ProviderSilent(why)
    try:
        told = _json("GET", f"{issuer().rstrip('/')}/.well-known/openid-configuration")
    except ProviderSilent as silence:
        _silent[issuer()] = (time.monotonic() + _RESTS, str(silence))
        raise
    if told.get("issuer") != issuer():
        raise ProviderSilent("The identity provider describes itself as another than the one set up.")
    named = [str(told.get(key, "")) for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    if not all(urlsplit(one).scheme == urlsplit(issuer()).scheme for one in named):
        raise ProviderSilent("The identity provider names no usable addresses.")
    made = Endpoints(*named)
    _known[issuer()] = (time.monotonic(), made)
    return made


def where_to(handle: str, *, nonce: str, back: str, anew: bool = False) -> str:
    """The address at the provider for this question, from which it comes `back`; `anew`, and to be SIGNED, its person has to
    sign in there again, whatever stands open."""
    asked = {
        "response_type": "code",
        "client_id": settings.CONFIGURATION.sso_client_id,
        "redirect_uri": f"{settings.CONFIGURATION.address}{back}",
        "scope": "openid",
        "state": handle,
        "nonce": nonce,
        "code_challenge": urlsafe_b64encode(sha256(_verifier(handle).encode()).digest())
        .rstrip(b"=")
        .decode(),
        "code_challenge_method": "S256",
    }
    if anew or back == SIGNED:
        asked |= {"prompt": "login", "max_age": "0"}
    address = endpoints().authorization
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def word_for(code: str, handle: str, *, back: str) -> Word:
    """What the provider hands out for the code that came back for this question. Raises ProviderSilent."""
    given = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{settings.CONFIGURATION.address}{back}",
        "client_id": settings.CONFIGURATION.sso_client_id,
        "client_secret": settings.CONFIGURATION.sso_client_secret,
        "code_verifier": _verifier(handle),
    }
    told = _json("POST", endpoints().token, urlencode(given).encode())
    token = told.get("id_token")
    if not isinstance(token, str):
        raise ProviderSilent("The identity provider gave no ID token.")
    return Word(token, _json("GET", endpoints().keys))


def _verifier(handle: str) -> str:
    """The PKCE verifier of a question: ours alone to know, and never kept."""
    return salted_hmac("indelible.web.provider", handle, algorithm="sha256").hexdigest()


def _json(method: str, url: str, body: bytes | None = None) -> dict[str, Any]:
    own = urlsplit(url).hostname == urlsplit(issuer()).hostname
    try:
        said = ask(
            method, url, body, kind="application/x-www-form-urlencoded", private=own, plain=False, most=_MOST
        )
        told = json.loads(said.body)
    except Untrusted as doubt:
        found = nobody(source="", channel="web")
        note(found, UNTRUSTED, object=urlsplit(url).netloc, detail={"says": str(doubt)}, throttled=True)
        raise ProviderSilent(str(doubt)) from doubt
    except NoAnswer as silence:
        raise ProviderSilent(str(silence)) from silence
    except ValueError as fault:
        raise ProviderSilent("The identity provider answered with something unreadable.") from fault
    if said.status != 200 or not isinstance(told, dict):
        raise ProviderSilent(f"The identity provider refused ({said.status}).")
    return told


def said(request: HttpRequest, silence: ProviderSilent) -> str:
    """What the provider said in its own words comes first: it may be that the person gave up there."""
    error = request.GET.get("error", "")
    return f"The identity provider did not confirm it ({error[:60]})." if error else str(silence)


def is_same(one: str, other: str) -> bool:
    """Whether two handles are the same, in constant time."""
    return bool(one) and hmac.compare_digest(one.encode(), other.encode())
