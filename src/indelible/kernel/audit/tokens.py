"""Actor tokens: who stands behind an act, signed by the service, checked by whoever verifies (ledger.md 3.1).

`v1|user|session|nonce|binding|expiry|signature`: nonce 32 hex digits, used once; binding is the SHA-256 of what the act
says it is; expiry in seconds since 1970 UTC; signature Ed25519 in base64url without padding over all before the last `|`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from indelible.home.keys import SERVICE, app_signing_key, former_keys
from indelible.home.layout import Home, find_home

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LIFETIME: Final = 300


@lru_cache(maxsize=8)
def _key(home: Home) -> Ed25519PrivateKey:
    return app_signing_key(home)


def known_keys(home: Home) -> list[Ed25519PublicKey]:
    """The public halves of the service's keys: the one that signs, then those it had before, oldest first."""
    former = [Ed25519PublicKey.from_public_bytes(one) for one in former_keys(home, SERVICE)]
    return [app_signing_key(home).public_key(), *former]


def forget_key() -> None:
    """The service's key was changed: the next token is signed by the one that is on disk now."""
    _key.cache_clear()


def binding(parts: Iterable[str]) -> str:
    """SHA-256 over action, object, record, reason, outcome and rule, each ended by a unit separator."""
    return hashlib.sha256("".join(f"{part}\x1f" for part in parts).encode()).hexdigest()


def mint(user_id: str, session: str, parts: Iterable[str]) -> str:
    """A token for one act of this user; one nonce, one act (a replay breaks a unique index)."""
    body = f"v1|{user_id}|{session}|{secrets.token_hex(16)}|{binding(parts)}|{int(time.time()) + LIFETIME}"
    signature = _key(find_home()).sign(body.encode())
    return f"{body}|{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _decoded(encoded: str) -> bytes:
    """The signature's bytes; none where it is no base64url, which only a superuser can have written."""
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        return b""


def is_genuine(token: str, parts: Iterable[str], keys: Iterable[Ed25519PublicKey]) -> bool:
    """Whether one of these keys signed the token for exactly this act (expiry is judged by the caller)."""
    body, _, encoded = token.rpartition("|")
    fields = body.split("|")
    if len(fields) != 6 or fields[0] != "v1" or fields[4] != binding(parts):
        return False
    signature = _decoded(encoded)
    return any(_signed_by(key, signature, body.encode()) for key in keys)


def is_signed_by(public: bytes, body: str, encoded: str) -> bool:
    """Whether this public key (32 bytes) signed a token's body; `encoded` is what stands behind its last `|`."""
    signature = _decoded(encoded)
    return _signed_by(Ed25519PublicKey.from_public_bytes(public), signature, body.encode())


def is_of_act(token: str, said: Mapping[str, str], keys: Iterable[Ed25519PublicKey]) -> bool:
    """Whether the token is genuine for the act as it stands in the trail.

    `said` has action, object, record, reason, outcome, rule. Object and record may have been drawn inside the act: then the
    token was minted before them (decision 0005).
    """
    known = list(keys)
    objects, records = {said["object"], ""}, {said["record"], ""}
    return any(
        is_genuine(token, [said["action"], o, r, said["reason"], said["outcome"], said["rule"]], known)
        for o in objects
        for r in records
    )


def _signed_by(key: Ed25519PublicKey, signature: bytes, body: bytes) -> bool:
    try:
        key.verify(signature, body)
    except InvalidSignature:
        return False
    return True
