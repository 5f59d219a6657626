"""Sealing what a command itself wrote, when no sealer runs beside it: an hour later it would look unsealed to `verify`."""

from __future__ import annotations

from indelible.cli.answers import Problem
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
