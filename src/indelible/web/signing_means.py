"""By what a person can sign in the session they are in."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import queries as people
from indelible.web import provider


def other_means(actor: Actor) -> dict[str, Any]:
    """By what this person can sign in this session: whether a password (with a code) is enough beside how they came in,
    passkeys in use, and the provider's name where it knows them."""
    keys = people.passkeys(actor).filter(ended_at=None).exclude(confirmed_at=None)
    accounts = people.provider_accounts(actor).filter(ended_at=None).exclude(confirmed_at=None)
    known = provider.is_set_up() and accounts.exists()
    code, session = people.one_time_code(actor), people.session_of(actor)
    has_code = code is not None and code.confirmed_at is not None
    return {
        "has_code": has_code,
        "password_signs": has_code or session is None or not people.is_begun_by_more(session),
        "has_passkey": keys.exists(),
        "provider_name": provider.name() if known else "",
    }
