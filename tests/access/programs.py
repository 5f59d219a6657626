"""A program with a machine credential at the API, made by the product's verbs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from indelible.kernel.access import actions as access
from indelible.kernel.access.types import OPERATIONS, Scope
from indelible.kernel.audit.queries import clock
from tests.api.calling import Caller
from tests.people import SAM, TestPerson, signed_in

WHY = "the balance of line 3 sends its weights"


def allowed(owner: TestPerson, **over: Any) -> int:
    """A credential that waits to be drawn; its id."""
    actor = over.pop("actor", None) or signed_in(SAM)
    scope = over.pop("scope", Scope(processes=("deviation",), operations=tuple(OPERATIONS)))
    given: dict[str, Any] = {"label": "Balance import", "expires_at": in_days(30), "reason": WHY, **over}
    return access.allow_machine(actor, owner.user_id, scope=scope, **given).pk


def in_days(days: float) -> datetime:
    """So many days from now, by the database's clock."""
    return clock() + timedelta(days=days)


def program(owner: TestPerson, **over: Any) -> Caller:
    """A caller that is a program of this person."""
    caller = Caller()
    caller.token = access.draw_machine(signed_in(owner), allowed(owner, **over))
    return caller
