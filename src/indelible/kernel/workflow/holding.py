"""A record before whoever acts on it, both held to the act's end: nobody changes the record, nobody ends their rights meanwhile."""

from __future__ import annotations

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.held import hold_rights
from indelible.kernel.records import actions as records
from indelible.kernel.records import queries
from indelible.kernel.records.models import Record
from indelible.kernel.workflow.situations import Case, case_of


def held_case(actor: Actor, number: str) -> Case:
    """Inside an act: the record, locked, before the actor with what they still hold. Judge by the case's actor, not by the
    request's. Refusals: not there (404), NOT_SIGNED_IN (401: the account was closed meanwhile)."""
    record = records.lock(actor, number)
    return case_of(still_seeing(actor, record), record)


def still_seeing(actor: Actor, *locked: Record) -> Actor:
    """Inside an act: the actor with what they still hold; "not there" for a locked record they may not know of any more."""
    now = hold_rights(actor)
    for record in locked:
        if not now.sees(record.site.code, record.confidentiality):
            raise queries.not_there(record.number)
    return now
