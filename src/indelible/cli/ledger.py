"""`indelible ledger`: the whole log written to a folder as outside tools read it (C2SP tlog-tiles)."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indelible.cli.answers import HomeOption, JsonOption, Problem, answer
from indelible.cli.installation import opened
from indelible.cli.person import Terminal, signed_in
from indelible.cli.sealing import left_sealed
from indelible.home.layout import find_home
from indelible.ledger.faults import LedgerFault

if TYPE_CHECKING:
    from indelible.exports.ledger import Written
    from indelible.kernel.audit.types import Actor

commands = typer.Typer(help="The ledger as outside tools read it.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """The ledger as outside tools read it."""


@commands.command("export")
def export(
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="The folder: new, empty, or an earlier export of this log.", file_okay=False
        ),
    ],
    purpose: Annotated[str, typer.Option("--purpose", help="What it is for; stands in the trail.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write checkpoint, hashes and every entry to a folder, as a person who reads the whole trail."""
    with (
        opened(home) as found,
        left_sealed(found),
        signed_in(Terminal(), purpose=f"ledger export to {out.name}") as actor,
    ):
        done = written(actor, out, purpose=purpose)
    root = b64encode(done.root).decode()
    told = {"folder": str(out), "size": done.size, "root": root, "vkey": done.vkey, "files": done.files}
    words = (
        f"{out}: {done.size} entries, root {root}, {done.files} files written, read back and whole.\n"
        f"Key of the log: {done.vkey}"
    )
    answer(told, words, as_json=as_json)


def written(actor: Actor, out: Path, *, purpose: str = "") -> Written:
    """Writes the folder. Raises Refusal, and Problem where the folder does not fit or cannot be written."""
    from indelible.exports.ledger import write_folder
    from indelible.kernel.audit.queries import last_checkpoint
    from indelible.kernel.audit.seal import log_key, signer

    try:
        head = last_checkpoint()
        key = log_key(find_home(), head.note) if head else signer(find_home()).verifier
        return write_folder(actor, out, key, purpose=purpose)
    except LedgerFault as fault:
        raise Problem(str(fault)) from None
    except OSError as error:
        raise Problem(
            f"{out} could not be written: {error.strerror}. The trail holds that it was begun."
        ) from None
