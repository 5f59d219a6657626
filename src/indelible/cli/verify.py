"""`indelible verify`: everything of a live system checked, every finding named in words, nothing changed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from indelible.cli.answers import FINDING, HomeOption, JsonOption, answer
from indelible.cli.installation import opened
from indelible.home.addresses import database_address

Advance = Callable[[str, int], None]


def verify(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check leaves, tree, checkpoints, rows, signatures, files and protections of this installation; exit 1 on a finding."""
    with opened(home) as found, _progress(shown=sys.stderr.isatty()) as advance:
        from indelible.jobs.verification import examine

        report = examine(database_address(found, "verify"), found, advance=advance)
    answer(report.as_json(), report.in_words(), as_json=as_json)
    if report.open:
        raise typer.Exit(FINDING)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Advance | None]:
    """A line on the terminal that says which check runs and how far it is; nothing when nobody is looking."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("verifying", total=None)

        def advance(title: str, done: int) -> None:
            if done:
                progress.advance(task, done)
            else:
                progress.reset(task, description=title)

        yield advance
