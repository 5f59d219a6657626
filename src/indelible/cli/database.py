"""`indelible database-url`: the database's address for one role, for whoever may read the home folder."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from indelible.cli.answers import HomeOption, JsonOption, Problem, answer, tell
from indelible.cli.installation import existing_home
from indelible.home import configuration
from indelible.home.postgres import LOGINS, Server


class Role(StrEnum):
    """Whose address."""

    app = "app"
    owner = "owner"
    seal = "seal"
    verify = "verify"
    superuser = "superuser"


_KEPT = {
    Role.app: "INDELIBLE_DATABASE_URL",
    Role.owner: "INDELIBLE_DATABASE_OWNER_URL",
    Role.seal: "INDELIBLE_DATABASE_SEAL_URL",
    Role.verify: "INDELIBLE_DATABASE_VERIFY_URL",
}


def database_url(
    as_role: Annotated[Role, typer.Option("--as", help="The role to log in as.")] = Role.app,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the embedded database's address for a role; it contains that role's password."""
    found = existing_home(home)
    if not configuration.load(found).embedded:
        raise Problem(_own_database(as_role))
    server = Server(found)
    if not server.is_initialised():
        raise Problem(f"{found.root} has no database yet. Run `indelible init` first.")
    running = server.is_running()
    if not running:
        tell("indelible: the database is not running now; the address holds while `indelible serve` runs.")
    url = server.url(as_role.value)
    answer({"role": LOGINS[as_role.value], "url": url, "running": running}, url, as_json=as_json)


def _own_database(role: Role) -> str:
    if role is Role.superuser:
        return "Your own PostgreSQL is in use; its superuser's secret is with whoever runs it, not with Indelible."
    return (
        f"Your own PostgreSQL is in use: the role is {LOGINS[role.value]}, its address and secret are where "
        f"{_KEPT[role]} (or {_KEPT[role]}_FILE) was set."
    )
