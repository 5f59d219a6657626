"""The verbs of workflow, the only ones that doors call: each is one act, whoever calls it and from where.

What fails first answers, in this order: visibility, authority, sequence, revision, fields and reason,
segregation, conditions, gates, components (interface.md section 4; sign-in is the door's).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection

from indelible.kernel.access.reach import require_access, require_reach
from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.files import actions as files
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.models import Person
from indelible.kernel.records import actions as records
from indelible.kernel.records import queries as record_queries
from indelible.kernel.records.models import Attachment, Link, Record
from indelible.kernel.records.types import as_typed
from indelible.kernel.signatures import actions as signatures
from indelible.kernel.signatures import queries as signature_queries
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import events
from indelible.kernel.workflow import fields as kinds
from indelible.kernel.workflow.authority import Standing, is_allowed, open_to, refuse_closed
from indelible.kernel.workflow.checks import check
from indelible.kernel.workflow.declaration import CONTENT_ROLES, Declaration
from indelible.kernel.workflow.entries import (
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
from indelible.kernel.workflow.models import Process
from indelible.kernel.workflow.openings import follow_limits, note_passage, open_at_first_state, start_record
from indelible.kernel.workflow.processes import declared, known, of_code
from indelible.kernel.workflow.queries import document_of
from indelible.kernel.workflow.situations import Case, acting_on, case_of
from indelible.kernel.workflow.values import Moment, cleaned

Given = Mapping[str, Any]


class _NothingChanged(Exception):  # noqa: N818  (no error: the act is given up because there is nothing to save)
    """A save that changes nothing makes no revision and no entry (kernel.md)."""


# ----------------------------------------------------------------- reading


def read_record(actor: Actor, number: str) -> dict[str, Any]:
    """The record as interface.md shows it; "not there or not yours" is written down with the number as typed."""
    return document_of(case_of(actor, records.open_record(actor, number)))


# ----------------------------------------------------------------- processes


def publish_process(
    actor: Actor, declaration: Declaration, *, reason: str, beside: Mapping[str, Declaration] | None = None
) -> Process:
    """Puts a declaration in force as the next version of its process; an unchanged fingerprint changes nothing.

    For QA and for the installation itself (URS-AUD-08). `beside` are declarations that are published with it.
    Raises Refusal, or Faulty where it is not sound beside the others.
    """
    check(declaration, {**known(), **(beside or {})})
    if (found := _unchanged(declaration)) is not None:
        return found
    with act(actor, events.PUBLISH, object=declaration.process, reason=plain_reason(reason)) as opened:
        if not (actor.holds("qa_approver") or actor.channel in ("init", "demo")):
            raise Refusal(events.NOT_ALLOWED, "A process is put in force by QA.")
        check_reason(reason)
        return _publish(opened, actor, declaration)


def _unchanged(declaration: Declaration) -> Process | None:
    newest = Process.objects.filter(code=declaration.process).order_by("-version").first()
    return newest if newest is not None and newest.fingerprint == declaration.fingerprint else None


def _publish(opened: Act, actor: Actor, declaration: Declaration) -> Process:
    with (
        connection.cursor() as cursor
    ):  # two who publish at once take turns, so that each gets a version of its own
        cursor.execute("select pg_advisory_xact_lock(hashtext('workflow_process'))")
    newest = Process.objects.filter(code=declaration.process).order_by("-version").first()
    return Process.objects.create(
        code=declaration.process,
        version=newest.version + 1 if newest else 1,
        title=declaration.title,
        prefix=declaration.prefix,
        fingerprint=declaration.fingerprint,
        declaration=declaration.document(),
        published_by=actor.user_id,
        published_at=clock(),
        act=opened.id,
    )


# ----------------------------------------------------------------- records


def create_record(
    actor: Actor, process: str, fields: Given, *, site: str | None = None, reason: str = ""
) -> Record:
    """Opens a record of a process in its first state, at the actor's site unless given. Raises Refusal."""
    with act(actor, events.CREATE, object=as_typed(process), reason=plain_reason(reason)) as opened:
        found = of_code(process)
        declaration = declared(found)
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
        suppress(_NothingChanged),
        act(actor, events.EDIT, record=as_typed(number), reason=plain_reason(reason)) as opened,
    ):
        case = case_of(actor, records.lock(actor, number))
        _require_open(case)
        require_access(actor, case.record.process, "edit")
        records.require_revision(case.record, revision)
        values = _entered(case, fields, reason)
        before, title = case.values, title_of(case.declaration, values)
        saved = records.revise(opened, actor, case.record, expected=revision, fields=values, title=title)
        if saved is None:
            raise _NothingChanged
        follow_limits(opened, case, before)
        note_excepted(opened.id, actor, case.record)
    return record_queries.get(actor, number)


