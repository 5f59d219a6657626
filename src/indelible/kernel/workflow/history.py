"""What happened to a record so far, as the engine needs it: passages, who wrote what, values beyond limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import DateTimeField, Func, OuterRef, Subquery

from indelible.kernel.access.queries import people_behind
from indelible.kernel.audit.queries import clock
from indelible.kernel.records import queries as records
from indelible.kernel.records.models import Record
from indelible.kernel.workflow.declaration import Declaration, Step, is_withdrawal
from indelible.kernel.workflow.fields import Number, Starts
from indelible.kernel.workflow.models import ExceptedAct, Passage
from indelible.kernel.workflow.processes import pinned
from indelible.kernel.workflow.values import outside_limits

ATTACHMENTS = "attachments"
"""What a revision calls the files of the record itself."""


@dataclass(frozen=True, slots=True)
class Written:
    """One revision: its number, who wrote it (user id) and which declared paths it changed."""

    number: int
    author: str
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flag:
    """A value that lies, or once lay, beyond its acceptance limits; it is never taken away (URS-OPS-05)."""

    field: str
    value: Mapping[str, str]
    why: str
    revision: int
    retyped: int | None
    """The revision in which another value took its place, None while it stands."""
    verified: bool
    """Whether a second person verified the value that took its place; true where none did."""


@dataclass(frozen=True)
class History:
    """The line of one record up to now; `passages` and `revisions` oldest first."""

    record: Record
    declaration: Declaration
    passages: Sequence[Passage]
    revisions: Sequence[Written]
    read_at: datetime
    """The database's time at which the line was read (UTC)."""
    waits_by: str = ""
    """Whose act here waits for a second person, by user id; "" where none does (URS-AUT-03)."""

    @cached_property
    def _line(self) -> _Line:
        return _line_of(self.passages)

    @property
    def counting(self) -> list[Passage]:
        """The passages that still count: neither withdrawals nor what they took back (URS-LNK-04)."""
        return [passage for passage, _ in self._line.counting]

    @cached_property
    def entered(self) -> dict[str, datetime]:
        """When each state was last entered from another one (UTC); where the signature that led there was withdrawn and given
        again, when it was the first time."""
        return _entered(self._line.counting)

    def entered_before_last(self) -> dict[str, datetime]:
        """`entered` as it was before the latest passage that counts: what a withdrawal leads back to."""
        return _entered(self._line.counting[:-1])

    def recalled(self, state: str) -> datetime | None:
        """When this state was entered by the signature that was withdrawn last, where the next passage leads there again."""
        moves, origin = len(_moves(self._line.counting)), self.counting[-1].state
        return self._line.recalled.get((moves, origin, state))

    @property
    def stay_revision(self) -> int:
        """The revision at the latest passage: what is newer was written since then."""
        return self.passages[-1].revision

    def authors(self, paths: frozenset[str]) -> frozenset[str]:
        """Everyone who wrote one of these paths, or with ATTACHMENTS gave a file to the record as a whole, also in the record that the first values were carried from; of a program
        the person who answers for it, too (URS-AUT-02)."""
        files, own = ATTACHMENTS in paths, paths - {ATTACHMENTS}
        wrote = {
            w.author
            for w in self.revisions
            if w.number > 1 and (w.changed & own or (files and w.changed == {ATTACHMENTS}))
        }
        first = self.revisions[0] if self.revisions else None
        if first is not None and first.changed & own:
            source = self.passages[0].carried_from
            wrote |= self._carried_authors(source) if source else {first.author}
        return people_behind(wrote)

    def _carried_authors(self, source: str) -> frozenset[str]:
        origin = Record.objects.get(number=source)
        line = history_of(origin, pinned(origin))
        carried = {
            leaf
            for starts in started_by(line.declaration)
            if starts.process == self.record.process
            for path in starts.carry.values()
            for leaf in line.declaration.leaves_of(path)
        }
        return line.authors(frozenset(carried))

    def written_since_entry(self, path: str) -> bool:
        """Whether a path was written after the latest passage."""
        leaves = {path, *self.declaration.leaves_of(path)}
        return any(w.number > self.stay_revision and w.changed & leaves for w in self.revisions)

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """Every value that lay beyond its limits, in the order of the form and then of time."""
        limited = [n for n, f in self.declaration.fields.items() if isinstance(f, Number) and f.limits]
        if not limited:
            return ()
        saved = records.revisions(self.record).defer(None).order_by("number")
        contents = [(revision.number, records.content_of(revision)["fields"]) for revision in saved]
        return tuple(flag for name in limited for flag in self._flags_of(name, contents))

    def _flags_of(self, name: str, contents: Sequence[tuple[int, Mapping[str, Any]]]) -> list[Flag]:
        field = self.declaration.fields[name]
        spans: list[tuple[int, Any]] = []
        for number, fields in contents:
            if not spans or spans[-1][1] != fields.get(name):
                spans.append((number, fields.get(name)))
        ends = [*(number for number, _ in spans[1:]), None]
        return [
            Flag(name, value, why, number, end, end is None or self._verified(field, end))
            for (number, value), end in zip(spans, ends, strict=True)
            if (why := outside_limits(field, value))
        ]

    def _verified(self, field: Any, revision: int) -> bool:
        step = field.limits.verify
        return any(p.step == step and p.revision >= revision for p in self.counting)


