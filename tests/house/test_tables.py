"""Every table that our rooms made has its capture, guards and rights in the live catalogue; one without is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader

from indelible.cli.installing import as_owner
from indelible.kernel.audit import installation, queries
from tests.conftest import Database, point_django_at

pytestmark = pytest.mark.own_server

TRIGGERS = """
    select c.relname, t.tgname, t.tgenabled::text, p.proname, t.tgqual is null, pg_get_triggerdef(t.oid)
      from pg_class as c join pg_trigger as t on t.tgrelid = c.oid join pg_proc as p on p.oid = t.tgfoid
     where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
"""
RIGHTS = """
    select c.relname, r.rolname, array_agg(p order by p) filter (where has_table_privilege(r.rolname, c.oid, p))
      from pg_class as c,
           unnest(array['indelible_app', 'indelible_seal', 'indelible_verify', 'audit_owner']) as r(rolname),
           unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as p
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') group by 1, 2
"""


@pytest.fixture
def declared(database: Database) -> tuple[dict[str, dict[str, object]], dict[str, str]]:
    """The tables as the rooms declare them: regulated and not."""
    return installation.declared_tables()


def without_capture(database: Database) -> list[str]:
    """Tables of the product on which the capture trigger is missing or sleeps, the unregulated left out."""
    captured = {row[0] for row in database.rows(TRIGGERS) if row[3] == "capture" and row[2] == "A" and row[4]}
    every = {row[0] for row in database.rows(RIGHTS)}
    return sorted(every - captured - set(installation.declared_tables()[1]))


@pytest.mark.urs("URS-AUD-01")
def test_every_table_is_captured_always_and_without_a_condition(
    database: Database, declared: tuple[dict[str, dict[str, object]], dict[str, str]]
) -> None:
    regulated, _ = declared
    assert len(regulated) > 10
    assert without_capture(database) == []
    found: dict[str, dict[str, str]] = {}
    for table, name, enabled, function, unconditional, definition in database.rows(TRIGGERS):
        if table in regulated:
            assert (enabled, unconditional) == ("A", True), f"{name} on {table}"
            found.setdefault(table, {})[function] = definition
    for table, declaration in regulated.items():
        wanted = {"capture", "refuse_truncate"} | (
            {"refuse_change"} if declaration.get("append_only") else set()
        )
        assert set(found[table]) >= wanted, table
        assert "AFTER INSERT OR DELETE OR UPDATE" in found[table]["capture"]
        assert "FOR EACH ROW" in found[table]["capture"]
        assert "BEFORE TRUNCATE" in found[table]["refuse_truncate"]


@pytest.mark.urs("URS-AUD-03", "URS-RET-02")
def test_each_login_has_just_the_rights_of_the_declaration(
    database: Database, declared: tuple[dict[str, dict[str, object]], dict[str, str]]
) -> None:
    regulated, unregulated = declared
    rights = {(table, role): set(held or ()) for table, role, held in database.rows(RIGHTS)}
    for table, declaration in regulated.items():
        writes = {"SELECT", "INSERT"} | (set() if declaration.get("append_only") else {"UPDATE"})
        assert rights[table, "indelible_app"] == writes, table
        assert rights[table, "indelible_verify"] == {"SELECT"}, table
        assert rights[table, "indelible_seal"] == set(), table
        assert rights[table, "audit_owner"] == {"SELECT"}, table
    for table, reason in unregulated.items():
        assert len(reason.split()) > 3, f"{table} is unregulated without a reason"
        assert rights[table, "indelible_app"] <= {"SELECT", "INSERT", "UPDATE", "DELETE"}, table
    assert {
        row[0]
        for row in database.rows("select distinct tableowner from pg_tables where schemaname = 'public'")
    } == {"indelible_owner"}


@pytest.mark.urs("URS-AUD-01", "URS-VAL-09")
def test_a_column_added_to_a_table_with_rows_begins_empty() -> None:
    """What a default writes into old rows stands in no event, and each old row would be a finding after the upgrade."""
    loader = MigrationLoader(None)
    filled = [
        f"{app}.{name}: {operation.model_name}.{operation.name}"
        for (app, name), migration in loader.disk_migrations.items()
        if type(migration).__module__.startswith("indelible.") and not migration.initial
        for operation in migration.operations
        if isinstance(operation, AddField) and not operation.field.null
    ]
    assert filled == []


@pytest.fixture
def undeclared(database: Database) -> Iterator[Database]:
    """A clone in which a migration, as owner, made a table that no room declares."""
    with database.connect("owner", autocommit=True) as owner:
        owner.execute("create table records_annex (id bigint primary key, note text)")
    yield database
    point_django_at(database)


@pytest.mark.urs("URS-AUD-01")
def test_a_table_that_nobody_declared_stops_the_installation(undeclared: Database) -> None:
    before = undeclared.rows("select item from audit.expected order by 1")
    acts = undeclared.rows("select count(*) from audit.act")
    with (
        as_owner(undeclared.url("owner")),
        pytest.raises(LookupError, match=r"without a declaration of capture: records_annex$"),
    ):
        installation.install(version="0.0.0", reason="upgrade with a forgotten table")
    assert undeclared.rows("select item from audit.expected order by 1") == before
    assert undeclared.rows("select count(*) from audit.act") == acts
    assert without_capture(undeclared) == ["records_annex"]


@pytest.mark.urs("URS-AUD-01")
def test_a_regulated_table_without_capture_is_found_and_mended_by_the_next_installation(
    database: Database,
) -> None:
    database.superuser("drop trigger indelible_capture on records_record")
    assert without_capture(database) == ["records_record"]
    assert any("indelible_capture on records_record" in line for line in queries.missing_protections())
    connections.close_all()
    with as_owner(database.url("owner")):
        installation.install(version="0.0.0", reason="the trigger is put back")
    point_django_at(database)
    assert without_capture(database) == []
    assert queries.missing_protections() == []
