"""What belongs to a record beside its fields: its links, its files, its owner; verbs as those of actions."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import BinaryIO

from indelible.kernel.access.reach import require_access, require_reach
from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.files import actions as files
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.events import CLASS_WRONG
from indelible.kernel.identity.models import Person
from indelible.kernel.records import actions as records
from indelible.kernel.records import queries as record_queries
from indelible.kernel.records.models import Attachment, Link, Record
from indelible.kernel.records.types import Handwritten, as_typed
from indelible.kernel.workflow import events
from indelible.kernel.workflow import fields as kinds
from indelible.kernel.workflow.authority import is_allowed, refuse_closed
from indelible.kernel.workflow.declaration import CONTENT_ROLES
from indelible.kernel.workflow.entries import NothingChanged, plain_reason
from indelible.kernel.workflow.excepted import note_excepted
from indelible.kernel.workflow.holding import held_case, still_seeing
from indelible.kernel.workflow.situations import Case, case_of


def link_records(actor: Actor, number: str, kind: str, to: str, *, reason: str = "") -> Link:
    """Links a record to another under a declared kind, or under the name by which the other declares it."""
    with act(
        actor, events.LINK, object=as_typed(to), record=as_typed(number), reason=plain_reason(reason)
    ) as opened:
        here, there = _both(actor, number, to)
        actor = still_seeing(actor, here, there)
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
    actor: Actor,
    number: str,
    *,
    name: str,
    content: BinaryIO,
    field: str = "",
    reason: str = "",
    handwritten: Handwritten | None = None,
) -> Attachment:
    """Gives the record a file, at an attachment field or as a whole. Raises Refusal; the same file again changes nothing.

    `handwritten` labels the picture of a paper signed by hand; it stays a file, and signs nothing (URS-LNK-05).
    """
    record = records.open_record(actor, number)
    labelled = _labelled(handwritten)
    upload = files.receive(actor, content, name=name, record=record.number)
    with (
        suppress(NothingChanged),
        act(
            actor, events.ATTACH, object=upload.name, record=record.number, reason=plain_reason(reason)
        ) as opened,
    ):
        case = held_case(actor, number)
        actor = case.actor
        _require_place(case, field)
        require_access(actor, case.record.process, "attach")
        same_name = record_queries.attachments_of(case.record).filter(field=field, name=upload.name)
        if same_name.exists() and not same_name.filter(blob_id=upload.sha256).exists():
            check_reason(reason)
        made = records.attach(opened, actor, case.record, upload=upload, field=field, handwritten=labelled)
        if made.act != opened.id:
            raise NothingChanged
        note_excepted(opened.id, actor, case.record)
        return made
    return record_queries.attachment(actor, number, upload.sha256)


def _labelled(given: Handwritten | None) -> Handwritten | None:
    """The label with its texts as they can be kept; Refusal where a part of it is missing or lies ahead."""
    if given is None:
        return None
    signer, original = keepable(given.signer), keepable(given.original)
    tomorrow = (clock() + timedelta(hours=14)).date()  # it may be that day already where the paper was signed
    faults = {
        "handwritten_by": "" if 2 <= len(signer) <= 120 else "Who signed the paper by hand?",
        "handwritten_on": ""
        if date.min < given.signed_on <= tomorrow
        else "On which day was it signed, written as YYYY-MM-DD? Not a future one.",
        "handwritten_original": "" if 3 <= len(original) <= 400 else "Where does the paper itself lie?",
    }
    found = {field: fault for field, fault in faults.items() if fault}
    if found:
        raise Refusal(events.HANDWRITTEN_INCOMPLETE, " ".join(found.values()), found)
    return Handwritten(signer=signer, signed_on=given.signed_on, original=original)


def _require_place(case: Case, field: str) -> None:
    """The place is an attachment field that is open to the person, or the record itself while they may write in it."""
    case.require_open()
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
        suppress(NothingChanged),
        act(
            actor,
            events.REASSIGN,
            object=as_typed(owner),
            record=as_typed(number),
            reason=plain_reason(reason),
        ) as opened,
    ):
        case = held_case(actor, number)
        actor = case.actor
        if not is_allowed(actor, ("owner", "qa_approver"), case.standing):
            raise Refusal(events.NOT_ALLOWED, "A record is handed on by its owner or by QA.")
        require_reach(actor, case.record.process, "hand on")
        if case.is_final:
            raise Refusal(events.OUT_OF_SEQUENCE, "The record has come to its end; its owner stays.")
        check_reason(reason)
        if not records.reassign(opened, actor, case.record, owner=_heir(case, owner)):
            raise NothingChanged
        note_excepted(opened.id, actor, case.record)
    return record_queries.get(actor, number)


def confine(actor: Actor, number: str, confidentiality: str, *, reason: str) -> Record:
    """Puts the record into a confidentiality class, "" into none: by its owner or QA, where owner and actor may know of it.

    Copies that left before stay where they are; what is taken from now on goes to those of the class (URS-AUT-06). Refusals: not
    there (404), NOT_ALLOWED (403), CLASS_WRONG (422), a reason's (422).
    """
    with (
        suppress(NothingChanged),
        act(actor, events.CONFINE, record=as_typed(number), reason=plain_reason(reason)) as opened,
    ):
        case = held_case(actor, number)
        actor = case.actor
        if not is_allowed(actor, ("owner", "qa_approver"), case.standing):
            raise Refusal(events.NOT_ALLOWED, "Its owner or QA says who may know of a record.")
        require_reach(actor, case.record.process, "confine")
        check_reason(reason)
        wanted = confidentiality.strip()
        _require_cleared(case, wanted)
        if not records.confine(opened, actor, case.record, confidentiality=wanted or None):
            raise NothingChanged
        note_excepted(opened.id, actor, case.record)
    return record_queries.get(actor, number)


def _require_cleared(case: Case, wanted: str) -> None:
    """The class is open to somebody, and owner and actor are among those who may know of it."""
    site = case.record.site.code
    owner = identity.actor_of(case.record.owner, session="", source="", channel=case.actor.channel)
    if wanted and wanted not in identity.known_classes():
        told = "No class of this name is open to anybody. QA opens one on a person's page."
        raise Refusal(CLASS_WRONG, told, {"confidentiality": told})
    if wanted and not (owner.sees(site, wanted) and case.actor.sees(site, wanted)):
        told = "It is not open to the owner, or not to you: the record would be lost from sight. QA opens it first."
        raise Refusal(CLASS_WRONG, told, {"confidentiality": told})


def _heir(case: Case, owner: str) -> Person:
    person = identity.find_person(owner)
    if person is not None and person.status == Person.ACTIVE:
        future = identity.actor_of(person, session="", source="", channel=case.actor.channel)
        if future.holds(*CONTENT_ROLES) and future.sees(case.record.site.code, case.record.confidentiality):
            return person
    told = "The new owner must be an active person with a content role who may see this record."
    raise Refusal(events.UNKNOWN_PERSON, told, {"owner": told})
