"""How commands answer: a result as words or JSON on stdout, a problem as one sentence on stderr, the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

FINDING: Final = 1
"""Exit code of a finding or refusal; 2 is wrong use, 0 is done (interface.md section 2)."""

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder of the installation.",
        envvar="INDELIBLE_HOME",
        show_default="./var",
        file_okay=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


class Problem(Exception):  # noqa: N818  (read aloud to the operator, not handled by code)
    """What stops a command, in one sentence that says what to do; exit code 1."""


def answer(result: Any, words: str, *, as_json: bool) -> None:
    """Print the result once: as JSON for programs, else in words for people."""
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2, default=str) if as_json else words)


def tell(sentence: str) -> None:
    """A remark for the person at the terminal, kept out of the result."""
    typer.echo(sentence, err=True)
