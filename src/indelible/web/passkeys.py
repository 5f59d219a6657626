"""How passkeys are told on pages."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.passkeys import is_overdue
from indelible.kernel.identity.types import LOSSES, TESTED_FOR
from indelible.kernel.signatures import queries as signatures


def views(actor: Actor, keys: Any) -> list[dict[str, Any]]:
    """Passkeys with how they stand: waiting, in use, due to be tested, ended; and what was signed with one while it was suspect."""
    found = list(keys)
    names = people.names_of({one.confirmed_by for one in found if one.confirmed_by})
    return [
        {
            "key": one,
            "confirmed_by": names.get(one.confirmed_by, one.confirmed_by),
            "test_due": one.tested_at + TESTED_FOR,
            "overdue": is_overdue(one),
            "ended": LOSSES.get(one.ended_cause, one.ended_cause) if one.ended_at else "",
            "signed": signatures.signed_with(actor, f"passkey {one.pk}", one.suspect_since)
            if one.suspect_since
            else [],
        }
        for one in found
    ]
