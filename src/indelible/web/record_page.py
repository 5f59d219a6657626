"""What the page of a record shows, made from the kernel's document, its declaration and its trail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from indelible.kernel.access import queries as access
from indelible.kernel.audit import timekeeping
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.records import history
from indelible.kernel.records import queries as records
from indelible.kernel.records.types import Earlier as Value
from indelible.kernel.signatures import accountability
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.workflow import processes
from indelible.kernel.workflow import queries as workflow
from indelible.kernel.workflow.authority import is_allowed
from indelible.kernel.workflow.declaration import CONTENT_ROLES, Declaration
from indelible.kernel.workflow.fields import Attachment, Person, Table, humanised, label_of, parts_of
from indelible.kernel.workflow.processes import Running
from indelible.kernel.workflow.situations import Case
from indelible.kernel.workflow.values import is_filled
from indelible.web import provider
from indelible.web.fields import Earlier, Reading, Shown, shown_fields, words
from indelible.web.forms import Form
from indelible.web.times import day_words, instant

STANDINGS: Mapping[str, tuple[str, str, str]] = {
    "stands": ("stands", "pill-good", ""),
    "earlier revision": ("earlier revision", "pill-warn", "earlier-revision"),
    "withdrawn": ("withdrawn", "pill-plain", "withdrawn"),
    "invalid": ("does not verify", "pill-bad", "invalid"),
}


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


def signature_view(signature: Mapping[str, Any]) -> dict[str, Any]:
    """A signature with the words and colours of its standing; times with the offset frozen at signing."""
    said, tag, css = STANDINGS.get(
        str(signature["standing"]), (str(signature["standing"]), "pill-bad", "invalid")
    )
    at = instant(signature["at"])
    return {
        **signature,
        "standing_words": said,
        "tag": tag,
        "css": css,
        "components_words": component_words(signature["components"]),
        "at_utc": f"{day_words(at.astimezone(UTC).date())}, {at.astimezone(UTC):%H:%M:%S} UTC",
        "at_local": _at_offset(at, str(signature.get("offset", ""))),
    }


def _at_offset(at: datetime, offset: str) -> str:
    """The signer's time by the offset stored with the signature, never by today's zone rules (URS-TIM-04);
    shown also where it is UTC, so that every form says the same (URS-MAN-03, -04)."""
    offset = "+00:00" if offset in ("", "Z") else offset
    sign = -1 if offset[0] == "-" else 1
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    local = at.astimezone(timezone(sign * timedelta(hours=hours, minutes=minutes)))
    return f"{day_words(local.date())}, {local:%H:%M:%S} {offset}"


def component_words(components: Sequence[str]) -> str:
    """The signature's components in words."""
    said = " and ".join(str(component).replace("_", " ") for component in components)
    return said if len(components) > 1 else f"{said} (a later signing of the same period)"


def earlier_values(
    declaration: Declaration, history: Mapping[str, Sequence[Value]], reading: Reading
) -> dict[str, tuple[Earlier, ...]]:
    """By path, every value that stood there before the present one, newest first (URS-AUD-06)."""
    found = {}
    for path, values in _merged_paths(history).items():
        pairs = [(old, new) for old, new in pairwise(values) if old.value is not None]
        if pairs and path.partition(".")[0] in declaration.fields:
            found[path] = tuple(
                _earlier(declaration, path, old, new, reading) for old, new in reversed(pairs)
            )
    return found


def _merged_paths(history: Mapping[str, Sequence[Value]]) -> dict[str, list[Value]]:
    """`x` and `x.not_applicable` are one field; where one gives way to the other, the filled one counts."""
    merged: dict[str, dict[int, Value]] = {}
    for path, values in history.items():
        base = path.removesuffix(".not_applicable")
        for value in values:
            if base != path and value.value is not None:
                value = replace(value, value={"not_applicable": value.value})
            kept = merged.setdefault(base, {}).get(value.revision)
            if kept is None or kept.value is None:
                merged[base][value.revision] = value
    return {path: [at[number] for number in sorted(at)] for path, at in merged.items()}


def _earlier(declaration: Declaration, path: str, old: Value, new: Value, reading: Reading) -> Earlier:
    return Earlier(
        old=value_words(declaration, path, old.value, reading),
        new=value_words(declaration, path, new.value, reading),
        at=new.at.isoformat(),
        by=new.name,
        reason=new.reason,
    )


