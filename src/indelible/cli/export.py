"""`indelible export`: an inspection bundle of records, taken by a person who signs in, written down before it leaves."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indelible.cli.answers import HomeOption, JsonOption, Problem, answer
from indelible.cli.installation import opened
from indelible.cli.person import Terminal, signed_in
from indelible.cli.sealing import left_sealed

if TYPE_CHECKING:
    from indelible.exports.bundle.actions import Bundle
    from indelible.exports.bundle.held import Order
    from indelible.kernel.audit.types import Actor


def export(
    out: Annotated[
        Path, typer.Option("--out", help="The file to write; it must not be there yet.", dir_okay=False)
    ],
    numbers: Annotated[list[str] | None, typer.Argument(metavar="NUMBER...", help="Record numbers.")] = None,
    query: Annotated[
        str,
        typer.Option(
            "--query",
            help="Records by words, as the search finds them, or process=..., state=..., owner=..., site=...",
        ),
    ] = "",
    links: Annotated[
        bool, typer.Option("--with-links/--without-links", help="The records they link to, as well.")
    ] = True,
    whole_log: Annotated[
        bool, typer.Option("--whole-log", help="Every entry of the log, for roles that read the whole trail.")
    ] = False,
    purpose: Annotated[str, typer.Option("--purpose", help="What it is for; stands in the trail.")] = "",
    recipient: Annotated[str, typer.Option("--for", help="Who receives it; stands in the manifest.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export an inspection bundle as a person who signs in (id and password are asked, or INDELIBLE_TOKEN)."""
    if not numbers and not query:
        raise typer.BadParameter("Name records or give --query.")
    if out.exists():
        raise Problem(f"{out} is there already; nothing is written over it.")
    with (
        opened(home) as found,
        left_sealed(found),
        signed_in(Terminal(), purpose=f"export to {out.name}") as actor,
    ):
        order = ordered(
            numbers or [], query, links=links, whole=whole_log, purpose=purpose, recipient=recipient
        )
        made = handed_over(actor, order, out)
    told = {"file": str(out), "sha256": made.digest, "records": made.count}
    words = f"{out}: {made.count} records, SHA-256 {made.digest}. Check it with: indelible verify {out}"
    answer(told, words, as_json=as_json)


def ordered(numbers: list[str], query: str, **asked: Any) -> Order:
    """The order that a command line stands for; words of `query` of the form name=value filter, the others are searched."""
    from indelible.exports.bundle.held import Order
    from indelible.kernel.records.types import RecordFilter

    names = ("process", "state", "owner", "site")
    pairs = [word.partition("=") for word in query.split()]
    exact: dict[str, Any] = {name: value for name, mark, value in pairs if mark and name in names}
    words = " ".join(word for word in query.split() if word.partition("=")[0] not in names)
    wanted = RecordFilter(q=words, **exact) if query else None
    return Order(numbers=numbers, wanted=wanted, query=" ".join([*numbers, query]).strip(), **asked)


def handed_over(actor: Actor, order: Order, out: Path) -> Bundle:
    """Makes the bundle and writes it to a new file that only this account reads. Raises Refusal, Problem."""
    from indelible.exports.bundle import actions

    made = actions.bundle(actor, order)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with made.content as content, os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file)
    except OSError as error:
        raise Problem(
            f"{out} could not be written: {error.strerror}. The trail holds that it was made."
        ) from None
    return made
