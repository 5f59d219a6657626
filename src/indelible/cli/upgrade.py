"""`indelible upgrade`: bring the database to the installed version, as its owner, with the service stopped."""

from __future__ import annotations

from typing import Annotated

import typer

from indelible import __version__
from indelible.cli.answers import HomeOption, JsonOption, Problem, answer
from indelible.cli.installation import (
    database_up,
    django_ready,
    existing_home,
    owner_url,
    reachable,
    superuser_url,
)
from indelible.cli.installing import install_at
from indelible.cli.sealing import seal_now
from indelible.home.lock import is_held


def upgrade(
    reason: Annotated[str, typer.Option(help="Why, with the change number: kept in the audit trail.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Migrate the database as its owner and renew the protections; recorded with its reason."""
    found = existing_home(home)
    if is_held(found):
        raise Problem(f"Indelible runs on {found.root}. Stop it before an upgrade.")
    with database_up(found):
        url = owner_url(found)
        reachable(url)
        django_ready()
        from indelible.kernel.audit.types import check_reason

        install_at(url, reason=check_reason(reason), superuser_url=superuser_url(found))
        seal_now(found, f"The database is at version {__version__}")
    answer({"version": __version__}, f"The database is at version {__version__}.", as_json=as_json)
