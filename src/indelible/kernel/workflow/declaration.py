"""The language in which a process is declared: one process, read like the SOP it carries out.

A declaration is data. It is parsed here, checked in `checks.py`, and stored as `document()`, whose
SHA-256 over RFC 8785 canonical JSON is the fingerprint a record is pinned to (decision D5).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Annotated, Any, Final, Literal

import rfc8785
from pydantic import BeforeValidator, Field, StringConstraints

from indelible.kernel.workflow.fields import (
    AnyField,
    Fields,
    Name,
    Names,
    Part,
    Paths,
    Sentence,
    Starts,
    UniqueNames,
    WordList,
    Words,
    by_name,
    humanised,
    label_of,
    parts_of,
)

RELATIONS: Final = ("owner", "author", "action owner")
CONTENT_ROLES: Final = ("author", "reviewer", "qa_approver", "operator", "verifier")
"""Roles that may act on records; administrators' roles are kept apart (URS-AUT-03)."""
APPROVING_ROLES: Final = ("reviewer", "qa_approver", "verifier")
WITHDRAWAL: Final = "withdraw-signature-"
"""What the one step begins with that no declaration has to say, and none can: a person takes back a signature of theirs, whose
id stands at its end, so that a second press takes back no second one (URS-LNK-04)."""
_TERM: Final = re.compile(r"^(\d{1,4}) (business )?days?$")


class Disposes(Part):
    """Records of this process settle findings of `verify`: field `finding` holds a finding's id, and in state `state`
    it is settled. `checks.py` sees to it that this takes the signatures of two people (URS-VAL-09)."""

    finding: Name
    state: Name
    told: Name | None = None
    """The text field that takes the finding's own words when a person opens a record from its list."""


class Retain(Part):
    """How long and from when a record is kept; `from` names the states that start the time (URS-RET-01)."""

    rule: Words
    years: Annotated[int, Field(ge=1, le=100)]
    from_: UniqueNames = Field(alias="from", min_length=1)


class Link(Part):
    """A tie to another record, shown at both ends, `back` being its name at the other.

    `keeps_open: other` lets the linked record not close while this one is open, `this` the reverse;
    the guard `link_open` reads it. A linked record that has ended counts as open while one keeps it open in its turn.
    """

    to: UniqueNames = Field(min_length=1)
    back: Name
    by: WordList
    label: Words | None = None
    back_label: Words | None = None
    keeps_open: Literal["this", "other", "neither"] = "neither"


class Create(Part):
    """Which roles may open a record."""

    by: WordList


class Edit(Part):
    """Who may change which fields in one state; all else is refused at every door."""

    by: WordList
    fields: Paths = Field(min_length=1)


class Sign(Part):
    """The signature a step asks for; its meaning is fixed here, never by the signer (URS-MAN-05)."""

    meaning: Words


class Condition(Part):
    """A CEL expression that must be true, and what to tell a person when it is not."""

    check: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    otherwise: Sentence = ""


def _conditions(value: Any) -> Any:
    items = value if isinstance(value, list | tuple) else [value]
    return tuple({"check": item} if isinstance(item, str) else item for item in items)


_Said = Annotated[str, StringConstraints(min_length=1)] | Condition | list[str | Condition]


class Step(Part):
    """One way from a state to another: who, with what filled, signed how, unless what."""

    title: Words | None = None
    help: Sentence = ""
    from_: UniqueNames = Field(alias="from", min_length=1)
    to: Name
    by: WordList
    needs: Paths = ()
    fills: Names = ()
    """Fields that are entered with the step itself, by whoever takes it."""
    sign: Sign | None = None
    reason: Literal["none", "required"] = "none"
    when: Annotated[tuple[Condition, ...], BeforeValidator(_conditions, json_schema_input_type=_Said)] = ()
    unless: WordList = ()
    starts: Starts | None = None


class Due(Part):
    """When a state should be left: so many days after it was entered, or the day in field `until`."""

    within: Annotated[str, StringConstraints(pattern=_TERM.pattern)]
    until: Name | None = None

    @property
    def days(self) -> int:
        """The number of days, calendar or business."""
        match = _TERM.match(self.within)
        return int(match[1]) if match else 0

    @property
    def business(self) -> bool:
        """Whether Saturdays and Sundays are left out."""
        return " business " in self.within


def _edits(value: Any) -> Any:
    return (value,) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value


def _due(value: Any) -> Any:
    return {"within": value} if isinstance(value, str) else value


Edits = dict[
    Name, Annotated[tuple[Edit, ...], BeforeValidator(_edits, json_schema_input_type=Edit | list[Edit])]
]


