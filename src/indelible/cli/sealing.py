"""Sealing what a command itself wrote, when no sealer runs beside it: an hour later it would look unsealed to `verify`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from indelible.cli.answers import Problem
from indelible.home import configuration
from indelible.home.addresses import database_address
from indelible.home.layout import Home, HomeProblem


def seal_now(home: Home, done: str) -> None:
    """Seals what is committed. Raises Problem, which says that `done` is done, where it cannot be sealed."""
    from indelible.jobs.sealer import NotSealed, seal_once
    from indelible.kernel.audit import seal

    try:
        seal_once(database_address(home, "seal"), home.sealer, seal.signer(home))
    except (NotSealed, HomeProblem) as obstacle:
        raise Problem(f"{done}, but its entry is not sealed: {obstacle}") from None


def recognise(home: Home) -> None:
    """Before anybody can write: seals what waits, and where the database is not the one that was signed last, that is told
    in the trail, so that from the first request on no lost number is given again (URS-BCK-02)."""
    from indelible.jobs.sealer import NotSealed, SealerBeside, seal_once
    from indelible.kernel.audit import seal

    try:
        seal_once(database_address(home, "seal"), home.sealer, seal.signer(home))
    except SealerBeside:
        return
    except NotSealed as refusal:
        typer.echo(f"indelible: Nothing is signed. {refusal}", err=True)


@contextmanager
def left_sealed(home: Home) -> Iterator[None]:
    """Seals what a person's command wrote, also where it was refused; with a service beside it that is its sealer's work.

    A company's own database is sealed where its sealer runs, not where a command is typed.
    """
    try:
        yield
    finally:
        if configuration.load(home).embedded:
            _seal_unless_beside(home)


def _seal_unless_beside(home: Home) -> None:
    from indelible.jobs.sealer import NotSealed, SealerBeside, seal_once
    from indelible.kernel.audit import seal

    try:
        seal_once(database_address(home, "seal"), home.sealer, seal.signer(home))
    except SealerBeside:
        return
    except (
        NotSealed,
        HomeProblem,
    ) as obstacle:  # said, not raised: it must not hide what the command itself answers
        typer.echo(f"The entry of this command is not sealed: {obstacle}", err=True)
