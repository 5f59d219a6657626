"""How records come to be: in their first state, or opened by a step or a value of another record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible.kernel.audit.actions import Act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.models import Person
from indelible.kernel.records import actions as records
from indelible.kernel.records.models import Record
from indelible.kernel.workflow import events
from indelible.kernel.workflow.entries import newly_beyond, title_of
from indelible.kernel.workflow.fields import Starts
from indelible.kernel.workflow.models import Passage, Process
from indelible.kernel.workflow.processes import declared, of_code
from indelible.kernel.workflow.situations import Case

Given = Mapping[str, Any]


def open_at_first_state(
    opened: Act,
    actor: Actor,
    process: Process,
    values: Given,
    *,
    site: str,
    owner: Person | None = None,
    carried_from: str = "",
    confidentiality: str | None = None,
) -> Record:
    """A record of this process version with checked first values, and its first passage."""
    declaration = declared(process)
    record = records.create(
        opened,
        actor,
        process=process.code,
        process_version=process.version,
        fingerprint=process.fingerprint,
        prefix=process.prefix,
        state=declaration.initial,
        title=title_of(declaration, values),
        fields=values,
        site=site,
        owner=owner,
        confidentiality=confidentiality,
    )
    note_passage(
        opened, actor, record, step="", origin="", state=declaration.initial, carried_from=carried_from
    )
    return record


def note_passage(
    opened: Act, actor: Actor, record: Record, *, step: str, origin: str, state: str, carried_from: str = ""
) -> None:
    """Writes that the record went from one state to another (or was opened) at its present revision."""
    Passage.objects.create(
        record=record,
        step=step,
        origin_state=origin,
        state=state,
        revision=record.revision,
        at=clock(),
        by=actor.user_id,
        carried_from=carried_from,
        act=opened.id,
    )


def follow_limits(opened: Act, case: Case, before: Given) -> None:
    """Opens the record that a value beyond its limits calls for, in the act that commits the value (URS-OPS-05)."""
    for field in newly_beyond(case.declaration, before, case.values):
        if field.limits is not None and field.limits.starts is not None:
            start_record(opened, case, field.limits.starts)


def start_record(opened: Act, case: Case, starts: Starts) -> Record:
    """Opens a record that follows this one, of the same owner and site, linked to it; its first values keep their
    authors, and what it was carried from keeps its confidentiality (URS-AUT-06)."""
    process = of_code(starts.process)
    link = declared(process).links.get(starts.link)
    if link is None or case.record.process not in link.to:
        told = f"The process “{process.title}” in force no longer links to this one. QA has to publish a matching version."
        raise Refusal(events.UNKNOWN_LINK, told)
    values = {
        theirs: case.record.values[ours]
        for theirs, ours in starts.carry.items()
        if ours in case.record.values
    }
    record = open_at_first_state(
        opened,
        case.actor,
        process,
        values,
        site=case.record.site.code,
        owner=case.record.owner,
        carried_from=case.record.number,
        confidentiality=case.record.confidentiality,
    )
    records.add_link(opened, case.actor, record, case.record, kind=starts.link, back=link.back)
    return record
