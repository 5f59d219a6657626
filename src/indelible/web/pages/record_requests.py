"""What the pages of a record have in common: the case they are about, what was posted, a refusal by the names people know."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import queries as people
from indelible.kernel.records import actions as records
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.situations import Case, case_of
from indelible.web import form_paths, record_page
from indelible.web.access import DoorRequest
from indelible.web.fields import Reading
from indelible.web.forms import asks_for_rows
from indelible.web.pages import refusals


def case_at(request: DoorRequest, number: str) -> Case:
    """The record as this person sees it; the kernel's refusal where it is not theirs to see."""
    return case_of(request.actor, records.open_record(request.actor, number))


def said_of(refusal: Refusal | None, declaration: Declaration) -> dict[str, Any]:
    """A refusal with its fields by the names people know."""
    if refusal is None:
        return {}
    said = refusals.words(refusal)
    said["refusal_fields"] = [
        ({"label": _label(declaration, path), "anchor": _anchor(path)}, message)
        for path, message in refusal.fields.items()
    ]
    return said


def _label(declaration: Declaration, path: str) -> str:
    plain = form_paths.plain_rows(path)
    top = plain.partition(".")[0]
    return (
        declaration.label(plain)
        if top in declaration.fields and declaration.field(plain)
        else path.capitalize()
    )


def _anchor(path: str) -> str:
    return "reason" if path == "reason" else f"f-{form_paths.form_path(path).replace('.', '-')}"


def choices(request: DoorRequest) -> list[Any]:
    """The people a person field may name, for the suggestions of its input."""
    return list(people.people(request.actor, status="active")[:500])


def only_shown(request: DoorRequest) -> bool:
    """Whether the form comes only to be shown again: a kept draft, or a row more or less."""
    return getattr(request, "restoring", False) or asks_for_rows(request.POST)


def reading_of(request: DoorRequest, case: Case | None = None) -> Reading:
    """How values are told to this person: their zone, and the names in the record."""
    names = record_page.names_in(case) if case else {}
    return Reading(zone=request.actor.zone, names=names)


def revision_of(request: DoorRequest) -> int:
    """The revision that the posted page was made from; 0 where it says none."""
    said = request.POST.get("revision", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0
