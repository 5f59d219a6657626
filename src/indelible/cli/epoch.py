"""`indelible epoch`: after a restore, or where a witness holds another history, two people let the ledger go on."""

from __future__ import annotations

from typing import Annotated

import typer

from indelible.cli.answers import HomeOption, JsonOption, answer
from indelible.cli.installation import opened
from indelible.cli.person import Terminal, signed_in
from indelible.cli.sealing import left_sealed

commands = typer.Typer(help="A new epoch of the ledger, by two people.", no_args_is_help=True)


@commands.command("show")
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say whether the sealer refuses to sign, what was lost, and whether somebody has proposed to go on."""
    with opened(home):
        from indelible.kernel.audit import queries
        from indelible.kernel.identity.actions import waiting_epoch

        found, proposed = queries.broken(), waiting_epoch()
    told = (
        {**found, "proposed_by": proposed.user_id, "reason": proposed.reason} if found and proposed else found
    )
    words = found["says"] if found else "The ledger goes on: nothing is to settle."
    if proposed:
        words += f"\n{proposed.user_id} proposes that it go on from what is here: {proposed.reason}"
    answer(told, words, as_json=as_json)


@commands.command("propose")
def propose(
    reason: Annotated[str, typer.Option("--reason", help="Why what is here is right to go on from.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose, as system administrator or security unit, that the ledger go on from what the database holds."""
    with opened(home) as found, left_sealed(found), signed_in(Terminal(), purpose="epoch propose") as actor:
        from indelible.kernel.identity.actions import propose_epoch

        made = propose_epoch(actor, reason=reason)
    told = {"break": made.broken, "act": made.act, "proposed_by": made.user_id, "reason": made.reason}
    words = "Proposed. Another person, of the security unit or QA, looks at it (`indelible epoch show`) and approves it."
    answer(told, words, as_json=as_json)


@commands.command("approve")
def approve(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Approve it, as another person of the security unit or QA; the sealer then begins the epoch."""
    with opened(home) as found, left_sealed(found), signed_in(Terminal(), purpose="epoch approve") as actor:
        from indelible.kernel.identity.actions import approve_epoch

        made = approve_epoch(actor)
    told = {"break": made.broken, "proposal": made.act, "proposed_by": made.user_id, "reason": made.reason}
    words = (
        f"Approved what {made.user_id} proposed: {made.reason}\n"
        "The sealer begins the new epoch within half a minute. To its witnesses it is a new log: see docs/witness.md."
    )
    answer(told, words, as_json=as_json)
