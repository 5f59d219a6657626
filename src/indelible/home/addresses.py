"""Where each database role logs in: the embedded server's socket, or a company's own server by INDELIBLE_DATABASE_*."""

from __future__ import annotations

from typing import Literal

from indelible.home import configuration
from indelible.home.layout import Home, HomeProblem
from indelible.home.postgres import Server

ServingRole = Literal["app", "seal", "verify"]


def database_address(home: Home, role: ServingRole) -> str:
    """The address of one serving role; raises HomeProblem where a company's own server lacks its variable."""
    given = configuration.load(home)
    if given.embedded:
        return Server(home).url(role)
    addresses = {
        "app": given.database_url,
        "seal": given.database_seal_url,
        "verify": given.database_verify_url,
    }
    if not addresses[role]:
        raise HomeProblem(
            f"INDELIBLE_DATABASE_{role.upper()}_URL (or ..._FILE) must name the address of indelible_{role} "
            "when INDELIBLE_DATABASE_URL is set."
        )
    return addresses[role]