@dataclass(frozen=True, slots=True)
class _Line:
    """Passages that count, each with the time from which its state counts as entered; and those times of withdrawn ones, by
    how often the state changed before, origin and state, as long as no other way was taken from there."""

    counting: Sequence[tuple[Passage, datetime]]
    recalled: Mapping[tuple[int, str, str], datetime]


def _line_of(passages: Sequence[Passage]) -> _Line:
    kept: list[tuple[Passage, datetime]] = []
    recalled: dict[tuple[int, str, str], datetime] = {}
    for passage in passages:
        if is_withdrawal(passage.step):
            gone, at = kept.pop()
            recalled[_place(kept, gone)] = at
            continue
        again = recalled.pop(_place(kept, passage), None)
        if again is None and passage.origin_state != passage.state:
            recalled = {}
        kept.append((passage, again or passage.at))
    return _Line(kept, recalled)


def _moves(line: Sequence[tuple[Passage, datetime]]) -> list[Passage]:
    return [p for p, _ in line if p.origin_state != p.state]


def _place(line: Sequence[tuple[Passage, datetime]], passage: Passage) -> tuple[int, str, str]:
    return len(_moves(line)), passage.origin_state, passage.state


def _entered(line: Sequence[tuple[Passage, datetime]]) -> dict[str, datetime]:
    return {p.state: at for p, at in line if p.origin_state != p.state}


def history_of(record: Record, declaration: Declaration) -> History:
    """The record's line so far: two queries."""
    now = Func(function="audit.clock", output_field=DateTimeField())
    waiting = ExceptedAct.objects.filter(record=OuterRef("record"), reviewed_at=None).order_by("pk")
    passages = list(
        Passage.objects.filter(record=record)
        .annotate(read_at=now, waits_by=Subquery(waiting.values("by")[:1]))
        .order_by("id")
    )
    rows = records.revisions(record).order_by("number").values_list("number", "author", "changed")
    written = [Written(number, author, frozenset(changed)) for number, author, changed in rows]
    last = passages[-1] if passages else None
    read_at, waits_by = (last.read_at, last.waits_by or "") if last else (clock(), "")
    return History(record, declaration, passages, written, read_at, waits_by)


def started_by(declaration: Declaration) -> list[Starts]:
    """Every record a process may open: by a step, or by a value beyond its limits."""
    steps = [step.starts for step in declaration.steps.values() if step.starts is not None]
    limits = [f.limits for f in declaration.fields.values() if isinstance(f, Number) and f.limits is not None]
    return [*steps, *(limit.starts for limit in limits if limit.starts is not None)]


def worked(declaration: Declaration, step: Step, state: str) -> frozenset[str]:
    """Paths whose writers are authors before a step's guard: the covered ones, signed judgements left out; and the files
    of the record as a whole, which every signature covers."""
    own = {leaf for path in step.fills for leaf in declaration.leaves_of(path)}
    return (declaration.covered(state) - declaration.judgements - own) | {ATTACHMENTS}
