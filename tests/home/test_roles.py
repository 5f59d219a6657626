"""The five database roles: what each is refused, tried with its own login (URS-AUD-02, decision D3)."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from indelible.home import roles
from indelible.home.postgres import Server
from tests.home.conftest import ask

SERVING = ["app", "seal", "verify"]


@pytest.fixture(scope="module", autouse=True)
def trail(roles_server: Server) -> None:
    """A table of the owner and one of schema audit, readable and no more, as an installation grants them."""
    with psycopg.connect(roles_server.url("owner"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int PRIMARY KEY, words text)")
        connection.execute(
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        )
        connection.execute(
            "CREATE TRIGGER captured AFTER UPDATE ON kept FOR EACH ROW EXECUTE FUNCTION nothing()"
        )
        connection.execute("GRANT SELECT, INSERT, UPDATE ON kept TO indelible_app")
        connection.execute("SET ROLE audit_owner")
        connection.execute("CREATE TABLE audit.event (id int)")
        connection.execute("GRANT SELECT ON audit.event TO indelible_app")


@pytest.mark.urs("URS-AUD-02")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM kept",
        "TRUNCATE kept",
        "DROP TABLE kept",
        "ALTER TABLE kept DISABLE TRIGGER captured",
        "ALTER TABLE kept DISABLE TRIGGER ALL",
        "DROP TRIGGER captured ON kept",
        "CREATE TRIGGER mine BEFORE UPDATE ON kept FOR EACH ROW EXECUTE FUNCTION nothing()",
        "INSERT INTO audit.event VALUES (1)",
        "UPDATE audit.event SET id = 2",
        "DELETE FROM audit.event",
        "TRUNCATE audit.event",
        "SET session_replication_role = replica",
        "SET ROLE audit_owner",
        "SET ROLE indelible_owner",
        "SET SESSION AUTHORIZATION postgres",
        "GRANT audit_owner TO indelible_app",
        "CREATE TABLE public.mine (id int)",
        "CREATE TABLE audit.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "CREATE EXTENSION plpgsql VERSION '1.0'",
        "ALTER SYSTEM SET fsync = off",
        "COPY kept FROM '/etc/passwd'",
        "COPY kept TO PROGRAM 'id'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_the_service_is_refused(roles_server: Server, statement: str) -> None:
    with (
        psycopg.connect(roles_server.url("app"), autocommit=True) as connection,
        pytest.raises((errors.InsufficientPrivilege, errors.DuplicateObject)),
    ):
        connection.execute(statement)


@pytest.mark.urs("URS-AUD-02")
def test_no_serving_role_has_power_over_others(roles_server: Server) -> None:
    url = roles_server.url("superuser")
    powers = ask(
        url,
        "SELECT count(*) FROM pg_roles WHERE (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)"
        " AND rolname IN ('indelible_owner','audit_owner','indelible_app','indelible_seal','indelible_verify')",
    )
    assert powers == 0
    assert ask(url, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'audit_owner'") is False
    assert ask(url, "SELECT count(*) FROM pg_auth_members WHERE member::regrole::text LIKE 'indelible%'") == 1


def test_owner_becomes_audit_owner_only_knowingly(roles_server: Server) -> None:
    with psycopg.connect(roles_server.url("owner"), autocommit=True) as connection:
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("INSERT INTO audit.event VALUES (1)")
        connection.execute("SET ROLE audit_owner")
        connection.execute("INSERT INTO audit.event VALUES (1)")
        connection.execute("DELETE FROM audit.event")


@pytest.mark.parametrize("role", SERVING)
@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_other_databases_of_the_server_are_closed(roles_server: Server, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(roles_server.url(role, database))


@pytest.mark.parametrize("role", [*SERVING, "owner", "superuser"])
def test_every_login_needs_its_password(roles_server: Server, role: str) -> None:
    url = roles_server.url(role)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url, password="wrong")


def test_passwords_are_kept_as_scram_verifiers_of_their_own(roles_server: Server) -> None:
    stored = ask(
        roles_server.url("superuser"),
        "SELECT array_agg(rolpassword) FROM pg_authid WHERE rolpassword IS NOT NULL",
    )
    assert isinstance(stored, list)
    assert len(stored) == len(set(stored)) == 5
    assert all(verifier.startswith("SCRAM-SHA-256$") for verifier in stored)


def test_a_copy_of_the_database_carries_the_same_rights(roles_server: Server) -> None:
    superuser = roles_server.url("superuser", "postgres")
    roles.clone_database(superuser, "indelible", "copied")
    try:
        with psycopg.connect(roles_server.url("app", "copied"), autocommit=True) as connection:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("CREATE TEMPORARY TABLE mine (id int)")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("DELETE FROM kept")
            connection.execute("INSERT INTO kept VALUES (1, 'x')")
    finally:
        roles.drop_database(superuser, "copied")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(roles_server.url("app", "copied"))


def test_creating_again_changes_nothing(roles_server: Server) -> None:
    superuser = roles_server.url("superuser", "postgres")
    passwords = roles.secrets_of(roles_server.home)
    roles.create_roles_and_database(superuser, "indelible", passwords, whole_server=True)
    assert ask(roles_server.url("app"), "SELECT count(*) FROM kept") == 0
