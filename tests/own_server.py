"""The test run on a PostgreSQL that somebody else started: INDELIBLE_TEST_ADMIN_URL names its superuser's address.

`INDELIBLE_TEST_ADMIN_URL=postgresql://postgres@host/postgres python -m pytest -m own_server` makes the five roles and the
database `indelible` there, points INDELIBLE_DATABASE_URL at it as a company would, and drops the database at the end.
"""

from __future__ import annotations

import os
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from indelible.home import keys, roles
from indelible.home.layout import Home
from indelible.home.postgres import DATABASE, LOGINS

VARIABLE: Final = "INDELIBLE_TEST_ADMIN_URL"


class OwnServer:
    """Stands where the embedded server stands in the fixtures: addresses, and nothing to start or stop."""

    def __init__(self, home: Home, administrator: str) -> None:
        self.home = home
        self._administrator = administrator

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address for app, owner, seal, verify or superuser."""
        parts = {**conninfo_to_dict(self._administrator), "dbname": database}
        if role != "superuser":
            parts |= {"user": LOGINS[role], "password": keys.database_secret(self.home, LOGINS[role])}
        return make_conninfo("", **parts)

    def announce(self) -> None:
        """Sets the variables a company would set, before Django's settings are read."""
        self.home.create()
        keys.create(self.home)
        for role, variable in (("app", ""), ("seal", "SEAL_"), ("verify", "VERIFY_")):
            os.environ[f"INDELIBLE_DATABASE_{variable}URL"] = self.url(role)

    def prepare(self) -> None:
        """Roles and an empty database, made as the manual says; refuses where one of that name is there already."""
        with psycopg.connect(self._administrator) as found:
            if found.execute("select from pg_database where datname = %s", [DATABASE]).fetchone():
                raise RuntimeError(
                    f"the server of {VARIABLE} has a database {DATABASE} already: it is not touched"
                )
        roles.create_roles_and_database(self._administrator, DATABASE, roles.secrets_of(self.home))

    def stop(self) -> None:
        """Drops what `prepare` made; the server itself is not ours."""
        roles.drop_database(self._administrator, DATABASE)
