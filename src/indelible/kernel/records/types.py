"""Frozen values of records: a change of content, an earlier value, an item of the trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, TypedDict

NUMBER_KEPT: Final = 64

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs between two contents; `path` as `problem`, `criterion.window`, `actions[2].owner`.

    Rows count from 1: in the new content, or in the old one for a row that is gone. None is empty.
    """

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Earlier:
    """A value a field had, from `revision` on; who put it there, when (database time, UTC) and why (URS-AUD-06)."""

    value: Any
    revision: int
    at: datetime
    user_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class StateEntry:
    """That a record entered a state, when (database time, UTC) and by which act."""

    state: str
    at: datetime
    act: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """What a list of records is narrowed to; empty means not narrowed. `updated_from` is aware."""

    process: str = ""
    state: str = ""
    q: str = ""
    owner: str = ""
    site: str = ""
    updated_from: datetime | None = None
    sort: Literal["newest", "updated"] = "newest"


TrailSort = Literal["newest", "oldest", "person", "record", "action", "field"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """What the trail is narrowed to; empty means not narrowed. `since` and `until` are aware, the end excluded."""

    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    process: str = ""
    record: str = ""
    field: str = ""
    action: str = ""
    outcome: str = ""
    q: str = ""
    sort: TrailSort = "newest"


class TrailPerson(TypedDict):
    """Who acted, as named at that moment."""

    user_id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handwritten:
    """What is known of a signature by hand on a paper whose picture is attached (21 CFR 11.3(b)(8), URS-LNK-05).

    Who signed, on which calendar day, and where the original lies. It is no electronic signature and takes no step.
    """

    signer: str
    signed_on: date
    original: str

    def document(self) -> dict[str, str]:
        """As it is stored beside the file."""
        return {"signer": self.signer, "signed_on": self.signed_on.isoformat(), "original": self.original}


def handwritten_of(signer: str, signed_on: str, original: str) -> Handwritten | None:
    """The label as a form gives it; None where nothing of it is given. A day nobody can read is `date.min`."""
    if not (signer.strip() or signed_on.strip() or original.strip()):
        return None
    try:
        day = date.fromisoformat(signed_on.strip())
    except ValueError:
        day = date.min
    return Handwritten(signer=signer, signed_on=day, original=original)


class TrailChange(TypedDict):
    """One field's old and new value; both None-able, secrets told as `changed (not shown)`."""

    field: str
    label: str
    old: Any
    new: Any


class TrailItem(TypedDict):
    """One act as people read it (interface.md section 4); `seq` is the leaf index, None until sealed."""

    id: int
    seq: int | None
    at: datetime
    time_doubtful: bool
    person: TrailPerson
    on_behalf_of: str
    action: str
    action_title: str
    object: str
    record: str
    changes: list[TrailChange]
    reason: str
    source: str
    terminal: str
    channel: str
    outcome: str
    rule: str
    clause: str


Labels = Callable[[str, str, str], str]
STEP: Final = "record.step"
"""The action of taking a step; the object of such an act is the step's name in the record's declaration."""
LINKING: Final = "record.link"
"""The action of linking two records; the object of such an act is the other one's number."""
REFUSING_TO_SIGN: Final = "signature.decline"
"""The action of refusing to sign; the object of such an act is a step's name, too."""
STEP_PATH: Final = "step "
"""What is put before a step's name to ask `Labels` for its title; a path of a field has no space."""
"""From process code, fingerprint and declared path (`actions.owner`) to the field's label on the page."""


def as_typed(text: str) -> str:
    """A number as somebody typed it, fit for query and trail: at most 64 characters, no NUL, no lone surrogate."""
    return text[:NUMBER_KEPT].replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