def _require_open(case: Case) -> None:
    """The person may write something: in this state, or the answer says whether ever."""
    if case.opened.any:
        return
    states = case.declaration.states
    ever = any(open_to(case.actor, case.declaration, s, case.standing).any for s in states)
    if ever:
        raise Refusal(events.OUT_OF_SEQUENCE, "Nothing of it is yours to write in the state it is in now.")
    raise Refusal(events.NOT_ALLOWED, "You may read this record; writing in it is for others.")


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
        case = case_of(actor, records.lock(actor, number))
        taken = case.declaration.steps.get(step)
        if taken is None:
            raise Refusal(events.UNKNOWN_STEP, f"“{case.declaration.title}” has no step of this name.")
        case.require_authority(step, taken)
        require_access(actor, case.record.process, "step", step)
        if taken.starts is not None:
            require_reach(actor, taken.starts.process, "create")
        case.require_state(step, taken)
        records.require_revision(case.record, revision)
        values = _stepped_values(case, step, fields or {}, reason)
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
        case = case_of(actor, records.lock(actor, number))
        taken = case.declaration.steps.get(step)
        if taken is None:
            raise Refusal(events.UNKNOWN_STEP, f"“{case.declaration.title}” has no step of this name.")
        case.require_authority(step, taken)
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
    step, declaration = case.declaration.steps[name], case.declaration
    filled = frozenset(leaf for path in step.fills for leaf in declaration.leaves_of(path))
    values = _entered(case, fields, reason, filled=filled)
    require_filled(case.history, step, values, given=frozenset(fields))
    if step.reason == "required":
        check_reason(reason)
    return values


def _write_step(opened: Act, case: Case, name: str, values: Given, signature: Components | None) -> None:
    actor, record, step = case.actor, case.record, case.declaration.steps[name]
    before, origin = case.values, record.state
    title = title_of(case.declaration, values)
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
        )
    if step.to != origin:
        records.move_state(opened, actor, record, expected=record.revision, state=step.to)
    note_passage(opened, actor, record, step=name, origin=origin, state=step.to)
    if step.starts is not None:
        start_record(opened, case, step.starts)
    follow_limits(opened, case, before)


# ----------------------------------------------------------------- links, files, owner


def link_records(actor: Actor, number: str, kind: str, to: str, *, reason: str = "") -> Link:
    """Links a record to another under a declared kind, or under the name by which the other declares it."""
    with act(
        actor, events.LINK, object=as_typed(to), record=as_typed(number), reason=plain_reason(reason)
    ) as opened:
        here, there = _both(actor, number, to)
        source, target, name = _ends(actor, here, there, kind)
        declaring = case_of(actor, source)
        link = declaring.declaration.links[name]
        if not is_allowed(actor, link.by, declaring.standing):
            raise Refusal(events.NOT_ALLOWED, f"This link is made by: {', '.join(link.by)}.")
        require_access(actor, source.process, "link")
        if declaring.is_final:
            raise Refusal(
                events.OUT_OF_SEQUENCE, f"{source.number} has come to its end; its links stay as they are."
            )
        note_excepted(opened.id, actor, source)
        return records.add_link(opened, actor, source, target, kind=name, back=link.back)


