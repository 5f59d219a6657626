"""`indelible verify`: everything of a live system checked, every finding named in words, nothing changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from indelible.cli.answers import FINDING, HomeOption, JsonOption, answer
from indelible.cli.installation import opened
from indelible.home.addresses import database_address

Advance = Callable[[str, int], None]


BundleArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[BUNDLE]", help="An inspection bundle, zipped or unpacked: checked offline."),
]


def verify(bundle: BundleArgument = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check everything of this installation, or an inspection bundle; exit 1 on a finding."""
    if bundle is not None:
        verify_bundle(bundle, as_json=as_json)
        return
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


def verify_bundle(bundle: Path, *, as_json: bool) -> None:
    """The bundle's own `verify.py`, from this installation and not from the bundle, in an interpreter of its own."""
    program = files("indelible.exports.bundle") / "offline" / "verify.py"
    done = subprocess.run(  # noqa: S603  (our own program; the path is its argument)
        [sys.executable, "-I", "-X", "utf8", str(program), str(bundle.absolute())],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    lines = done.stdout.splitlines()
    found = [line.removeprefix("FINDING: ") for line in lines if line.startswith("FINDING: ")]
    clean = done.returncode == 0
    answer({"clean": clean, "findings": found, "said": lines}, done.stdout.rstrip(), as_json=as_json)
    if not clean:
        raise typer.Exit(FINDING)
