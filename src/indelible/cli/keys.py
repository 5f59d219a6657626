"""`indelible keys`: show the signing keys, change one or the service's secret, end the overlap of the sealer's, put all under a lock."""

from __future__ import annotations

from typing import Annotated

import typer

from indelible.cli.answers import HomeOption, JsonOption, Problem, answer
from indelible.cli.installation import existing_home, opened
from indelible.cli.person import Terminal, signed_in
from indelible.cli.sealing import left_sealed
from indelible.home import key_lock, keys
from indelible.home.layout import Home
from indelible.home.lock import is_held

commands = typer.Typer(
    help="The signing keys of the sealer and of the service, its secret, and their lock.",
    no_args_is_help=True,
)
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why, with the change number: kept in the audit trail.")
]


@commands.command("show")
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print the key lines of each use, those that sign first; former ones verify what they signed, for ever."""
    with opened(home) as found:
        from indelible.kernel.identity.keys import lines

        told = lines(found)
    words = "\n".join(f"{use:<8} {line}" for use, each in told.items() for line in each)
    answer(told, words, as_json=as_json)


@commands.command("rotate")
def rotate(
    use: Annotated[str, typer.Argument(help="sealer or service")],
    reason: ReasonOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new key, as system administrator or security unit, with the service stopped."""
    _refuse_running(existing_home(home))
    with opened(home) as found, left_sealed(found), signed_in(Terminal(), purpose="keys rotate") as actor:
        from indelible.kernel.identity.actions import rotate_key

        old, new = rotate_key(actor, use, reason=reason)
    then = (
        "Both sign until `indelible keys retire`. Give the new line to your witnesses and inspectors first."
        if use == "sealer"
        else "It signs from now on; the old one verifies what it signed."
    )
    answer({"old": old, "new": new}, f"The new key is {new}\n{then}", as_json=as_json)


@commands.command("change-secret")
def change_secret(
    reason: ReasonOption,
    end_unreadable: Annotated[
        bool,
        typer.Option(
            "--end-unreadable", help="End the authenticators that the present secret does not open."
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new secret of the service and encrypt what the database keeps under it, with the service stopped."""
    _refuse_running(existing_home(home))
    with opened(home) as at, left_sealed(at), signed_in(Terminal(), purpose="keys change-secret") as actor:
        from indelible.kernel.identity.actions import rotate_secret

        old, new = rotate_secret(actor, reason=reason, end_unreadable=end_unreadable)
    told = "The secret was changed; every authenticator works on. The old one is destroyed: keep a copy of the new one apart."
    answer({"old": old, "new": new}, f"{told}\nIts name in the trail is {new}", as_json=as_json)


@commands.command("retire")
def retire(reason: ReasonOption, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """End the overlap: the sealer's new key alone signs, the old private key is destroyed."""
    _refuse_running(existing_home(home))
    with opened(home) as found, left_sealed(found), signed_in(Terminal(), purpose="keys retire") as actor:
        from indelible.kernel.identity.actions import retire_key

        old, stays = retire_key(actor, reason=reason)
    answer({"retired": old, "stays": stays}, f"{stays}\nsigns alone from now on.", as_json=as_json)


@commands.command("lock")
def lock(reason: ReasonOption, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Put every secret of the home under the lock named now, from the clear or the former lock, with the service stopped."""
    found = existing_home(home)
    _refuse_running(found)
    if not key_lock.is_named():
        raise Problem(f"Name the file that shall be the lock in {key_lock.VARIABLE}_FILE.")
    if not keys.is_lock_begun(found):  # what was broken off is ended; it stands in the trail already
        with (
            key_lock.as_before(),
            opened(home) as at,
            left_sealed(at),
            signed_in(Terminal(), purpose="keys lock") as actor,
        ):
            from indelible.kernel.identity.actions import lock_keys

            lock_keys(actor, reason=reason)
    changed = keys.lock_all(found)
    told = f"{changed} secrets of {found.root} were put under the lock. Nothing starts without it: keep it apart, and a copy of it."
    answer({"locked": changed}, told, as_json=as_json)


def _refuse_running(home: Home) -> None:
    if is_held(home):
        raise Problem(f"Indelible runs on {home.root}. Stop it before a key is changed.")
