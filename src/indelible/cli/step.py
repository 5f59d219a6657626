"""`indelible step`: a person takes a step on a record, through the same verb and under the same rules as on the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from indelible.cli.answers import HomeOption, JsonOption, Problem, answer, tell
from indelible.cli.installation import opened
from indelible.cli.person import Asking, Terminal, signed_in
from indelible.cli.sealing import left_sealed

if TYPE_CHECKING:
    from indelible.kernel.audit.types import Actor
    from indelible.kernel.signatures.types import Components

LEGAL_EFFECT: Final = (
    "Your electronic signature has the same legal effect as your handwritten one (21 CFR 11.100, 11.200)."
)
_CONTENT: Final = (
    "number",
    "title",
    "process_title",
    "state_title",
    "revision",
    "digest",
    "owner",
    "fields",
    "attachments",
    "links",
)
"""What a signature covers, and how people know the record."""


def step(
    number: Annotated[str, typer.Argument(help="The record's number.")],
    name: Annotated[str, typer.Argument(metavar="STEP", help="The step, as the record lists it.")],
    fields: Annotated[
        Path | None, typer.Option("--fields", help="A JSON file with fields to enter with the step.")
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", help="Why, where the step or a change asks for it.")
    ] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a step on a record as a person who signs in (id and password are asked, or INDELIBLE_TOKEN)."""
    given = _fields(fields)
    with (
        opened(home) as found,
        left_sealed(found),
        signed_in(Terminal(), purpose=f"step {name} of {number}") as actor,
    ):
        record = take(actor, Terminal(), number, name, fields=given, reason=reason)
    words = f"{record['number']} is in {record['state_title']}, revision {record['revision']}."
    answer(record, words, as_json=as_json)


def take(
    actor: Actor, asking: Asking, number: str, name: str, *, fields: Mapping[str, Any] | None, reason: str
) -> dict[str, Any]:
    """Shows the record, asks for the signature where the step has one, takes the step; the record after it.

    Raises Refusal; Problem where the person does not confirm.
    """
    from indelible.kernel.workflow import actions
    from indelible.kernel.workflow.showing import show_record

    record = show_record(actor, number)
    _show(record)
    actions.take_step(
        actor,
        record["number"],
        name,
        revision=record["revision"],
        fields=fields,
        reason=reason,
        signature=_signature(record, name, asking),
    )
    return actions.read_record(actor, record["number"])


def _show(record: Mapping[str, Any]) -> None:
    """The record in front of the person, outside the result: what is signed was displayed (URS-SIG-05)."""
    tell(json.dumps({key: record[key] for key in _CONTENT}, ensure_ascii=False, indent=2))


def _signature(record: Mapping[str, Any], name: str, asking: Asking) -> Components | None:
    """The components of a step that is signed; None for one that is not, or that the kernel will refuse anyway."""
    from indelible.kernel.signatures.types import Components

    wanted = next((s["signature"] for s in record["steps"] if s["name"] == name), None)
    if wanted is None:
        return None
    tell(LEGAL_EFFECT)
    if not asking.agrees(f"Sign {record['number']} revision {record['revision']} as “{wanted['meaning']}”?"):
        raise Problem("Not signed; nothing was changed.")
    user_id = asking.line("User id (may be left empty after the first signing of this period)")
    return Components(user_id or None, asking.secret("Password"), None, wanted["meaning"])


def _fields(path: Path | None) -> dict[str, Any] | None:
    """The fields of a JSON file; Problem where it holds no object."""
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Problem(f"{path} cannot be read as JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Problem(f"{path} must hold one JSON object: field names and their values.")
    return found
