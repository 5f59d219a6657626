"""The checks a declaration must pass before it may be published, each with the name of its fault.

A fault is a mistake in the text, found when the file is loaded and never when a person stands before it
(decision D5, URS-SMS-01).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from indelible.kernel.workflow.conditions import (
    RESERVED,
    RESERVED_ABOVE,
    ConditionError,
    check_condition,
)
from indelible.kernel.workflow.declaration import (
    APPROVING_ROLES,
    CONTENT_ROLES,
    RELATIONS,
    Declaration,
    Step,
)
from indelible.kernel.workflow.faults import Fault, Faulty
from indelible.kernel.workflow.fields import (
    AnyField,
    Choice,
    Days,
    Group,
    LongText,
    MultiChoice,
    Number,
    Person,
    ShortText,
    Table,
    label_of,
    parts_of,
)
from indelible.kernel.workflow.guards import GUARDS
from indelible.kernel.workflow.neighbours import beside


def parse(data: Any) -> Declaration:
    """A declaration from plain data; raises Faulty with the faults of its shape."""
    try:
        return Declaration.model_validate(data)
    except ValidationError as error:
        raise Faulty(_shape_fault(item) for item in error.errors(include_url=False)) from None


_MISSING: Final = {
    "retain": "retention_missing",
    "named_by": "named_by_missing",
    "meaning": "signature_without_meaning",
    "by": "step_without_role",
    "options": "choice_without_options",
    "final": "final_state_missing",
    "unit": "number_without_unit",
    "verify": "limits_without_verification",
}


def _shape_fault(item: Any) -> Fault:
    where = ".".join(str(part) for part in item["loc"]) or "the file"
    last = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "extra_forbidden":
        return Fault("unknown_word", where, f"{last!r} is not a word of the language here")
    if item["type"] == "union_tag_invalid" or item["type"] == "union_tag_not_found":
        return Fault("unknown_field_type", where, item["msg"])
    if item["type"] in ("missing", "too_short") and last in _MISSING:
        return Fault(_MISSING[last], where, f"{last!r} must be said")
    return Fault("wrong_shape", where, item["msg"])


def check(declaration: Declaration, others: Mapping[str, Declaration] | None = None) -> None:
    """Raise Faulty unless the declaration is sound by itself and beside the others it is loaded with."""
    found = {fault for look in _CHECKS for fault in look(declaration)}
    if others is not None:
        found |= set(beside(declaration, {**others, declaration.process: declaration}))
    if found:
        raise Faulty(sorted(found))


def _states(d: Declaration) -> Iterator[Fault]:
    for where, name in _named_states(d):
        if name not in d.states:
            yield Fault("unknown_state", where, f"there is no state {name!r}")
    for name, times in Counter(d.states).items():
        if times > 1:
            yield Fault("duplicate_state", f"states.{name}", "a state stands twice")
    reached = _closure({d.initial}, _forward(d))
    for state in d.states:
        if state not in reached:
            yield Fault("unreachable_state", f"states.{state}", "no step leads there from the first state")


def _named_states(d: Declaration) -> Iterator[tuple[str, str]]:
    for name, step in d.steps.items():
        yield from ((f"steps.{name}", state) for state in (*step.from_, step.to))
    yield from ((f"edit.{state}", state) for state in d.edit)
    yield from ((f"due.{state}", state) for state in d.due)
    yield from (("final", state) for state in d.final)
    yield from (("retain.from", state) for state in d.retain.from_)


def _ends(d: Declaration) -> Iterator[Fault]:
    left = {state for step in d.steps.values() for state in step.from_ if step.to != state}
    ending = _closure(set(d.final), _backward(d))
    for state in d.states:
        if state in d.final and state in left:
            yield Fault("final_state_left", f"states.{state}", "a step leads out of a final state")
        elif state not in d.final and state not in left:
            yield Fault("dead_end", f"states.{state}", "no step leads out and it is not final")
        elif state not in ending:
            yield Fault("never_ends", f"states.{state}", "no way leads from here to a final state")
    for state in set(d.final) - set(d.retain.from_):
        yield Fault(
            "retention_gap", "retain.from", f"a record that ends in {state!r} would have no keep-until date"
        )
    for state in d.edit:
        if state in d.final:
            yield Fault("final_state_edited", f"edit.{state}", "a record in a final state is not edited")


def _forward(d: Declaration) -> Callable[[str], set[str]]:
    return lambda state: {step.to for step in d.steps.values() if state in step.from_}


def _backward(d: Declaration) -> Callable[[str], set[str]]:
    return lambda state: {origin for step in d.steps.values() if step.to == state for origin in step.from_}


def _closure(start: set[str], neighbours: Callable[[str], set[str]]) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        new = neighbours(waiting.pop()) - found
        found |= new
        waiting.extend(new)
    return found


def _people(d: Declaration) -> Iterator[Fault]:
    places = [("create.by", d.create.by, False)]
    places += [(f"links.{n}.by", link.by, True) for n, link in d.links.items()]
    places += [(f"edit.{s}.by", e.by, True) for s, edits in d.edit.items() for e in edits]
    places += [(f"steps.{n}.by", step.by, True) for n, step in d.steps.items()]
    for where, names, related in places:
        if not names:
            yield Fault("step_without_role", where, "nobody may do it")
        for name in names:
            if name not in CONTENT_ROLES and not (related and name in RELATIONS):
                yield Fault("unknown_role", where, f"{name!r} is no role or relation that may act here")
        if "action owner" in names and not owner_columns(d):
            yield Fault("action_owner_without_table", where, "no table has a person column called owner")


def owner_columns(d: Declaration) -> tuple[str, ...]:
    """Tables whose rows have an owner: a person column called `owner`."""
    return tuple(
        name
        for name, field in d.fields.items()
        if isinstance(field, Table) and isinstance(field.columns.get("owner"), Person)
    )


def _signatures(d: Declaration) -> Iterator[Fault]:
    for name, step in d.steps.items():
        for guard in step.unless:
            if guard not in GUARDS:
                yield Fault("unknown_guard", f"steps.{name}.unless", f"no guard is called {guard!r}")
        if _only_back(d, step):
            continue
        by_approvers = [role in APPROVING_ROLES for role in step.by]
        approving = any(by_approvers) if step.sign is not None else all(by_approvers)
        if approving and "signer_is_author" not in step.unless:
            why = "an approver could be the author: add signer_is_author (URS-AUT-02)"
            yield Fault("approver_may_be_author", f"steps.{name}.unless", why)


def _ended(d: Declaration) -> Iterator[Fault]:
    """Whoever ends the standing of a signature signs for it (URS-LNK-04, decision 0026)."""
    for name, step in d.steps.items():
        if step.sign is not None or any(state not in d.states for state in (*step.from_, step.to)):
            continue
        for origin in (state for state in step.from_ if d.is_back(step, state)):
            for other in sorted(_signed_since(d, step.to, origin)):
                why = f"it leads back before the signature of {other!r} and ends it: it must be signed (URS-LNK-04)"
                yield Fault("step_back_unsigned", f"steps.{name}", why)


def _signed_since(d: Declaration, target: str, origin: str) -> set[str]:
    """The signed steps whose signatures may stand in `origin` and end when the record goes back to `target`."""
    return {
        name
        for name, step in d.steps.items()
        if step.sign is not None
        and any(_may_stand(d, step, state, target, origin) for state in step.from_ if state in d.states)
        and origin in _closure({step.to}, _forward(d))
    }


def _may_stand(d: Declaration, step: Step, state: str, target: str, origin: str) -> bool:
    """Whether a signature given in `state` outlives the way to `origin` and is undone from there: given between the two, in
    `origin` itself without leaving it, or with a step that led back from wherever."""
    between = d.order(target) <= d.order(state) < d.order(origin)
    stayed = state == origin == step.to
    return between or stayed or (d.order(state) >= d.order(target) and d.is_back(step, state))


def _settling(d: Declaration) -> Iterator[Fault]:
    """A finding of `verify` is settled by two people, each with a signature on the same content (URS-VAL-09)."""
    if d.disposes is None:
        return
    if not isinstance(d.fields.get(d.disposes.finding), ShortText):
        why = f"{d.disposes.finding!r} must be a short text: it holds the id of a finding"
        yield Fault("finding_not_named", "disposes.finding", why)
    if d.disposes.told is not None and not isinstance(d.fields.get(d.disposes.told), LongText):
        why = f"{d.disposes.told!r} must be a long text: it takes the words of a finding"
        yield Fault("finding_not_named", "disposes.told", why)
    if d.disposes.state not in d.final:
        yield Fault("disposition_not_final", "disposes.state", f"{d.disposes.state!r} is no final state")
    for name, step in d.steps.items():
        if step.to == d.disposes.state and not _second_signature(d, step):
            why = "must be signed by somebody who has not signed before, from states that are entered by a signature"
            yield Fault("disposition_by_one", f"steps.{name}", why)


def _second_signature(d: Declaration, step: Step) -> bool:
    """Whether who takes the step signs, after another person's signature on the same content."""
    entered = [other for other in d.steps.values() if other.to in step.from_]
    signed_before = bool(entered) and all(other.sign is not None for other in entered)
    kept = not step.fills and d.initial not in step.from_ and not any(d.edit.get(s) for s in step.from_)
    return step.sign is not None and "signer_signed_before" in step.unless and signed_before and kept


