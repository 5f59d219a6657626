"""The checks of a declaration beside the others it is loaded with: prefixes, links, records it opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from indelible.kernel.workflow.conditions import linked_names
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.faults import Fault
from indelible.kernel.workflow.fields import Number, RecordLink, Starts, parts_of


def beside(d: Declaration, known: Mapping[str, Declaration]) -> Iterator[Fault]:
    """Faults of a declaration that only show beside `known`, all processes by code, itself included."""
    for other in known.values():
        if other.process != d.process and other.prefix == d.prefix:
            yield Fault("duplicate_prefix", "prefix", f"{other.process!r} numbers its records {d.prefix} too")
        if other.process != d.process and other.title.casefold() == d.title.casefold():
            yield Fault("duplicate_label", "title", f"{other.process!r} has the same title")
    for where, targets in _targets(d):
        for target in targets:
            if target not in known:
                yield Fault("link_to_unknown_process", where, f"no process is called {target!r}")
    kinds = {
        *d.links,
        *(link.back for o in known.values() for link in o.links.values() if d.process in link.to),
    }
    for name, step in d.steps.items():
        for kind in {kind for c in step.when for kind in linked_names(c.check)} - kinds:
            yield Fault("condition_unknown_name", f"steps.{name}.when", f"no link is called {kind!r}")
    for where, starts in _started(d):
        if starts.process in known:
            yield from _starting(d, where, starts, known[starts.process])


def _targets(d: Declaration) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((f"links.{name}.to", link.to) for name, link in d.links.items())
    for name, field in d.fields.items():
        for path, part in {name: field, **{f"{name}.{n}": p for n, p in parts_of(field).items()}}.items():
            if isinstance(part, RecordLink):
                yield f"fields.{path}.to", part.to
    yield from ((f"{where}.process", (starts.process,)) for where, starts in _started(d))


def _started(d: Declaration) -> Iterator[tuple[str, Starts]]:
    for name, step in d.steps.items():
        if step.starts is not None:
            yield f"steps.{name}.starts", step.starts
    for name, field in d.fields.items():
        if isinstance(field, Number) and field.limits is not None and field.limits.starts is not None:
            yield f"fields.{name}.limits.starts", field.limits.starts


def _starting(d: Declaration, where: str, starts: Starts, opened: Declaration) -> Iterator[Fault]:
    link = opened.links.get(starts.link)
    if link is None or d.process not in link.to:
        why = f"{opened.process!r} declares no link {starts.link!r} to {d.process!r}"
        yield Fault("unknown_link", f"{where}.link", why)
    for theirs, ours in starts.carry.items():
        target, source = opened.field(theirs), d.field(ours)
        if (
            target is None
            or source is None
            or not set(opened.leaves_of(theirs)) <= opened.open_in(opened.initial)
        ):
            yield Fault(
                "unknown_field", f"{where}.carry", f"{theirs!r} cannot be filled when the record is opened"
            )
        elif target.type != source.type and (target.type, source.type) != ("long text", "short text"):
            yield Fault("carry_changes_type", f"{where}.carry", f"{ours!r} does not fit into {theirs!r}")
