"""Reads of workflow: processes, records and what may be done with them, as doors and copies show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from indelible.kernel.audit.paging import PAGE, Page, cursor_of, keys_of, limit_of
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.records import queries as records
from indelible.kernel.records.models import Link, Record
from indelible.kernel.records.types import RecordFilter
from indelible.kernel.workflow.checks import owner_columns
from indelible.kernel.workflow.declaration import Declaration, Step
from indelible.kernel.workflow.due_dates import due_at, retain_until
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.history import History
from indelible.kernel.workflow.mandates import Mandate, has_any, mandates_of
from indelible.kernel.workflow.models import Process
from indelible.kernel.workflow.processes import declared, in_force, known, of_code, pinned
from indelible.kernel.workflow.schema import fields_schema
from indelible.kernel.workflow.situations import Case, case_of
from indelible.kernel.workflow.standing import signature_documents
from indelible.kernel.workflow.withdrawal import latest, name_of

MY_WORK: int = 100
"""The most records the list of a person's work shows."""

# ----------------------------------------------------------------- processes


def processes() -> list[dict[str, Any]]:
    """Every process in force, by title, as interface.md `GET /processes` shows it."""
    return [process_document(process) for process in in_force()]


def process(code: str) -> dict[str, Any]:
    """One process in force; Refusal where there is none of this code."""
    return process_document(of_code(code))


def process_document(found: Process) -> dict[str, Any]:
    """A process version for machines; `fields` is a JSON Schema, `from` always a list."""
    declaration = declared(found)
    return {
        "code": found.code,
        "title": found.title,
        "version": found.version,
        "fingerprint": found.fingerprint,
        "help": declaration.help,
        "requirements": list(declaration.requirements),
        "fields": fields_schema(declaration),
        "states": list(declaration.states),
        "state_titles": {state: humanised(state) for state in declaration.states},
        "final": list(declaration.final),
        "steps": [step_document(declaration, name, step) for name, step in declaration.steps.items()],
        "links": [
            {"kind": kind, "to": list(link.to), "back": link.back} for kind, link in declaration.links.items()
        ],
        "create": {"roles": list(declaration.create.by)},
        "retain": {"rule": declaration.retain.rule, "years": declaration.retain.years},
    }


def step_document(declaration: Declaration, name: str, step: Step) -> dict[str, Any]:
    """One step as machines and pages need it to take it."""
    return {
        "name": name,
        "title": step.title or declaration.step_title(name),
        "help": step.help,
        "from": list(step.from_),
        "to": step.to,
        "roles": list(step.by),
        "signature": {"meaning": step.sign.meaning} if step.sign else None,
        "required_fields": list(dict.fromkeys(path.partition(".")[0] for path in step.needs)),
        "fills": list(step.fills),
        "reason_required": step.reason == "required",
    }


# ----------------------------------------------------------------- one record


def record_document(actor: Actor, number: str) -> dict[str, Any]:
    """The record as interface.md shows it; Refusal where it is not there or not the actor's to know.

    A door calls `actions.read_record`, which also writes the denied read down.
    """
    return document_of(case_of(actor, records.get(actor, number)))


def document_of(case: Case) -> dict[str, Any]:
    """The record before this person; times are RFC 3339 in UTC, `fields` in stored form."""
    record, steps, withheld = case.record, *_steps(case)
    until = retain_until(case.declaration, case.history.entered, case.zone)
    return {
        **row_document(record, case.declaration, now=case.now),
        "process_version": record.process_version,
        "fingerprint": record.fingerprint,
        "revision": record.revision,
        "fields": record.values,
        "digest": record.digest,
        "links": [_link(case, link) for link in case.links_shown],
        "attachments": _attachments(record),
        "signatures": signature_documents(case.history, case.signatures),
        "steps": steps,
        "withheld": withheld,
        "withdrawal": _withdrawal(case),
        "editable": sorted(case.opened.any),
        "flags": flags_of(case.history),
        "entered": {state: told(at) for state, at in case.history.entered.items()},
        "due": told(case.due),
        "retain_until": until.isoformat() if until else None,
    }


def row_document(record: Record, declaration: Declaration, *, now: datetime) -> dict[str, Any]:
    """A record as lists show it."""
    due = due_at(declaration, record.state, record.state_entered_at, record.values, record.site.zone)
    return {
        "number": record.number,
        "process": record.process,
        "process_title": declaration.title,
        "state": record.state,
        "state_title": humanised(record.state),
        "title": record.title,
        "revision": record.revision,
        "owner": record.owner.user_id,
        "owner_name": record.owner.name,
        "site": record.site.code,
        "confidentiality": record.confidentiality,
        "created_at": told(record.created_at),
        "updated_at": told(record.updated_at),
        "due": told(due),
        "overdue": due is not None and due < now,
    }