def _reopened(d: Declaration) -> Iterator[Fault]:
    """What was signed must stay as it was in later states; only a step back or a signed step opens it again."""
    for name, step in d.steps.items():
        for state in (s for s in step.from_ if step.sign is not None and s in d.states):
            for later in d.states[d.order(state) + 1 :]:
                edited = {leaf for e in d.edit.get(later, ()) for p in e.fields for leaf in d.leaves_of(p)}
                for path in sorted(edited & d.covered(state)):
                    why = f"{path!r} was signed with step {name!r} and would change under the signature (URS-LNK-02)"
                    yield Fault("signed_field_reopened", f"edit.{later}.fields", why)


def _only_back(d: Declaration, step: Step) -> bool:
    known = all(state in d.states for state in (*step.from_, step.to))
    return known and all(d.is_back(step, state) for state in step.from_)


def _paths(d: Declaration) -> Iterator[Fault]:
    named = d.fields.get(d.named_by)
    if not isinstance(named, ShortText | LongText):
        yield Fault("named_by_not_text", "named_by", f"{d.named_by!r} must be a text field")
    for where, paths in _named_paths(d):
        for path in paths:
            if d.field(path) is None:
                yield Fault("unknown_field", where, f"there is no field {path!r}")
    for state, due in d.due.items():
        if due.until is not None and (d.fields.get(due.until) is None or d.fields[due.until].type != "date"):
            yield Fault("unknown_field", f"due.{state}.until", f"{due.until!r} must be a date field")


