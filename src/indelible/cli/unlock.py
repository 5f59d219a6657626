"""`indelible unlock`: two administrators at the machine lift a lock, also where failed attempts locked them both (URS-ACC-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from indelible.cli.answers import HomeOption, JsonOption, answer, tell
from indelible.cli.installation import opened
from indelible.cli.person import SOURCE, Asking, Terminal, this_command
from indelible.cli.sealing import left_sealed
from indelible.kernel.identity.types import Confirmation

if TYPE_CHECKING:
    from indelible.kernel.identity.lifting import Presented


def unlock(
    user_id: Annotated[str, typer.Argument(metavar="USER_ID", help="Whose account is locked.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    confirmed: Annotated[
        Confirmation,
        typer.Option("--confirmed", help="How you confirmed that it is this person who asks."),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Unlock an account at the machine, by two administrators who each give id and password; theirs may be locked, too."""
    with opened(home) as found, left_sealed(found):
        told = lift(Terminal(), user_id, confirmed=confirmed, reason=reason)
    answer(told, f"{told['name']} ({told['user_id']}) can sign in again.", as_json=as_json)


def lift(asking: Asking, user_id: str, *, confirmed: str, reason: str) -> dict[str, str]:
    """Asks both administrators and unlocks; whom. Raises Refusal; Problem where nobody is there to ask."""
    from indelible.kernel.identity.actions import unlock_at_machine

    tell("The administrator who unlocks; never the person whose account it is.")
    acting = _presented(asking)
    tell("Another administrator, beside them.")
    beside = _presented(asking)
    person = unlock_at_machine(
        user_id,
        acting,
        beside,
        confirmed=confirmed,
        reason=reason,
        source=SOURCE,
        device=this_command(),
    )
    return {"user_id": person.user_id, "name": person.name, "confirmed": confirmed, "reason": reason}


def _presented(asking: Asking) -> Presented:
    from indelible.kernel.identity.lifting import Presented

    return Presented(
        asking.line("User id"),
        asking.secret("Password"),
        asking.secret("One-time code (left empty where none is set up)"),
    )
