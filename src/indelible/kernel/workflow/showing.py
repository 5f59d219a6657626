"""Showing a record in full: what a session was shown is noted, since nobody signs what they were not (URS-SIG-05, 21 CFR 11.70)."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.records import actions as records
from indelible.kernel.signatures import readings
from indelible.kernel.workflow.queries import document_of
from indelible.kernel.workflow.situations import Case, case_of


def show_record(actor: Actor, number: str) -> dict[str, Any]:
    """The record as interface.md shows it, for a door that hands all of it to the actor's session. Refusal as `read_record`."""
    case = case_of(actor, records.open_record(actor, number))
    document = document_of(case)
    mark_shown(case)
    return document


def mark_shown(case: Case) -> None:
    """Notes that the person's session was shown this case, as it was read and with the links on the page."""
    readings.mark_read(case.actor, case.record, case.links_shown)