def told(at: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _steps(case: Case) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The steps of the present state that the person may take now, and the others with rule and why."""
    taken, withheld = [], []
    for name, step in case.declaration.steps.items():
        if case.record.state not in step.from_:
            continue
        document = step_document(case.declaration, name, step)
        refusal = case.available(name)
        if refusal is None:
            taken.append(document)
        else:
            rule = {"rule": refusal.rule.urs, "clause": refusal.rule.clause, "code": refusal.rule.code}
            withheld.append({**document, **rule, "why": refusal.detail})
    return taken, withheld


def _withdrawal(case: Case) -> dict[str, Any] | None:
    """The step by which this person may take back a signature of theirs now, and which; beside the declared steps."""
    last = latest(case.history, case.signatures)
    if last is None or case.available(name := name_of(last)) is not None:
        return None
    return {**step_document(case.declaration, name, case.step(name)), "withdraws": last.pk}


def _link(case: Case, link: Link) -> dict[str, Any]:
    """A link from this end: under its own kind, or under the name it has at the other one."""
    outward = link.source_id == case.record.pk
    other = link.target if outward else link.source
    kind = (case.declaration if outward else pinned(link.source)).links.get(link.kind)
    label = (kind.label if outward else kind.back_label) if kind else None
    name = link.kind if outward else link.back
    return {
        "kind": name,
        "label": label or humanised(name),
        "direction": "to" if outward else "from",
        "number": other.number,
        "title": other.title,
        "process": other.process,
        "state": other.state,
        "open": other.state not in pinned(other).final,
    }


def _attachments(record: Record) -> list[dict[str, Any]]:
    files = list(records.attachments_of(record))
    signed = any(file.handwritten for file in files)
    reused = records.reused_elsewhere(record) if signed else set()
    return [
        {
            "sha256": file.blob_id,
            "name": file.name,
            "field": file.field,
            "version": file.version,
            "size": file.size,
            "media": file.media,
            "at": told(file.at),
            "by": file.author,
            "handwritten": {**file.handwritten, "reused": file.blob_id in reused}
            if file.handwritten
            else None,
        }
        for file in files
    ]


def flags_of(history: History) -> list[dict[str, Any]]:
    """Values that lie or lay beyond their acceptance limits; none is ever taken away (URS-OPS-05)."""
    return [
        {
            "field": flag.field,
            "label": history.declaration.label(flag.field),
            "value": dict(flag.value),
            "why": flag.why,
            "revision": flag.revision,
            "retyped_in": flag.retyped,
            "verified": flag.verified,
        }
        for flag in history.flags
    ]


def signatures_of(actor: Actor, number: str, *, cursor: str = "", limit: int = PAGE) -> Page[dict[str, Any]]:
    """One page of the record's signatures with their standing, as they were executed; Refusal where it is not there or not
    the actor's to know (404), or for a foreign cursor (400)."""
    case = case_of(actor, records.get(actor, number))
    after = keys_of(cursor, "signatures", [int])[0] if cursor else 0
    limit = limit_of(limit)
    rest = [one for one in case.signatures if one.pk > after]
    following = cursor_of("signatures", rest[limit - 1].pk) if len(rest) > limit else None
    return Page(signature_documents(case.history, rest[:limit]), following)


# ----------------------------------------------------------------- lists


def list_records(
    actor: Actor, wanted: RecordFilter, *, cursor: str = "", limit: int = PAGE
) -> dict[str, Any]:
    """One page of the records the actor may see: `{"items": [...], "next": cursor or None}`."""
    page = records.page(actor, wanted, cursor=cursor, limit=limit)
    now = clock()
    return {"items": [row_document(row, pinned(row), now=now) for row in page.items], "next": page.next}


def my_work(actor: Actor) -> list[dict[str, Any]]:
    """Records that wait for the actor, the most urgent first, each with `why`: owned, an action, or a step by role."""
    found: dict[str, dict[str, Any]] = {}
    now = clock()
    delegated = has_any(actor)
    for declaration in known().values():
        mandates = mandates_of(actor, declaration.process, now) if delegated else []
        for why, rows in _waiting(actor, declaration, mandates):
            for row in rows:
                pin = pinned(row)
                if row.state not in pin.final and row.number not in found:
                    found[row.number] = {**row_document(row, pin, now=now), "why": why}
    return sorted(found.values(), key=lambda row: (row["due"] or "9999", row["number"]))[:MY_WORK]


def _waiting(
    actor: Actor, declaration: Declaration, mandates: Iterable[Mandate]
) -> Iterable[tuple[str, list[Record]]]:
    """Why, and which records of one process, in the order in which the first reason counts."""
    running = [state for state in declaration.states if state not in declaration.final]
    of_process = records.visible_to(actor).filter(process=declaration.process, state__in=running)
    newest = of_process.order_by("-id")
    by_role = _states_by_role(actor, declaration)
    for state, titles in by_role.items():
        others = newest.filter(state=state).exclude(owner__user_id=actor.user_id)
        yield f"Waits for you: {' or '.join(titles)}", list(others[:MY_WORK])
    for mandate in mandates:
        for state, titles in _states_by_role(
            mandate.delegator, declaration, mandate.delegation.steps
        ).items():
            told = f"For {mandate.delegator.name}: {' or '.join(titles)}"
            yield told, list(newest.filter(state=state)[:MY_WORK])
    mine = Q()
    for table in owner_columns(declaration):
        mine |= Q(**{f"values__{table}__contains": [{"owner": actor.user_id}]})
    if mine:
        states = [s for s, edits in declaration.edit.items() if any("action owner" in e.by for e in edits)]
        yield "You own an action", list(newest.filter(mine, state__in=states)[:MY_WORK])
    yield "You own it", list(newest.filter(owner__user_id=actor.user_id)[:MY_WORK])


def _states_by_role(
    actor: Actor, declaration: Declaration, among: Iterable[str] | None = None
) -> Mapping[str, list[str]]:
    """States in which a step forward, one of `among` where they are named, is for a role the actor holds, with the titles."""
    found: dict[str, list[str]] = {}
    for name in declaration.steps if among is None else [n for n in among if n in declaration.steps]:
        step = declaration.steps[name]
        for state in step.from_:
            forward = declaration.order(step.to) > declaration.order(state) and step.reason == "none"
            if forward and actor.holds(*step.by):
                found.setdefault(state, []).append(declaration.step_title(name))
    return found
