"""Secrets kept in the database: encrypted under the service's secret, a file beside the database and never in it (URS-OPN-04).

The key is derived by HKDF (RFC 5869), what is kept is a Fernet token (AES-128-CBC with HMAC-SHA-256).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import connection

from indelible.home import keys
from indelible.home.layout import find_home
from indelible.kernel.identity.models import OneTimeCode

_BOX: Final = b"indelible one-time codes"
_NAME: Final = b"indelible name of the service's secret"


class Unreadable(Exception):  # noqa: N818  (not an error of ours: another secret than it was kept under, or touched)
    """What is kept cannot be opened with this secret."""


def sealed(text: str, *, under: str = "") -> str:
    """The text as it is kept; under the service's secret as it lies on disk now, or under another."""
    return _box(under).encrypt(text.encode()).decode()


def opened(kept: str, *, under: str = "") -> str:
    """The text that is kept, as `sealed`. Raises Unreadable."""
    try:
        return _box(under).decrypt(kept.encode()).decode()
    except InvalidToken:
        raise Unreadable("kept under another secret, or changed") from None


def hold(*, alone: bool = False) -> None:
    """Inside an act, before anything sealed is kept: until it ends the secret is not changed; `alone`, to change it, nothing is kept."""
    mode = "share row exclusive" if alone else "row exclusive"
    with connection.cursor() as cursor:
        cursor.execute(f"lock table {OneTimeCode._meta.db_table} in {mode} mode")


def name_of(secret: str) -> str:
    """By what a secret is told apart where it must not be told: 32 hex digits from which nobody comes back to it."""
    return HKDF(SHA256(), 16, salt=None, info=_NAME).derive(secret.encode()).hex()


def unreadable() -> list[OneTimeCode]:
    """The authenticators in use or waiting that cannot be opened, neither with the secret nor with one that is being changed to."""
    home = find_home()
    known = [one for one in (keys.django_secret(home), keys.proposed_secret(home)) if one]
    in_force = OneTimeCode.objects.filter(ended_at=None).select_related("person").order_by("pk")
    return [code for code in in_force if not is_opened_by(code, known)]


def is_opened_by(code: OneTimeCode, secrets: Iterable[str]) -> bool:
    """Whether one of these secrets opens the authenticator's."""
    for secret in secrets:
        try:
            opened(code.secret, under=secret)
        except Unreadable:
            continue
        return True
    return False


def _box(secret: str) -> Fernet:
    raw = (secret or keys.django_secret(find_home())).encode()
    return Fernet(base64.urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=_BOX).derive(raw)))
