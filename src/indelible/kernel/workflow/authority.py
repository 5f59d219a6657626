"""Who may do what: roles and relations against the words of the declaration; nothing is allowed by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.workflow import events
from indelible.kernel.workflow.checks import owner_columns
from indelible.kernel.workflow.declaration import CONTENT_ROLES, RELATIONS, Declaration
from indelible.kernel.workflow.fields import Table
from indelible.kernel.workflow.values import NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to one record, by user ids: its owner, who wrote in it, who owns a row of it."""

    owner: str
    authors: frozenset[str]
    action_owners: frozenset[str]

    def relations(self, actor: Actor) -> set[str]:
        """The relations that hold for the actor."""
        person = actor.accountable
        held = {
            "owner": person == self.owner,
            "author": person in self.authors,
            "action owner": person in self.action_owners,
        }
        return {name for name, holds in held.items() if holds}


@dataclass(frozen=True, slots=True)
class Open:
    """What a person may write now: `paths` freely, `own_rows` only in rows the person owns."""

    paths: frozenset[str]
    own_rows: frozenset[str]

    @property
    def any(self) -> frozenset[str]:
        """Every path that is open in some way."""
        return self.paths | self.own_rows


def is_allowed(actor: Actor, by: Iterable[str], standing: Standing | None) -> bool:
    """Whether one of the named roles is active or one of the relations holds (URS-AUT-01).

    A relation alone gives nothing: whoever lost every content role is nobody's owner or author any more.
    """
    if not actor.holds(*CONTENT_ROLES):
        return False
    if standing is None:
        return actor.holds(*by)
    relations = standing.relations(actor)
    return any(name in relations if name in RELATIONS else actor.holds(name) for name in by)


def open_to(actor: Actor, declaration: Declaration, state: str, standing: Standing) -> Open:
    """The paths that the declaration lets this person edit in this state."""
    free: set[str] = set()
    own: set[str] = set()
    for edit in declaration.edit.get(state, ()):
        leaves = {leaf for path in edit.fields for leaf in declaration.leaves_of(path)}
        others = [name for name in edit.by if name != "action owner"]
        if is_allowed(actor, others, standing):
            free |= leaves
        elif is_allowed(actor, edit.by, standing):
            own |= leaves
    return Open(frozenset(free), frozenset(own - free))


def refuse_closed(
    actor: Actor,
    declaration: Declaration,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    opened: Open,
    standing: Standing,
) -> None:
    """Raises Refusal for the first written path that is not open: closed in this state, or not this person's."""
    for path in _written(actor, declaration, before, after, opened):
        label = declaration.label(path)
        elsewhere = path not in opened.any and any(
            path in open_to(actor, declaration, state, standing).any for state in declaration.states
        )
        if elsewhere:
            told = f"“{label}” is not open in this state. What stands there was settled, or its turn comes later."
            raise Refusal(events.FIELD_CLOSED, told, {path: told})
        told = f"“{label}” is not yours to change here."
        raise Refusal(events.FIELD_NOT_YOURS, told, {path: told})


def _written(
    actor: Actor,
    declaration: Declaration,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    opened: Open,
) -> list[str]:
    """The written paths that are not open, in the order of the form."""
    closed: list[str] = []
    for name, field in declaration.fields.items():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(field, Table):
            closed += _closed_cells(actor, declaration, name, rows_of(old), rows_of(new), opened)
            continue
        leaves = declaration.leaves_of(name)
        touched = [leaf for leaf in leaves if _part(old, name, leaf) != _part(new, name, leaf)] or [*leaves]
        closed += [leaf for leaf in touched if leaf not in opened.paths]
    return closed


def _part(value: Any, name: str, leaf: str) -> Any:
    if leaf == name or not isinstance(value, dict):
        return value
    return value.get(NOT_APPLICABLE), value.get(leaf.partition(".")[2])


def rows_of(value: Any) -> list[dict[str, Any]]:
    """The rows of a stored table; none where it is empty or not applicable."""
    return value if isinstance(value, list) else []


def _closed_cells(
    actor: Actor,
    declaration: Declaration,
    name: str,
    old: list[dict[str, Any]],
    new: list[dict[str, Any]],
    opened: Open,
) -> list[str]:
    """Cells that differ and are not open. A row comes or goes only where all of its filled cells are open."""
    rows = max(len(old), len(new))
    owned = name in owner_columns(declaration)
    closed: list[str] = []
    for place in range(rows):
        was = old[place] if place < len(old) else {}
        becomes = new[place] if place < len(new) else {}
        mine = owned and was.get("owner") == actor.user_id and becomes.get("owner") == actor.user_id
        allowed = opened.any if mine else opened.paths
        columns = {*was, *becomes}
        closed += [
            path
            for path in (f"{name}.{column}" for column in columns if was.get(column) != becomes.get(column))
            if path not in allowed
        ]
    whole = declaration.leaves_of(name)
    if rows == 0 and not set(whole) <= opened.paths:  # not applicable was said or taken back
        closed += whole
    return [path for path in whole if path in closed]
