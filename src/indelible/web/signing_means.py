"""By what a person can sign in the session they are in."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import authenticators, passkeys
from indelible.kernel.identity import queries as people
from indelible.web import provider


def other_means(actor: Actor) -> dict[str, Any]:
    """By what this person can sign in this session: whether a password (with a code) is enough beside how they came in,
    passkeys in use, and the provider's name where it knows them; and which of their devices is overdue to be tested, so that this
    is told before anything is typed (URS-CRD-06)."""
    keys = people.passkeys(actor).filter(ended_at=None).exclude(confirmed_at=None)
    accounts = people.provider_accounts(actor).filter(ended_at=None).exclude(confirmed_at=None)
    known = provider.is_set_up() and accounts.exists()
    code, session = people.one_time_code(actor), people.session_of(actor)
    in_use = code if code is not None and code.confirmed_at is not None else None
    has_code = in_use is not None
    return {
        "has_code": has_code,
        "code_overdue": in_use is not None and authenticators.is_overdue(in_use),
        "keys_overdue": [key.label for key in keys if passkeys.is_overdue(key)],
        "password_signs": has_code or session is None or not people.is_begun_by_more(session),
        "has_passkey": bool(keys),
        "provider_name": provider.name() if known else "",
    }
