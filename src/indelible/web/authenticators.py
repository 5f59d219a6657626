"""How a person's authenticator is told on pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import authenticators
from indelible.kernel.identity import queries as people


def view(actor: Actor, user_id: str = "") -> dict[str, Any]:
    """The authenticator in use or waiting, of the actor or of somebody else, and when it was and will be tested; without one `one_time` is None.

    Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404).
    """
    code = people.one_time_code(actor, user_id)
    if code is None:
        return {"one_time": None}
    return {
        "one_time": code,
        "code_confirmed_by": people.names_of({code.confirmed_by}).get(code.confirmed_by, code.confirmed_by),
        "code_tested": authenticators.last_test(code),
        "code_test_due": authenticators.test_due(code),
        "code_overdue": authenticators.is_overdue(code),
    }


def due(actor: Actor) -> datetime | None:
    """Before when the actor has to test their authenticator, where that is soon or past; else None."""
    code = authenticators.code_to_test(actor)
    return authenticators.test_due(code) if code else None