def _both(actor: Actor, number: str, to: str) -> tuple[Record, Record]:
    """Both records, locked in one order whoever asks, so that two people who link crosswise do not block each other."""
    first, second = record_queries.get(actor, number), record_queries.get(actor, to)
    for found in sorted((first, second), key=lambda record: record.pk):
        records.lock(actor, found.number)
    return first, second


def _ends(actor: Actor, here: Record, there: Record, kind: str) -> tuple[Record, Record, str]:
    own = case_of(actor, here).declaration.links.get(kind)
    if own is not None and there.process in own.to:
        return here, there, kind
    for name, link in case_of(actor, there).declaration.links.items():
        if link.back == kind and here.process in link.to:
            return there, here, name
    told = f"A {here.process} record has no link “{as_typed(kind)}” to a {there.process} record."
    raise Refusal(events.UNKNOWN_LINK, told)


def attach_file(
    actor: Actor, number: str, *, name: str, content: BinaryIO, field: str = "", reason: str = ""
) -> Attachment:
    """Gives the record a file, at an attachment field or as a whole. Raises Refusal; the same file again changes nothing."""
    record = records.open_record(actor, number)
    upload = files.receive(actor, content, name=name, record=record.number)
    with (
        suppress(_NothingChanged),
        act(
            actor, events.ATTACH, object=upload.name, record=record.number, reason=plain_reason(reason)
        ) as opened,
    ):
        case = case_of(actor, records.lock(actor, number))
        _require_place(case, field)
        require_access(actor, case.record.process, "attach")
        before = case.record.revision
        same_name = record_queries.attachments_of(case.record).filter(field=field, name=upload.name)
        if same_name.exists() and not same_name.filter(blob_id=upload.sha256).exists():
            check_reason(reason)
        made = records.attach(opened, actor, case.record, upload=upload, field=field)
        if case.record.revision == before:
            raise _NothingChanged
        note_excepted(opened.id, actor, case.record)
        return made
    return record_queries.attachment(actor, number, upload.sha256)


def _require_place(case: Case, field: str) -> None:
    """The place is an attachment field that is open to the person, or the record itself while they may write in it."""
    _require_open(case)
    if not field:
        return
    if not isinstance(case.declaration.fields.get(field), kinds.Attachment):
        raise Refusal(
            events.UNKNOWN_FIELD, "There is no field for files of this name.", {"field": "Unknown."}
        )
    empty: list[str] = []
    refuse_closed(case.actor, case.declaration, {}, {field: empty}, case.opened, case.standing)


def reassign(actor: Actor, number: str, owner: str, *, reason: str) -> Record:
    """Gives the record to another owner; whoever wrote in it stays its author (URS-AUT-02). Raises Refusal."""
    with (
        suppress(_NothingChanged),
        act(
            actor,
            events.REASSIGN,
            object=as_typed(owner),
            record=as_typed(number),
            reason=plain_reason(reason),
        ) as opened,
    ):
        case = case_of(actor, records.lock(actor, number))
        if not is_allowed(actor, ("owner", "qa_approver"), case.standing):
            raise Refusal(events.NOT_ALLOWED, "A record is handed on by its owner or by QA.")
        require_reach(actor, case.record.process, "hand on")
        if case.is_final:
            raise Refusal(events.OUT_OF_SEQUENCE, "The record has come to its end; its owner stays.")
        check_reason(reason)
        if not records.reassign(opened, actor, case.record, owner=_heir(case, owner)):
            raise _NothingChanged
        note_excepted(opened.id, actor, case.record)
    return record_queries.get(actor, number)


def _heir(case: Case, owner: str) -> Person:
    person = identity.find_person(owner)
    if person is not None and person.status == Person.ACTIVE:
        future = identity.actor_of(person, session="", source="", channel=case.actor.channel)
        if future.holds(*CONTENT_ROLES) and future.sees_site(case.record.site.code):
            return person
    told = "The new owner must be an active person with a content role who may see this record."
    raise Refusal(events.UNKNOWN_PERSON, told, {"owner": told})
