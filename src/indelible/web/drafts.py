"""What a person was writing when the session locked: sealed for that person, readable by nobody else (URS-ACC-04)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import QueryDict

KEPT_FOR: Final = 12 * 60 * 60
"""Seconds a sealed draft can be opened: as long as a session can last at most."""
NEVER_KEPT: Final = (
    "csrfmiddlewaretoken",
    "password",
    "new_password",
    "new_password_again",
    "kept_from",
    "draft",
    "next",
)
"""Names of inputs that are not part of a draft: secrets, signature components and the form's own plumbing."""
COMPONENT: Final = "user_id"
"""Beside a password the id is a component of a signature or a sign-in, and not kept either; elsewhere it is content."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it was left: the address it belongs to and its fields."""

    address: str
    fields: QueryDict


def _box(user_id: str) -> Fernet:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"indelible draft of " + user_id.encode())
    return Fernet(base64.urlsafe_b64encode(derive.derive(settings.SECRET_KEY.encode())))


def kept_names(fields: QueryDict) -> list[str]:
    """The inputs of a form that belong to its draft, in their order."""
    left_out = {*NEVER_KEPT, COMPONENT} if "password" in fields else set(NEVER_KEPT)
    return [name for name in fields if name not in left_out]


def seal(user_id: str, address: str, fields: QueryDict) -> str:
    """The draft as one text that only this installation can open, and only for this person."""
    kept = [[name, fields.getlist(name)] for name in kept_names(fields)]
    return _box(user_id).encrypt(json.dumps([address, kept]).encode()).decode()


def open_for(user_id: str, sealed: str) -> Draft | None:
    """The draft, or None where it is another person's, too old or no draft."""
    try:
        address, kept = json.loads(_box(user_id).decrypt(sealed.encode(), ttl=KEPT_FOR))
    except (InvalidToken, ValueError):
        return None
    fields = QueryDict(mutable=True)
    for name, values in kept:
        fields.setlist(name, values)
    return Draft(address, fields)