class Declaration(Part):
    """One process: its fields, states, steps, links, due dates and retention."""

    process: Name
    title: Words
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    help: Sentence = ""
    named_by: Name
    requirements: WordList
    retain: Retain
    links: Annotated[dict[Name, Link], BeforeValidator(by_name)] = {}
    fields: Fields
    states: Annotated[Names, Field(min_length=2, max_length=30)]
    final: UniqueNames = Field(min_length=1)
    create: Create
    edit: Edits
    steps: Annotated[dict[Name, Step], BeforeValidator(by_name), Field(min_length=1, max_length=100)]
    due: dict[Name, Annotated[Due, BeforeValidator(_due, json_schema_input_type=str | Due)]] = {}
    disposes: Disposes | None = None

    @property
    def initial(self) -> str:
        """The state a new record is in."""
        return self.states[0]

    def order(self, state: str) -> int:
        """The place of a state in the process; a step to a lower one is a step back."""
        return self.states.index(state)

    def is_back(self, step: Step, state: str) -> bool:
        """Whether the step leads from `state` back to an earlier one."""
        return self.order(step.to) < self.order(state)

    def field(self, path: str) -> AnyField | None:
        """The field, or the part of a group or table, that a path names."""
        top, _, part = path.partition(".")
        field = self.fields.get(top)
        return field if field is None or not part else parts_of(field).get(part)

    def label(self, path: str) -> str:
        """What a reader calls it: `actions.done` is Actions, Done."""
        top, _, part = path.partition(".")
        if top not in self.fields:
            return humanised(top)
        own, inner = label_of(top, self.fields[top]), parts_of(self.fields[top]).get(part)
        if not part:
            return own
        return f"{own}, {label_of(part, inner)}" if inner else f"{own} ({humanised(part).lower()})"

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Every path that holds a value: fields, and parts instead of their group or table."""
        return tuple(leaf for name in self.fields for leaf in self.leaves_of(name))

    def leaves_of(self, path: str) -> tuple[str, ...]:
        """The paths below `path`; the path itself where nothing is below."""
        field = self.field(path)
        parts = parts_of(field) if field is not None else {}
        return tuple(f"{path}.{part}" for part in parts) or (path,)

    def open_in(self, state: str) -> frozenset[str]:
        """Paths somebody may edit in a state, steps' own fields included."""
        edited = {
            leaf for edit in self.edit.get(state, ()) for p in edit.fields for leaf in self.leaves_of(p)
        }
        filled = {
            leaf
            for step in self.steps.values()
            if state in step.from_
            for p in step.fills
            for leaf in self.leaves_of(p)
        }
        return frozenset(edited | filled)

    def covered(self, state: str) -> frozenset[str]:
        """Paths a signature given in this state stands for: all that could be edited up to it (URS-LNK-02)."""
        upto = self.states[: self.order(state) + 1]
        return frozenset(path for earlier in upto for path in self.open_in(earlier))

    @cached_property
    def judgements(self) -> frozenset[str]:
        """Paths entered only as part of a signed judgement by approving roles: no work that another must judge (decision 0008)."""
        editable = {
            leaf
            for edits in self.edit.values()
            for edit in edits
            if not set(edit.by) <= set(APPROVING_ROLES)
            for path in edit.fields
            for leaf in self.leaves_of(path)
        }
        return frozenset(
            leaf
            for step in self.steps.values()
            if step.sign is not None and set(step.by) <= set(APPROVING_ROLES)
            for p in step.fills
            for leaf in self.leaves_of(p)
            if leaf not in editable
        )

    def step_title(self, name: str) -> str:
        """What a reader calls the step."""
        if is_withdrawal(name):
            return "Withdraw a signature"
        return self.steps[name].title or humanised(name)

    def document(self) -> dict[str, Any]:
        """The declaration as JSON for storage: what was said and nothing else, in the order it was said."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        fields = {name: _listed_parts(field) for name, field in plain["fields"].items()}
        ordered = {"fields": _listed(fields), "steps": _listed(plain["steps"])}
        if "links" in plain:
            ordered["links"] = _listed(plain["links"])
        return {**plain, **ordered}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON (RFC 8785) of the whole declaration."""
        return fingerprint_of(self.document())


def is_withdrawal(name: str) -> bool:
    """Whether a step is that by which a signature is taken back."""
    return name.startswith(WITHDRAWAL)


def fingerprint_of(document: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON (RFC 8785) of a stored declaration."""
    return hashlib.sha256(rfc8785.dumps(dict(document))).hexdigest()


def _listed(entries: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **entry} for name, entry in entries.items()]


def _listed_parts(field: dict[str, Any]) -> dict[str, Any]:
    return {key: _listed(value) if key in ("fields", "columns") else value for key, value in field.items()}


@lru_cache(maxsize=256)
def _parsed(canonical: bytes) -> Declaration:
    return Declaration.model_validate(json.loads(canonical))


def stored(document: Mapping[str, Any]) -> Declaration:
    """The declaration of a stored document; the same object for the same bytes."""
    return _parsed(rfc8785.dumps(dict(document)))
