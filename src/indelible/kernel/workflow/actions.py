"""The verbs of workflow, the only ones that doors call: each is one act, whoever calls it and from where.

What fails first answers, in this order: visibility, authority, sequence, revision, fields and reason,
segregation, conditions, gates, components (interface.md section 4; sign-in is the door's).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings

from indelible.kernel.access.reach import require_access
from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.held import hold_rights
from indelible.kernel.records import actions as records
from indelible.kernel.records import queries as record_queries
from indelible.kernel.records.models import Record
from indelible.kernel.records.types import as_typed
from indelible.kernel.signatures import actions as signatures
from indelible.kernel.signatures import queries as signature_queries
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import events
from indelible.kernel.workflow.authority import Standing, is_allowed, open_to, refuse_closed
from indelible.kernel.workflow.belongings import attach_file, confine, link_records, reassign
from indelible.kernel.workflow.declaration import Declaration, is_withdrawal
from indelible.kernel.workflow.entries import (
    NothingChanged,
    merged,
    plain_reason,
    require_filled,
    require_order,
    require_reason,
    require_references,
    title_of,
    written_paths,
)
from indelible.kernel.workflow.excepted import note_excepted, require_second
from indelible.kernel.workflow.holding import held_case
from indelible.kernel.workflow.openings import follow_limits, note_passage, open_at_first_state, start_record
from indelible.kernel.workflow.processes import declared, of_code
from indelible.kernel.workflow.publication import publish_process
from indelible.kernel.workflow.queries import document_of
from indelible.kernel.workflow.repeated import require_news
from indelible.kernel.workflow.situations import Case, acting_on, case_of
from indelible.kernel.workflow.values import Moment, cleaned
from indelible.kernel.workflow.withdrawal import values_before

__all__ = [
    "attach_file",
    "confine",
    "create_record",
    "decline_signature",
    "edit_record",
    "link_records",
    "publish_process",
    "read_record",
    "reassign",
    "take_step",
]

Given = Mapping[str, Any]


# ----------------------------------------------------------------- reading


def read_record(actor: Actor, number: str) -> dict[str, Any]:
    """The record as interface.md shows it; "not there or not yours" is written down with the number as typed."""
    return document_of(case_of(actor, records.open_record(actor, number)))


# ----------------------------------------------------------------- records


def create_record(
    actor: Actor, process: str, fields: Given, *, site: str | None = None, reason: str = ""
) -> Record:
    """Opens a record of a process in its first state, at the actor's site unless given. Raises Refusal."""
    with act(actor, events.CREATE, object=as_typed(process), reason=plain_reason(reason)) as opened:
        found = of_code(process)
        declaration = declared(found)
        actor = hold_rights(actor)
        if not is_allowed(actor, declaration.create.by, None):
            told = f"A {declaration.title.lower()} is opened by: {', '.join(declaration.create.by)}."
            raise Refusal(events.NOT_ALLOWED, told)
        require_access(actor, found.code, "create")
        values = _first_values(actor, declaration, fields, site or actor.site)
        owner = identity.person_of(actor.accountable)
        record = open_at_first_state(opened, actor, found, values, site=site or actor.site, owner=owner)
        follow_limits(opened, case_of(actor, record), {})
        note_excepted(opened.id, actor, record)
        return record


def _first_values(actor: Actor, declaration: Declaration, fields: Given, site: str) -> dict[str, Any]:
    at_site = identity.site(as_typed(site))
    values = merged({}, cleaned(declaration, fields, Moment(clock(), at_site.zone if at_site else "UTC")))
    standing = Standing(actor.accountable, frozenset(), frozenset())
    opened = open_to(actor, declaration, declaration.initial, standing)
    refuse_closed(actor, declaration, {}, values, opened, standing)
    require_order(declaration, {}, values)
    require_references(actor, declaration, None, {}, values)
    return values


def edit_record(actor: Actor, number: str, fields: Given, *, revision: int, reason: str = "") -> Record:
    """Saves fields as a new revision; what is not given stays. The same content makes no revision. Raises Refusal."""
    with (
        suppress(NothingChanged),
        act(actor, events.EDIT, record=as_typed(number), reason=plain_reason(reason)) as opened,
    ):
        case = held_case(actor, number)
        actor = case.actor
        case.require_open()
        require_access(actor, case.record.process, "edit")
        records.require_revision(case.record, revision)
        values = _entered(case, fields, reason)
        before, title = case.values, title_of(case.declaration, values)
        saved = records.revise(opened, actor, case.record, expected=revision, fields=values, title=title)
        if saved is None:
            raise NothingChanged
        follow_limits(opened, case, before)
        note_excepted(opened.id, actor, case.record)
    return record_queries.get(actor, number)


