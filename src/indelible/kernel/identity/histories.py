"""What is on file about how a person is known: confirmations of identity and every credential, without one secret (URS-CRT-03)."""

from __future__ import annotations

from typing import Any, Final

from indelible.kernel.identity.models import Person

_TOLD: Final = {
    "verifications": ("kind", "method", "reference", "verified_on", "cause", "by", "at", "act"),
    "credentials": (
        "id",
        "kind",
        "temporary",
        "issued_by",
        "issued_at",
        "expires_at",
        "used_at",
        "ended_at",
        "ended_by",
        "ended_cause",
        "suspect_since",
    ),
    "passkeys": (
        *(
            "id",
            "label",
            "credential_id",
            "public_key",
            "aaguid",
            "enrolled_at",
            "confirmed_by",
            "confirmed_at",
        ),
        *("tested_at", "ended_at", "ended_by", "ended_cause", "suspect_since"),
    ),
    "one_time_codes": (
        "id",
        "enrolled_at",
        "confirmed_by",
        "confirmed_at",
        "tested_at",
        "ended_at",
        "ended_by",
        "ended_cause",
        "suspect_since",
    ),
    "provider_accounts": (
        *("id", "issuer", "subject", "entered_by", "entered_at", "confirmed_by", "confirmed_at"),
        *("ended_at", "ended_by"),
    ),
}
"""Which columns of a person's rows are told: none by which a credential could be made or guessed. A signature's evidence names rows by `id`."""


def history_of(person: Person) -> dict[str, list[dict[str, Any]]]:
    """Confirmations of identity, passwords (`credentials`), passkeys, one-time codes, provider accounts; oldest first, times aware."""
    told = {
        name: list(getattr(person, name).order_by("id").values(*columns)) for name, columns in _TOLD.items()
    }
    for code in told["one_time_codes"]:  # enrolment was the first test (identity.authenticators)
        code["tested_at"] = code["tested_at"] or code["enrolled_at"]
    return told
