"""The word of an identity provider (OpenID Connect Core): whether a token counts for what was asked; reads only."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from indelible.kernel.audit.queries import clock
from indelible.kernel.identity.methods import said_by

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
"""What a token may be signed with: the kinds that the offline check of a bundle can verify by itself."""
_LATE: Final = timedelta(seconds=60)
"""So far a provider's clock may be from ours where it says until when its token counts; never for `auth_time`."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the provider handed out for one question: its ID token, and its keys (a JWK set) as fetched from its own address."""

    id_token: str
    keys: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A token that counts: the subject it is about, when they signed in there, its evidence as text and JSON, and how the provider
    says it knew them (identity.methods)."""

    subject: str
    auth_time: int | None
    evidence: dict[str, Any]
    said: dict[str, Any]


class NotAccepted(Exception):  # noqa: N818  (a token that was judged, not a fault of ours)
    """The provider's word does not count; the message says why, for the trail alone."""


def issuer() -> str:
    """The provider of this installation, "" where none is set up."""
    named: str = settings.CONFIGURATION.sso_issuer
    return named


def judged(word: Word, *, nonce: str, asked_at: datetime, anew: bool) -> Told:
    """The token, where it counts: signed by the provider's own key, for us, for this nonce, in time.

    `anew`: its person signed in at the provider after `asked_at`, and the token says so (`auth_time`). Raises NotAccepted.
    """
    claims, key = _signed(word)
    now = clock()
    audience = claims.get("aud")
    aimed = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    client = settings.CONFIGURATION.sso_client_id
    checks = {
        "another issuer": claims.get("iss") == issuer() and bool(issuer()),
        "not for us": client in aimed and (len(aimed) == 1 or claims.get("azp") == client),
        "another nonce": hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
        "no subject": isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255,
        "expired": _seconds(claims.get("exp")) > (now - _LATE).timestamp(),
        "issued before it was asked for": _seconds(claims.get("iat")) >= (asked_at - _LATE).timestamp(),
    }
    if faults := [fault for fault, fine in checks.items() if not fine]:
        raise NotAccepted(", ".join(faults))
    since = claims.get("auth_time")
    if anew and _seconds(since) < int(asked_at.timestamp()):
        raise NotAccepted("the provider does not say that its person signed in anew")
    evidence = {"id_token": word.id_token, "key": key, "issuer": issuer(), "client_id": client}
    return Told(claims["sub"], int(since) if isinstance(since, int) else None, evidence, said_by(claims))


def _signed(word: Word) -> tuple[dict[str, Any], dict[str, Any]]:
    """Claims and public key of a token that one of the provider's keys signed."""
    try:
        keys = KeySet.import_key_set(word.keys)  # type: ignore[arg-type]
        read = jwt.decode(word.id_token, keys, algorithms=list(ALGORITHMS))
        kid = read.header.get("kid")
        named = [key for key in keys.keys if kid is None or key.kid == kid]
        return dict(read.claims), dict(named[0].as_dict(private=False))
    except (JoseError, ValueError, KeyError, TypeError, IndexError) as error:
        raise NotAccepted(f"not signed by the provider ({type(error).__name__})") from error


def _seconds(said: Any) -> float:
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else float("-inf")


def holds(evidence: Mapping[str, Any], *, nonce: str, subject: str) -> str:
    """Why kept evidence does not show that the provider answered for this nonce and subject, or "" (URS-LNK-01)."""
    try:
        claims, _ = _signed(Word(str(evidence["id_token"]), {"keys": [evidence["key"]]}))
    except (NotAccepted, KeyError, TypeError) as fault:
        return str(fault) or "no token"
    if claims.get("nonce") != nonce:
        return "it was given for something else"
    if claims.get("sub") != subject or claims.get("iss") != evidence.get("issuer"):
        return "it is about somebody else"
    return ""
