"""The five database roles of decision D3, the database they share, and copies of it for tests.

`indelible_owner` owns tables; `audit_owner` cannot log in and owns schema `audit`; `indelible_app` serves
requests; `indelible_seal` and `indelible_verify` as in ledger.md 3.7. What each may do in schema `audit` and on
each table is granted by the audit installation, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import psycopg
from psycopg import sql

from indelible.home import keys
from indelible.home.layout import Home

OWNER: Final = "indelible_owner"
AUDIT_OWNER: Final = "audit_owner"
SERVING: Final = ("indelible_app", "indelible_seal", "indelible_verify")
_PLAIN: Final = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"

_WATCHES: Final[Mapping[str, str]] = {
    "indelible_structure": "ddl_command_end",
    "indelible_structure_drop": "sql_drop",
}
_PINNED: Final[Mapping[str, str]] = {
    "datestyle": "ISO, YMD",
    "timezone": "UTC",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
"""How our logins' sessions write values, whatever the habits of a company's server: the driver reads nothing else."""


def secrets_of(home: Home) -> dict[str, str]:
    """The passwords of the four roles that log in, from the home's keys."""
    return {role: keys.database_secret(home, role) for role in (OWNER, *SERVING)}


def create_roles_and_database(
    superuser_url: str, name: str, passwords: Mapping[str, str], *, whole_server: bool = False
) -> None:
    """Make the roles and an empty database of this name; what is there already is brought to the same state.

    `whole_server`: the server is ours alone, so its other databases are closed to our roles too.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in (OWNER, *SERVING):
            _ensure_role(connection, role, passwords[role])
        _ensure_role(connection, AUDIT_OWNER, None)
        _run(connection, "GRANT audit_owner TO indelible_owner WITH SET TRUE, INHERIT FALSE, ADMIN FALSE")
        if whole_server:
            for other in ("postgres", "template1"):
                _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", other)
        if not _database_exists(connection, name):
            _run(
                connection,
                "CREATE DATABASE {} OWNER indelible_owner TEMPLATE template0 ENCODING 'UTF8'",
                name,
            )
        _grant_database(connection, name)
    with psycopg.connect(superuser_url, dbname=name, autocommit=True) as connection:
        _prepare_schemas(connection)


def watch_structure(superuser_url: str) -> bool:
    """Make the event triggers that tell the trail of every change of structure; those that are there stay.

    Only a superuser may make them (PostgreSQL): where the address is of another, none are made, and `verify` says what that
    means. The function they call is the audit installation's. Returns whether they are there.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for name, event in _WATCHES.items():
            if _is_watched(connection, name):
                continue
            try:
                _run(
                    connection,
                    f"CREATE EVENT TRIGGER {{}} ON {event} EXECUTE FUNCTION audit.record_structure()",
                    name,
                )
            except psycopg.errors.InsufficientPrivilege:
                return False
            _run(connection, "ALTER EVENT TRIGGER {} ENABLE ALWAYS", name)
    return True


def _is_watched(connection: psycopg.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_event_trigger WHERE evtname = %s", [name]).fetchone()
    return found is not None


def clone_database(superuser_url: str, template: str, name: str) -> None:
    """A copy of a database nobody is connected to, with the same rights (PostgreSQL does not copy those)."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _run(connection, "CREATE DATABASE {} OWNER indelible_owner TEMPLATE {}", name, template)
        _grant_database(connection, name)


def drop_database(superuser_url: str, name: str) -> None:
    """Drop a database and disconnect whoever is in it; nothing happens when it is not there."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _ensure_role(connection: psycopg.Connection, role: str, password: str | None) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if found else "CREATE"
    if password is None:
        _run(connection, f"{verb} ROLE {{}} NOLOGIN NOINHERIT {_PLAIN} PASSWORD NULL", role)
        return
    # only the verifier travels: a password inside a statement could end up in a log
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL(f"{verb} ROLE {{}} LOGIN NOINHERIT {_PLAIN} PASSWORD {{}}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier)))
    for name, value in _PINNED.items():
        pinned = sql.SQL("ALTER ROLE {} SET {} = {}")
        connection.execute(pinned.format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value)))


def _database_exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _grant_database(connection: psycopg.Connection, name: str) -> None:
    """Rights on the database itself: no temporary tables, no schemas of one's own, no strangers."""
    _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
    _run(connection, "REVOKE ALL ON DATABASE {} FROM indelible_app, indelible_seal, indelible_verify", name)
    _run(connection, "GRANT CONNECT ON DATABASE {} TO indelible_app, indelible_seal, indelible_verify", name)


def _prepare_schemas(connection: psycopg.Connection) -> None:
    serving = "indelible_app, indelible_seal, indelible_verify"
    for statement in (
        "ALTER SCHEMA public OWNER TO indelible_owner",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {serving}, audit_owner",
        "CREATE SCHEMA IF NOT EXISTS audit AUTHORIZATION audit_owner",
        "REVOKE ALL ON SCHEMA audit FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA audit TO {serving}, indelible_owner",
        "ALTER DEFAULT PRIVILEGES FOR ROLE audit_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE indelible_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC",
    ):
        _run(connection, statement)


def _run(connection: psycopg.Connection, statement: str, *names: str) -> None:
    """Run one of the fixed statements above with database or role names quoted into it."""
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
