"""What the page of a record shows, made from the kernel's document, its declaration and its trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import Attachment, Person, Table, humanised, label_of, parts_of
from indelible.web.fields import Earlier, Reading, Shown, shown_fields, words
from indelible.web.times import day_words, instant

STANDINGS: Mapping[str, tuple[str, str, str]] = {
    "stands": ("stands", "tag-good", ""),
    "earlier revision": ("earlier revision", "tag-warn", "earlier-revision"),
    "withdrawn": ("withdrawn", "tag-plain", "withdrawn"),
    "invalid": ("does not verify", "tag-bad", "invalid"),
}
COMPONENTS: Mapping[str, str] = {
    "user_id+password": "user id and password",
    "password": "password, a later signing of the same period",
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
        if field.kind == "table":
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
        return [_place(s, "done" if i < here else "now" if i == here else "later") for i, s in enumerate(main)]
    before = [s for s in main if s in passed] or main[:1]
    return [*(_place(s, "done") for s in before), _place(state, "stopped")]


def _place(state: str, css: str) -> dict[str, str]:
    return {"title": humanised(state), "css": css}


def signature_view(signature: Mapping[str, Any], role_titles: Mapping[str, str]) -> dict[str, Any]:
    """A signature with the words and colours of its standing; times with the offset frozen at signing."""
    said, tag, css = STANDINGS.get(str(signature["standing"]), (str(signature["standing"]), "tag-bad", "invalid"))
    at = instant(signature["at"])
    return {
        **signature,
        "standing_words": said,
        "tag": tag,
        "css": css,
        "role_title": role_titles.get(str(signature["role"]), str(signature["role"])),
        "components_words": component_words(signature.get("components")),
        "at_utc": f"{day_words(at.astimezone(UTC).date())}, {at.astimezone(UTC):%H:%M:%S} UTC",
        "at_local": _at_offset(at, str(signature.get("offset", ""))),
    }


def _at_offset(at: datetime, offset: str) -> str:
    """The signer's time by the offset stored with the signature, never by today's zone rules (URS-TIM-04)."""
    if offset in ("", "Z", "+00:00"):
        return ""
    sign = -1 if offset[0] == "-" else 1
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    local = at.astimezone(timezone(sign * timedelta(hours=hours, minutes=minutes)))
    return f"{day_words(local.date())}, {local:%H:%M:%S} {offset}"


def component_words(components: Any) -> str:
    """The signature's components in words."""
    if isinstance(components, str):
        return COMPONENTS.get(components, components.replace("+", " and ").replace("_", " "))
    return " and ".join(str(c).replace("_", " ") for c in components or ())


def earlier_values(trail: Iterable[Mapping[str, Any]], declaration: Declaration, reading: Reading) -> dict[str, list[Earlier]]:
    """By field path, every value that was replaced, newest first; first entries are no change (URS-AUD-06)."""
    found: dict[str, list[Earlier]] = {}
    for act in trail:
        if act.get("outcome", "done") != "done":
            continue
        for change in act.get("changes") or ():
            path = str(change.get("field", ""))
            if not path or change.get("old") in (None, "", [], {}) or declaration.fields.get(_top(path)) is None:
                continue
            entry = Earlier(
                old=value_words(declaration, path, change.get("old"), reading),
                new=value_words(declaration, path, change.get("new"), reading),
                at=str(act["at"]),
                by=str(act["person"]["name"]),
                reason=str(act.get("reason") or ""),
            )
            found.setdefault(_shown_at(declaration, path), []).append(entry)
    return found


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _shown_at(declaration: Declaration, path: str) -> str:
    """Where a change is marked: at its field, at the part of a group, but at the table for a cell."""
    top = _top(path)
    return top if isinstance(declaration.fields[top], Table) else path


def value_words(declaration: Declaration, path: str, value: Any, reading: Reading) -> str:
    """A value of the trail in words, by the declared type of its path."""
    if isinstance(value, str):
        field = declaration.field(path) if path.count(".") < 2 else None
        return words(field, value, reading)
    top = declaration.fields.get(_top(path))
    if isinstance(top, Table) and isinstance(value, list):
        return "\n".join(_row_words(top, row, reading) for row in value)
    if top is not None and parts_of(top) and isinstance(value, Mapping):
        return _row_words(top, value, reading)
    if isinstance(value, Mapping) and "not_applicable" in value:
        return f"Not applicable: {value['not_applicable']}"
    return words(declaration.field(path) if path.count(".") < 2 else None, value, reading)


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
                found |= {r[part_name] for r in rows if isinstance(r, Mapping) and isinstance(r.get(part_name), str)}
    return found


def file_fields(declaration: Declaration) -> list[dict[str, str]]:
    """Where a file can be added: the record itself and each attachment field."""
    named = [{"name": n, "title": label_of(n, f)} for n, f in declaration.fields.items() if isinstance(f, Attachment)]
    return [*named, {"name": "", "title": "The record itself"}]


def content(declaration: Declaration, values: Mapping[str, Any], reading: Reading, *, hide_empty: bool) -> dict[str, Any]:
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
