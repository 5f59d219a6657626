"""How the loss of a credential is typed on pages, and what was signed with a suspect one told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import losses
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.events import LOSS_INCOMPLETE
from indelible.kernel.identity.types import LOSSES, PASSWORD_LOSSES
from indelible.kernel.signatures import suspects

LABELS: Final = {"reason": "Reason", "cause": "What happened", "suspect_since": "Out of hand since"}


def typed(given: Mapping[str, str]) -> dict[str, Any]:
    """Cause, reason and since when, as the verbs take them. Refusal LOSS_INCOMPLETE (422) where the day is none."""
    return {
        "cause": given.get("cause", ""),
        "reason": given.get("reason", ""),
        "suspect_since": _start_of(given.get("suspect_since", "").strip()),
    }


def _start_of(text: str) -> datetime | None:
    """The first instant of a day in UTC; None where none is named."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        told = "Since which day? Year, month, day: 2026-11-22."
        raise Refusal(LOSS_INCOMPLETE, told, {"suspect_since": told}) from None


def view(actor: Actor, user_id: str = "") -> dict[str, Any]:
    """Since when the password in force is (None: there is none), causes to choose from, and the passwords and authenticators of the actor or of somebody else that ended as suspect,
    each with what was signed with it. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    present = people.credential_in_force(people.told_of(actor, user_id))
    passwords, codes = losses.reported_passwords(actor, user_id), losses.suspect_codes(actor, user_id)
    rows = [_row("Password", one, suspects.signed_by_password(actor, one)) for one in passwords]
    rows += [_row("One-time codes", one, suspects.signed_by_code(actor, one)) for one in codes]
    names = people.names_of({str(row["one"].ended_by) for row in rows})
    for row in rows:
        row["ended_by"] = names.get(row["one"].ended_by, row["one"].ended_by)
    return {
        "password_since": present.issued_at if present else None,
        "losses": LOSSES,
        "password_losses": PASSWORD_LOSSES,
        "suspects": rows,
    }


def _row(what: str, one: Any, signed: list[Any]) -> dict[str, Any]:
    titles = PASSWORD_LOSSES if what == "Password" else LOSSES
    return {"what": what, "one": one, "cause": titles.get(one.ended_cause, one.ended_cause), "signed": signed}