def value_words(declaration: Declaration, path: str, value: Any, reading: Reading) -> str:
    """A value in words, by the declared type of its path; rows and groups by their labelled parts."""
    field = declaration.field(path)
    if isinstance(value, Mapping) and "not_applicable" in value:
        return f"Not applicable: {value['not_applicable']}"
    if isinstance(field, Table) and isinstance(value, list):
        return "\n".join(_row_words(field, row, reading) for row in value)
    if field is not None and parts_of(field) and isinstance(value, Mapping):
        return _row_words(field, value, reading)
    if isinstance(field, Attachment) and isinstance(value, list):
        named = {str(f["sha256"]): str(f["name"]) for f in reading.files}
        return ", ".join(named.get(str(v), str(v)) for v in value)
    return words(field, value, reading)


def _row_words(table: Any, row: Any, reading: Reading) -> str:
    if not isinstance(row, Mapping):
        return str(row)
    columns = parts_of(table)
    said = ((label_of(n, c), words(c, row.get(n), reading)) for n, c in columns.items())
    return "; ".join(f"{label}: {text}" for label, text in said if text)


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
            "steps": sorted((_step_view(case, s) for s in document["steps"]), key=lambda s: not s["forward"]),
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


def _step_view(case: Case, step: Mapping[str, Any]) -> dict[str, Any]:
    declared = case.step(str(step["name"]))
    own = frozenset(declared.fills)
    missing = [
        case.declaration.label(path)
        for path in declared.needs
        if path not in own and not is_filled(case.declaration, path, case.values)
    ]
    order = case.declaration.order
    forward = order(declared.to) > order(case.record.state) and declared.to not in case.declaration.final[1:]
    return {**step, "to_title": humanised(str(step["to"])), "missing": missing, "forward": forward}


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


# ----------------------------------------------------------------- forms on the record


def content_at(case: Case, revision: int) -> dict[str, Any]:
    """The fields a revision says; those of now where there is no such revision."""
    if revision == case.record.revision or not 0 < revision < case.record.revision:
        return dict(case.values)
    return dict(records.content_of(records.revision(case.record, revision))["fields"])


def step_form(case: Case, name: str, reading: Reading) -> Form:
    """The fields that are entered with a step."""
    step = case.step(name)
    filled = frozenset(leaf for path in step.fills for leaf in case.declaration.leaves_of(path))
    return Form(
        case.declaration, filled, required=frozenset(step.needs) & frozenset(step.fills), reading=reading
    )


def step_context(case: Case, name: str) -> dict[str, Any]:
    """What the page of a step says about it: whether all components are asked, and what the signer still lacks (URS-SIG-02)."""
    person, mandate = people.person_of(case.actor.user_id), case.mandate(name)
    return {
        "identity_open": not people.is_identity_verified(person),
        "clock_set": _clock_set(),
        "accountability_due": accountability.standing(person, clock()).due,
        "step": _step_view(case, workflow.step_document(case.declaration, name, case.step(name))),
        "acting_for": mandate.delegator.name if mandate else "",
        "first_signing": not signatures.has_period(case.actor),
        **other_means(case.actor),
    }


def _clock_set() -> float:
    """Seconds by which the clock is known to be wrong, as the signer has to know; 0 where nothing speaks against it."""
    found = timekeeping.standing()
    return found.offset or 0.0 if found.state == "set" else 0.0


def other_means(actor: Actor) -> dict[str, Any]:
    """By what this person can sign in this session: whether a password (with a code) is enough beside how they came in,
    passkeys in use, and the provider's name where it knows them."""
    keys = people.passkeys(actor).filter(ended_at=None).exclude(confirmed_at=None)
    accounts = people.provider_accounts(actor).filter(ended_at=None).exclude(confirmed_at=None)
    known = provider.is_set_up() and accounts.exists()
    code, session = people.one_time_code(actor), people.session_of(actor)
    has_code = code is not None and code.confirmed_at is not None
    return {
        "has_code": has_code,
        "password_signs": has_code or session is None or not people.is_begun_by_more(session),
        "has_passkey": keys.exists(),
        "provider_name": provider.name() if known else "",
    }


def form_path(path: str) -> str:
    """A refusal's path as the form writes it: `actions[2].what`, rows from 1, is `actions.1.what`."""
    return re.sub(r"\[(\d+)\]", lambda row: f".{int(row[1]) - 1}", path)


def plain_rows(path: str) -> str:
    """A path as the declaration writes it, its row numbers left out: `actions.1.what` is `actions.what`."""
    return re.sub(r"\[\d+\]|\.\d+(?=\.|$)", "", path)


def errors_by_place(refusal: Refusal | None) -> dict[str, str]:
    """The messages of a refusal by the place in the form they belong to."""
    return {form_path(path): message for path, message in refusal.fields.items()} if refusal else {}