def _named_paths(d: Declaration) -> Iterator[tuple[str, tuple[str, ...]]]:
    for state, edits in d.edit.items():
        yield from ((f"edit.{state}.fields", edit.fields) for edit in edits)
    for name, step in d.steps.items():
        yield f"steps.{name}.needs", step.needs
        yield f"steps.{name}.fills", step.fills
        if step.starts is not None:
            yield f"steps.{name}.starts.carry", tuple(step.starts.carry.values())
    for name, field in d.fields.items():
        if field.after is not None:
            yield f"fields.{name}.after", (field.after,)
        demanded = (
            field.required
            if isinstance(field, Table)
            else field.required or ()
            if isinstance(field, Group)
            else ()
        )
        yield f"fields.{name}.required", tuple(f"{name}.{part}" for part in demanded)


def _filling(d: Declaration) -> Iterator[Fault]:
    everywhere = {path for state in d.states for path in d.open_in(state)}
    for name in d.fields:
        if not everywhere & set(d.leaves_of(name)):
            yield Fault("field_never_filled", f"fields.{name}", "nobody may fill it in any state")
    for name, step in d.steps.items():
        known = {state for state in step.from_ if state in d.states}
        for path in (p for p in step.needs if d.field(p) is not None):
            for state in known:
                before = {
                    leaf for s in _closure({state}, _backward(d)) for leaf in _open_before(d, s, state, name)
                }
                if not set(_demanded(d, path)) <= before:
                    why = f"nobody could have filled {path!r} before this step"
                    yield Fault("need_never_filled", f"steps.{name}.needs", why)


