"""Rows of a list of records: state in words, when it is due at its site, who owns it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from indelible.kernel.audit.queries import clock
from indelible.kernel.records.models import Record
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.due_dates import due_at
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.processes import pinned


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a list. `due` is a calendar day at the record's site."""

    number: str
    title: str
    state_title: str
    tag: str
    owner_name: str
    site: str
    due: date | None
    overdue: bool
    updated_at: datetime
    next: tuple[str, ...] = ()


def rows(records: Iterable[Record]) -> list[Row]:
    """The rows of these records, judged at the database's time."""
    now = clock()
    return [row(record, pinned(record), now) for record in records]


def row(record: Record, declaration: Declaration, now: datetime, following: tuple[str, ...] = ()) -> Row:
    """One record as a row; `following` are the titles of steps open to the reader."""
    due = due_at(declaration, record.state, record.state_entered_at, record.values, record.site.zone)
    return Row(
        number=record.number,
        title=record.title or "(no title yet)",
        state_title=humanised(record.state),
        tag=state_colour(declaration, record.state),
        owner_name=record.owner.name,
        site=record.site.code,
        due=due.astimezone(ZoneInfo(record.site.zone)).date() if due else None,
        overdue=due is not None and due < now,
        updated_at=record.updated_at,
        next=following,
    )


def state_colour(declaration: Declaration, state: str) -> str:
    """Green for the ordinary end, grey for other ends and the beginning, blue on the way."""
    if state == declaration.final[0]:
        return "pill-good"
    return "pill-plain" if state in declaration.final or state == declaration.initial else "pill-note"