def _entered(
    case: Case, fields: Given, reason: str, *, filled: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The whole content with the given fields in it, checked for who, order, references and reason."""
    before = case.values
    values = merged(before, cleaned(case.declaration, fields, case.moment))
    opened = type(case.opened)(case.opened.paths | filled, case.opened.own_rows - filled)
    refuse_closed(case.actor, case.declaration, before, values, opened, case.standing)
    require_order(case.declaration, before, values)
    require_references(case.actor, case.declaration, case.record, before, values)
    require_reason(case.declaration, before, values, reason)
    return values


def take_step(
    actor: Actor,
    number: str,
    step: str,
    *,
    revision: int,
    fields: Given | None = None,
    reason: str = "",
    signature: Components | None = None,
) -> Record:
    """Takes a step: enters the given fields, signs where the step asks for it, moves the record. Raises Refusal.

    `revision` is the one the person saw (URS-OPS-04). All of it happens, or nothing does. A signed step is answered once
    the ledger holds it, or after the seconds the installation allows for that (`hold_signed`). What was delegated to the
    actor is taken for the delegator, and says so (URS-AUT-05).
    """
    actor = acting_on(actor, number, step)
    with act(
        actor, events.STEP, object=as_typed(step), record=as_typed(number), reason=plain_reason(reason)
    ) as opened:
        case = held_case(actor, number)
        actor = case.actor
        taken = case.step(step)
        case.require_authority(step, taken)
        case.require_acting(step)
        require_access(actor, case.record.process, "step", case.governing(step))
        if taken.starts is not None:
            require_access(actor, taken.starts.process, "create")
        case.require_state(step, taken)
        records.require_revision(case.record, revision)
        values = _stepped_values(case, step, fields or {}, reason)
        require_news(case, step, values)
        writing = written_paths(case.declaration, case.values, values)
        situation = case.situation(taken, writing)
        case.require_segregation(taken, situation)
        require_second(actor, case.history.waits_by, case.declaration, taken)
        case.require_conditions(taken, situation, values, writing=writing)
        if taken.sign is None and signature is not None:
            raise Refusal(events.SIGNATURE_UNASKED, "This step is taken without a signature; leave it out.")
        _write_step(opened, case, step, values, signature)
        note_excepted(opened.id, actor, case.record)
    if taken.sign is not None and actor.channel != "demo":
        signature_queries.await_seal(opened.id, settings.CONFIGURATION.hold_signed)
    return record_queries.get(actor, number)


def decline_signature(actor: Actor, number: str, step: str, *, revision: int, reason: str) -> None:
    """A person who could sign this step now refuses to, and says why; nothing of the record changes (URS-SIG-09).

    Refusals: those of the step up to segregation, SIGNATURE_UNASKED (422) for a step that is not signed, a reason's.
    """
    actor = acting_on(actor, number, step)
    with act(
        actor,
        events.DECLINE,
        object=as_typed(step),
        record=as_typed(number),
        reason=plain_reason(reason),
        detail={"revision": str(revision)},
    ):
        case = held_case(actor, number)
        actor = case.actor
        taken = case.declared_step(step)
        case.require_authority(step, taken)
        case.require_acting(step)
        require_access(actor, case.record.process, "step", step)
        case.require_state(step, taken)
        records.require_revision(case.record, revision)
        check_reason(reason)
        case.require_segregation(taken, case.situation(taken, frozenset()))
        if taken.sign is None:
            raise Refusal(
                events.SIGNATURE_UNASKED, "This step is taken without a signature: there is none to refuse."
            )


def _stepped_values(case: Case, name: str, fields: Given, reason: str) -> dict[str, Any]:
    step, declaration = case.step(name), case.declaration
    filled = frozenset(leaf for path in step.fills for leaf in declaration.leaves_of(path))
    if is_withdrawal(name):
        return _taken_back(case, name, fields, reason)
    values = _entered(case, fields, reason, filled=filled)
    require_filled(case.history, step, values, given=frozenset(fields))
    if step.reason == "required":
        check_reason(reason)
    return values


def _taken_back(case: Case, name: str, fields: Given, reason: str) -> dict[str, Any]:
    check_reason(reason)
    if fields:
        told = "A withdrawal enters nothing; what was entered with the signature becomes again what it was."
        raise Refusal(events.FIELD_CLOSED, told, dict.fromkeys(fields, told))
    return values_before(case.history, case.withdrawal(name).passage)


def _write_step(opened: Act, case: Case, name: str, values: Given, signature: Components | None) -> None:
    actor, record, step = case.actor, case.record, case.step(name)
    withdrawn = case.withdrawal(name) if is_withdrawal(name) else None
    before, origin = case.values, record.state
    title = title_of(case.declaration, values)
    if dict(values) != dict(before):
        records.revise(opened, actor, record, expected=record.revision, fields=values, title=title)
    if step.sign is not None:
        mandate = case.mandate(name)
        signatures.sign(
            opened,
            actor,
            record=record,
            revision=record_queries.revision(record, record.revision),
            step=name,
            meaning=step.sign.meaning,
            components=signature or Components(user_id=None, password="", otp=None, meaning=None),
            role=mandate.role if mandate else "",
            acting_for=mandate.evidence if mandate else None,
            withdraws=withdrawn.signature if withdrawn else None,
        )
    if step.to != origin:
        earlier = case.history.entered_before_last().get(step.to) if withdrawn else None
        since = earlier or case.history.recalled(step.to)
        records.move_state(opened, actor, record, expected=record.revision, state=step.to, since=since)
    note_passage(opened, actor, record, step=name, origin=origin, state=step.to)
    if step.starts is not None:
        start_record(opened, case, step.starts)
    if not withdrawn:
        follow_limits(opened, case, before)