def _open_before(d: Declaration, earlier: str, state: str, step: str) -> frozenset[str]:
    """What could be filled in an earlier state; in the step's own state other steps' fields only if they stay."""
    own = {leaf for p in d.steps[step].fills for leaf in d.leaves_of(p)}
    return d.open_in(earlier) | own if earlier == state else d.open_in(earlier)


def _demanded(d: Declaration, path: str) -> tuple[str, ...]:
    field = d.field(path)
    if isinstance(field, Group):
        return tuple(f"{path}.{part}" for part in field.demanded)
    if isinstance(field, Table):
        return tuple(f"{path}.{part}" for part in field.required) or d.leaves_of(path)[:1]
    return (path,)


def _fields(d: Declaration) -> Iterator[Fault]:
    every = [(name, field) for name, field in d.fields.items()]
    every += [(f"{n}.{p}", part) for n, field in d.fields.items() for p, part in parts_of(field).items()]
    for path, field in every:
        if path in RESERVED_ABOVE or path.rpartition(".")[2] in RESERVED:
            yield Fault("reserved_name", f"fields.{path}", "conditions already use this word")
        yield from _bounds(path, field)
        if isinstance(field, Choice | MultiChoice):
            yield from _options(path, field)
        if isinstance(field, Number) and field.limits is not None and "." in path:
            yield Fault("limits_inside_part", f"fields.{path}", "limits are declared on fields of their own")
        if isinstance(field, Number) and field.limits is not None:
            yield from _verification(d, path, field.limits.verify)


def _bounds(path: str, field: AnyField) -> Iterator[Fault]:
    if isinstance(field, Days) and field.min > field.max:
        yield Fault("range_inverted", f"fields.{path}", "min is above max")
    if not isinstance(field, Number):
        return
    low, high = (field.limits.low, field.limits.high) if field.limits else (None, None)
    least, most = (field.possible.min, field.possible.max) if field.possible else (None, None)
    if (least is not None and most is not None and least > most) or (
        low is not None and high is not None and low > high
    ):
        yield Fault("range_inverted", f"fields.{path}", "the lower bound is above the upper one")
    if (low is not None and least is not None and low < least) or (
        high is not None and most is not None and high > most
    ):
        yield Fault("limits_outside_possible", f"fields.{path}", "an acceptable value would be impossible")


def _options(path: str, field: Choice | MultiChoice) -> Iterator[Fault]:
    if len(set(field.options)) != len(field.options):
        yield Fault("duplicate_option", f"fields.{path}", "an option stands twice")


def _verification(d: Declaration, path: str, name: str) -> Iterator[Fault]:
    step = d.steps.get(name)
    if step is None:
        yield Fault("unknown_step", f"fields.{path}.limits.verify", f"there is no step {name!r}")
    elif step.sign is None or "signer_is_author" not in step.unless:
        why = f"step {name!r} must be signed, unless signer_is_author: a second person verifies (URS-OPS-05)"
        yield Fault("verification_not_independent", f"fields.{path}.limits.verify", why)


def _labels(d: Declaration) -> Iterator[Fault]:
    yield from _twice("fields", [label_of(name, field) for name, field in d.fields.items()])
    yield from _twice("steps", [d.step_title(name) for name in d.steps])
    for name, field in d.fields.items():
        yield from _twice(f"fields.{name}", [label_of(n, part) for n, part in parts_of(field).items()])


def _twice(where: str, labels: list[str]) -> Iterator[Fault]:
    for label, times in Counter(label.casefold() for label in labels).items():
        if times > 1:
            yield Fault("duplicate_label", where, f"{label!r} stands for {times} things")


def _conditions(d: Declaration) -> Iterator[Fault]:
    for name, step in d.steps.items():
        for condition in step.when:
            try:
                check_condition(condition.check, d)
            except ConditionError as error:
                yield Fault(error.fault, f"steps.{name}.when", str(error))


_CHECKS: Final[tuple[Callable[[Declaration], Iterator[Fault]], ...]] = (
    _states,
    _ends,
    _people,
    _signatures,
    _ended,
    _settling,
    _reopened,
    _paths,
    _filling,
    _fields,
    _labels,
    _conditions,
)
