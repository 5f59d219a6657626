"""What is on file about how a person is known: confirmations of identity and every credential, without one secret (URS-CRT-03)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.db.models import Model

from indelible.kernel.identity.models import Person

_VERIFIED: Final = ("kind", "method", "reference", "verified_on", "cause", "by", "at", "act")
_TOLD: Final = {
    "credentials": ("kind", "temporary", "issued_by", "issued_at", "expires_at", "used_at", "ended_at"),
    "passkeys": (
        *("label", "credential_id", "public_key", "aaguid", "enrolled_at", "confirmed_by", "confirmed_at"),
        *("tested_at", "ended_at", "ended_by", "ended_cause", "suspect_since"),
    ),
    "one_time_codes": ("enrolled_at", "confirmed_by", "confirmed_at", "ended_at", "ended_by"),
    "provider_accounts": (
        *(
            "issuer",
            "subject",
            "entered_by",
            "entered_at",
            "confirmed_by",
            "confirmed_at",
            "ended_at",
            "ended_by",
        ),
    ),
}
"""By what a person proves themselves, and which of its columns are told: none from which it could be made or guessed."""


def history_of(person: Person) -> dict[str, list[dict[str, Any]]]:
    """`identity`, `credentials` (passwords), `passkeys`, `one_time_codes`, `provider_accounts`, each oldest first; times RFC 3339."""
    found = {"identity": [_told(one, _VERIFIED) for one in person.verifications.order_by("id")]}
    for name, columns in _TOLD.items():
        found[name] = [_told(one, columns) for one in getattr(person, name).order_by("id")]
    return found


def _told(row: Model, columns: tuple[str, ...]) -> dict[str, Any]:
    return {column: _plain(getattr(row, column)) for column in columns}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date, too
