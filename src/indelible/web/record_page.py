"""What the page of a record shows, made from the kernel's document, its declaration and its trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from indelible.kernel.access import queries as access
from indelible.kernel.records import history
from indelible.kernel.workflow import processes
from indelible.kernel.workflow import queries as workflow
from indelible.kernel.workflow.authority import is_allowed
from indelible.kernel.workflow.declaration import CONTENT_ROLES, Declaration
from indelible.kernel.workflow.fields import Attachment, Person, humanised, label_of, parts_of
from indelible.kernel.workflow.processes import Running
from indelible.kernel.workflow.situations import Case
from indelible.web.fields import Reading, Shown, shown_fields
from indelible.web.record_steps import step_view
from indelible.web.record_values import earlier_values
from indelible.web.signature_views import signature_view


@dataclass(frozen=True, slots=True)
class Block:
    """A card of the page: fields side by side, or one table."""

    title: str
    fields: tuple[Shown, ...] = ()
    table: Shown | None = None


def blocks(fields: Iterable[Shown], *, hide_empty: bool = False) -> list[Block]:
    """Fields in their declared order as cards; a table gets one of its own."""
    made: list[Block] = []
    for field in fields:
        if hide_empty and field.empty and not field.earlier:
            continue
        if field.kind == "table" and (field.rows or field.earlier):
            made.append(Block(title=field.label, table=field))
        elif made and made[-1].table is None:
            made[-1] = Block(title=made[-1].title, fields=(*made[-1].fields, field))
        else:
            made.append(Block(title=f"Fields from {field.label}", fields=(field,)))
    return made


def progress(declaration: Declaration, state: str, passed: Sequence[str] = ()) -> list[dict[str, str]]:
    """The states as a line: passed, now, later. An end off the main line is shown only where it was reached."""
    main = [s for s in declaration.states if s not in declaration.final] + [declaration.final[0]]
    if state in main:
        here = main.index(state)
        return [
            _place(s, "done" if i < here else "now" if i == here else "later") for i, s in enumerate(main)
        ]
    before = [s for s in main if s in passed] or main[:1]
    return [*(_place(s, "done") for s in before), _place(state, "stopped")]


def _place(state: str, css: str) -> dict[str, str]:
    return {"title": humanised(state), "css": css}


def people_in(declaration: Declaration, values: Mapping[str, Any]) -> set[str]:
    """The user ids a record's fields name, so that pages can print the names."""
    found: set[str] = set()
    for name, field in declaration.fields.items():
        value = values.get(name)
        if isinstance(field, Person) and isinstance(value, str):
            found.add(value)
        rows = value if isinstance(value, list) else [value]
        for part_name, part in parts_of(field).items():
            if isinstance(part, Person):
                found |= {
                    r[part_name] for r in rows if isinstance(r, Mapping) and isinstance(r.get(part_name), str)
                }
    return found


def file_fields(declaration: Declaration) -> list[dict[str, str]]:
    """Where a file can be added: the record itself and each attachment field."""
    named = [
        {"name": n, "title": label_of(n, f)}
        for n, f in declaration.fields.items()
        if isinstance(f, Attachment)
    ]
    return [*named, {"name": "", "title": "The record itself"}]


def content(
    declaration: Declaration, values: Mapping[str, Any], reading: Reading, *, hide_empty: bool
) -> dict[str, Any]:
    """The record's fields as blocks, and those beyond their acceptance limits."""
    fields = shown_fields(declaration, values, reading)
    return {"blocks": blocks(fields, hide_empty=hide_empty), "flags": list(flagged(fields))}


def flagged(fields: Iterable[Shown]) -> Iterable[Shown]:
    """Every value beyond its acceptance limits, in groups and rows too (URS-OPS-05)."""
    for field in fields:
        if field.flag:
            yield field
        yield from flagged(field.parts)
        for row in field.rows:
            yield from flagged(row)


# ----------------------------------------------------------------- the page as a whole


def heading(case: Case) -> dict[str, Any]:
    """What stands at the head of every page of the record."""
    record = case.record
    return {
        "number": record.number,
        "process": record.process,
        "title": record.title,
        "revision": record.revision,
        "state_title": humanised(record.state),
    }


def context(case: Case, running: Iterable[Running]) -> dict[str, Any]:
    """Everything the record's page shows to this person; `running` are the processes in force."""
    document = workflow.document_of(case)
    names = names_in(case, (str(f["by"]) for f in document["attachments"]))
    plain = Reading(zone=case.actor.zone, names=names, files=document["attachments"])
    past = history.earlier_values(case.record) if case.record.revision > 1 else {}
    reading = replace(plain, earlier=earlier_values(case.declaration, past, plain))
    signed = [signature_view(s) for s in document["signatures"]]
    return {
        "record": {
            **document,
            "signatures": signed,
            "steps": sorted((step_view(case, s) for s in document["steps"]), key=lambda s: not s["forward"]),
            "links": [_link_view(link) for link in document["links"]],
            "attachments": [_file_view(case, f, names) for f in document["attachments"]],
        },
        "process_title": case.declaration.title,
        "owner_name": document["owner_name"],
        "due_day": case.due.astimezone(ZoneInfo(case.zone)).date() if case.due else None,
        "progress": progress(case.declaration, case.record.state, _passed(case)),
        "invalid_signatures": [s for s in signed if s["standing"] == "invalid"],
        "revision_is_signed": any(
            s["revision"] == case.record.revision and s["standing"] == "stands" and s["withdraws"] is None
            for s in signed
        ),
        "can_edit": bool(document["editable"]),
        "can_attach": bool(document["editable"]),
        "can_reassign": not case.is_final
        and (case.standing.owner == case.actor.user_id or case.actor.holds("qa_approver")),
        "file_fields": [
            f for f in file_fields(case.declaration) if not f["name"] or f["name"] in document["editable"]
        ],
        "link_kinds": []
        if case.is_final or not case.actor.holds(*CONTENT_ROLES)
        else _link_kinds(case, running),
        **content(case.declaration, case.values, reading, hide_empty=False),
        "past_flags": [f for f in document["flags"] if f["retyped_in"] is not None],
    }


def _passed(case: Case) -> list[str]:
    return [passage.state for passage in case.history.passages]


def names_in(case: Case, also: Iterable[str] = ()) -> dict[str, str]:
    """Names of everybody the page prints: an id is not a name (URS-MAN-02)."""
    ids = people_in(case.declaration, case.values) | set(also)
    return access.names_of(ids) if ids else {}


def _link_view(link: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **link,
        "record_title": link["title"],
        "title": link["label"],
        "state_title": humanised(str(link["state"])),
    }


def _file_view(case: Case, file: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    field = str(file["field"])
    return {
        **file,
        "field_title": case.declaration.label(field) if field else "",
        "author_name": names.get(str(file["by"]), str(file["by"])),
    }


def _link_kinds(case: Case, running: Iterable[Running]) -> list[dict[str, str]]:
    """Links this record may have, from its own declaration and from those that point to its process."""
    own = [
        {"name": n, "title": link.label or humanised(n)}
        for n, link in case.declaration.links.items()
        if is_allowed(case.actor, link.by, case.standing)
    ]
    back = [
        {"name": link.back, "title": link.back_label or humanised(link.back)}
        for other in running
        for link in processes.declared(other).links.values()
        if case.record.process in link.to
    ]
    return list({kind["name"]: kind for kind in [*own, *back]}.values())
