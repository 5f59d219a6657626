"""Capture: every write has its event, none without an act, and nobody's SQL goes around it."""

from __future__ import annotations

import itertools
import json
from typing import Any, Literal

import psycopg
import pytest
from django.db import connection

from indelible.kernel.audit import actions, events, queries, tokens
from indelible.kernel.audit.installation import declared_tables
from indelible.kernel.audit.types import Action, Actor, Refusal
from tests.conftest import Database

pytestmark = pytest.mark.own_server

ACTOR = Actor(user_id="ana", name="Ana Author", source="127.0.0.1", channel="web", sites=("*",))
ENTITY = "insert into identity_legal_entity (code, name) values (%s, %s) returning id"


def _entity(code: str = "ACME", reason: str = "first entry of the test") -> int:
    with actions.act(ACTOR, events.INSTALLED, object="entity", reason=reason), connection.cursor() as cursor:
        cursor.execute(ENTITY, [code, "Acme Pharma"])
        made: int = cursor.fetchone()[0]
    return made


@pytest.mark.urs("URS-AUD-01", "URS-AUD-04")
def test_a_first_entry_has_its_event_in_the_same_act(database: Database) -> None:
    key = _entity()
    act, op, old, new, db = database.rows(
        "select act, op::text, old, new, db from audit.event where tbl = 'identity_legal_entity' order by id desc limit 1"
    )[0]
    assert (op, old, new["name"], db) == ("I", None, "Acme Pharma", "indelible_app")
    assert new["id"] == key
    who = database.rows("select user_id, name, reason, source, outcome from audit.act where id = %s", [act])[
        0
    ]
    assert who == ("ana", "Ana Author", "first entry of the test", "127.0.0.1", "done")


@pytest.mark.urs("URS-AUD-01")
def test_an_update_keeps_the_old_value_beside_the_new(database: Database) -> None:
    key = _entity()
    with actions.act(ACTOR, events.INSTALLED, reason="renamed after merger"), connection.cursor() as cursor:
        cursor.execute("update identity_legal_entity set name = 'Acme Biologics' where id = %s", [key])
    old, new = database.rows("select old, new from audit.event where op = 'U' order by id desc limit 1")[0]
    assert (old["name"], new["name"]) == ("Acme Pharma", "Acme Biologics")


@pytest.mark.urs("URS-AUD-04")
def test_a_write_without_an_act_is_refused_by_the_database(database: Database) -> None:
    with database.connect(autocommit=True) as session, pytest.raises(psycopg.Error) as caught:
        session.execute(ENTITY, ["X", "Y"])
    assert caught.value.sqlstate == "IN002"
    assert database.rows("select count(*) from identity_legal_entity where code = 'X'")[0][0] == 0


@pytest.mark.urs("URS-AUD-04")
def test_the_context_of_one_act_never_reaches_the_next_transaction(database: Database) -> None:
    _entity()
    with pytest.raises(Exception, match="needs an open act"), connection.cursor() as cursor:
        cursor.execute(ENTITY, ["SECOND", "Second"])


@pytest.mark.urs("URS-AUD-03")
def test_a_forged_setting_opens_no_act(database: Database) -> None:
    _entity()
    act = database.rows("select max(id) from audit.act")[0][0]
    with database.connect() as session, pytest.raises(psycopg.Error, match="needs an open act"):
        session.execute(
            "select set_config('indelible.act', %s || ':' || pg_current_xact_id()::text, true)", [str(act)]
        )
        session.execute(ENTITY, ["X", "Y"])


@pytest.mark.urs("URS-AUD-03")
def test_a_token_opens_one_act_only(database: Database) -> None:
    _entity()
    token = database.rows("select token from audit.act where user_id = 'ana'")[0][0]
    context = {
        "token": token,
        "user_id": "ana",
        "name": "Ana",
        "action": "system.installed",
        "reason": "replayed token",
    }
    with database.connect() as session, pytest.raises(psycopg.errors.UniqueViolation):
        session.execute("select audit.begin(%s)", [json.dumps(context)])


@pytest.mark.urs("URS-AUD-03")
@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"action": "nobody.knows"}, "IN003"),
        ({"token": ""}, "IN002"),
        ({"user_id": "petra"}, "IN002"),
        ({"reason": " "}, "IN005"),
    ],
)
def test_the_function_that_opens_an_act_refuses(
    database: Database, changed: dict[str, str], state: str
) -> None:
    context: dict[str, Any] = {
        "user_id": "ana",
        "name": "Ana",
        "action": "system.installed",
        "reason": "why not",
    }
    context["token"] = tokens.mint("ana", "", [context["action"], "", "", context["reason"], "done", ""])
    with database.connect() as session, pytest.raises(psycopg.Error) as caught:
        session.execute("select audit.begin(%s)", [json.dumps(context | changed)])
    assert caught.value.sqlstate == state


def test_an_act_is_one_transaction(database: Database) -> None:
    with (
        pytest.raises(Exception, match="durable"),
        actions.act(ACTOR, events.INSTALLED, reason="outer act"),
        actions.act(ACTOR, events.INSTALLED, reason="inner act"),
    ):
        pass
    assert database.rows("select count(*) from audit.act where user_id = 'ana'")[0][0] == 0


@pytest.mark.urs("URS-AUD-03", "URS-RET-02")
@pytest.mark.parametrize(
    "sql",
    [
        "delete from identity_legal_entity",
        "truncate identity_legal_entity",
        "truncate audit.event",
        "delete from audit.event",
        "update audit.act set name = 'x'",
        "delete from audit.act",
        "insert into audit.leaf values (0, 0, '', '')",
        "alter table identity_legal_entity disable trigger all",
        "drop trigger indelible_capture on identity_legal_entity",
        "set session_replication_role = replica",
        "alter table identity_legal_entity add column x int",
        "drop table identity_legal_entity",
        "create table x (y int)",
        "create temp table x (y int)",
        "select audit.write_act('{}', 'done', false)",
        "set role audit_owner",
        "set role indelible_owner",
        "select * from audit.act",
        "select * from audit.secret",
        "select audit.register('x', '{}', false, 'row', true, '{}')",
        "select audit.expect_present()",
        "update identity_legal_entity set id = 99 where false; delete from identity_person",
    ],
)
def test_sql_of_the_services_login_cannot_touch_the_trail(database: Database, sql: str) -> None:
    with (
        database.connect(autocommit=True) as session,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.Error)) as caught,
    ):
        session.execute(sql)
    assert caught.value.sqlstate in {"42501", "IN004"}, caught.value


@pytest.mark.urs("URS-AUD-03")
@pytest.mark.parametrize("table", ["audit.event", "audit.act", "audit.leaf", "audit.checkpoint"])
def test_even_the_owner_of_the_trail_meets_its_guards(database: Database, table: str) -> None:
    _entity()
    with database.connect("owner", autocommit=True) as session:
        session.execute("set role audit_owner")
        with pytest.raises(psycopg.Error) as caught:
            session.execute(f"truncate {table} cascade")
        assert caught.value.sqlstate == "IN004"


@pytest.mark.urs("URS-AUD-01")
def test_a_privileged_login_is_recorded_under_its_own_name(database: Database) -> None:
    database.superuser("insert into identity_legal_entity (code, name) values ('DBA', 'by hand')")
    act, db = database.rows("select act, db from audit.event where new ->> 'code' = 'DBA'")[0]
    assert (act, db) == (None, "postgres")


@pytest.mark.urs("URS-AUD-01")
def test_replica_role_does_not_silence_the_triggers(database: Database) -> None:
    database.superuser(
        "set session_replication_role = replica; insert into identity_legal_entity (code, name) values ('REP', 'x')"
    )
    assert database.rows("select count(*) from audit.event where new ->> 'code' = 'REP'")[0][0] == 1


@pytest.mark.urs("URS-AUD-02")
def test_a_lost_protection_stops_writing_and_not_reading(database: Database, refused: Any) -> None:
    database.superuser("alter table identity_legal_entity disable trigger indelible_capture")
    with refused("protection_missing", urs="URS-AUD-02"):
        _entity("STOPPED")
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from identity_legal_entity")
    assert any("indelible_capture on identity_legal_entity" in line for line in queries.missing_protections())
    database.superuser("alter table identity_legal_entity enable always trigger indelible_capture")
    assert queries.missing_protections() == []
    _entity("AGAIN")


@pytest.mark.urs("URS-AUD-02", "URS-AUD-05")
@pytest.mark.parametrize("outcome", ["done", "denied"])
@pytest.mark.parametrize("whole", [True, False])
def test_no_record_is_written_under_an_event_or_a_refusal(
    database: Database, outcome: Literal["done", "denied"], whole: bool
) -> None:
    """Such an entry wants no reason and is written even where a protection is missing: it carries no record's row."""
    if not whole:
        database.superuser("alter table identity_person disable trigger indelible_capture")

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute(ENTITY, ["UNDER", "Written under an entry"])

    with pytest.raises(Refusal, match="no_actor"):
        actions.note(ACTOR, events.STARTED, outcome=outcome, consequence=write)
    assert database.rows("select count(*) from identity_legal_entity where code = 'UNDER'")[0][0] == 0
    assert database.rows("select count(*) from audit.act where user_id = 'ana'")[0][0] == 0


@pytest.mark.urs("URS-AUD-02")
def test_only_a_count_of_failures_and_the_end_of_a_copied_key_or_moved_period_are_written_under_a_refusal(
    database: Database,
) -> None:
    regulated, _ = declared_tables()
    noted = {name for name, one in regulated.items() if one.get("noted")}
    assert noted == {"identity_lockout", "identity_passkey", "signatures_period"}


@pytest.mark.urs("URS-AUD-02")
@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("drop trigger indelible_capture on identity_person", "indelible_capture on identity_person"),
        ("grant delete on identity_person to indelible_app", "table identity_person"),
        ("alter function audit.capture() security invoker", "function capture"),
        (
            "create or replace function audit.is_protected() returns boolean language sql as 'select true'",
            "function is_protected",
        ),
        ("alter role indelible_app bypassrls", "role indelible_app bypassrls"),
        (
            "alter table identity_person enable trigger indelible_no_truncate",
            "indelible_no_truncate on identity_person",
        ),
        (
            "create or replace function audit.clock() returns timestamptz language sql as $$ select timestamptz '2020-01-01' $$",
            "function clock",
        ),
    ],
)
def test_every_weakening_is_named(database: Database, sql: str, named: str) -> None:
    assert queries.missing_protections() == []
    database.superuser(sql)
    try:
        assert any(named in line for line in queries.missing_protections())
    finally:
        database.superuser("alter role indelible_app nobypassrls")


@pytest.mark.urs("URS-AUD-02")
def test_the_services_login_cannot_alter_the_trail_and_says_so_when_it_could(database: Database) -> None:
    assert queries.may_alter_trail() == []
    database.superuser("grant update on audit.act to indelible_app")
    assert queries.may_alter_trail() == ["the service's login may UPDATE audit.act"]


@pytest.mark.urs("URS-AUD-05")
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "​‍",
        ".",
        "x",
        "...",
        "aaa",
        "bad\x00byte",
        "half \ud800 pair",
        "n/a",
        "N/A.",
        "test",
        "other",
        "-- --",
    ],
)
def test_a_reason_that_says_nothing_is_refused(text: str | None) -> None:
    from indelible.kernel.audit.types import check_reason

    with pytest.raises(Refusal) as caught:
        check_reason(text)
    assert caught.value.rule.code in {"reason_missing", "reason_filler"}


@pytest.mark.parametrize("text", ["typo", "Transcribed from page 3", "误记", "انتقال خاطئ", "Zahl verdreht"])
def test_a_reason_in_any_script_is_kept(text: str) -> None:
    from indelible.kernel.audit.types import check_reason

    assert check_reason(f"  {text} ") == text


@pytest.mark.urs("URS-AUD-07")
def test_a_flood_of_unsigned_requests_is_counted_not_stored(database: Database) -> None:
    from indelible.kernel.audit.types import job, nobody

    stranger = nobody(source="10.0.0.9", channel="api")
    written = [
        actions.note(stranger, events.PROTECTION_LOST, outcome="denied", throttled=True) for _ in range(50)
    ]
    alone = sum(entry is not None for entry in written)
    assert 20 <= alone <= 40  # twice twenty where the minute turned in between
    database.superuser("update audit.flood set minute = minute - interval '5 minutes'")
    actions.count_floods(job("floods", 1, on_behalf_of="installation"), queries.floods_waiting())
    further = database.rows(
        "select sum((detail ->> 'further')::int) from audit.act where outcome = 'counted'"
    )[0][0]
    assert alone + further == 50
    assert queries.floods_waiting() == 0


@pytest.mark.urs("URS-TIM-01")
def test_times_are_the_databases_and_order_does_not_rest_on_them(database: Database) -> None:
    ids = [_entity(f"E{n}") for n in range(5)]
    rows = database.rows("select id, at from audit.event where tbl = 'identity_legal_entity' order by id")
    assert len(rows) >= len(ids)
    assert all(a[0] < b[0] for a, b in itertools.pairwise(rows))
    assert abs((queries.clock() - rows[-1][1]).total_seconds()) < 60


@pytest.mark.urs("URS-AUD-03")
def test_tokens_bind_the_act_they_were_minted_for(database: Database) -> None:
    from indelible.home.keys import app_signing_key

    _entity()
    said = dict(
        zip(
            ("token", "action", "object", "record", "reason", "outcome", "rule"),
            database.rows(
                "select token, action, object, record, reason, outcome, rule from audit.act where user_id = 'ana'"
            )[0],
            strict=True,
        )
    )
    keys = [app_signing_key(database.home).public_key()]
    assert tokens.is_of_act(said["token"], said, keys)
    assert not tokens.is_of_act(said["token"], said | {"reason": "another reason"}, keys)
    assert not tokens.is_of_act(said["token"][:-4] + "AAAA", said, keys)


UNKNOWN = Action("nobody.declared", "Nobody declared this")


def test_an_action_outside_the_closed_list_is_no_act(database: Database) -> None:
    with pytest.raises(Exception, match=r"unknown action nobody\.declared"), actions.act(ACTOR, UNKNOWN):
        pass


@pytest.mark.urs("URS-AUD-01")
def test_odd_characters_never_break_an_entry(database: Database) -> None:
    actions.note(ACTOR, events.STARTED, object="nul \x00 and half \ud800 pair", record="R" * 500)
    assert database.rows("select object, length(record) from audit.act where user_id = 'ana'") == [
        ("nul \ufffd and half ? pair", 64)
    ]


@pytest.mark.parametrize(
    "odd", ["it's; drop table x --", 'back\\slash \\\' "q"', "$$ $1 %s {} \u0001", "😀 \u202e rtl", "\t\r\n"]
)
def test_the_one_value_that_is_quoted_and_not_a_parameter_arrives_as_it_is(
    database: Database, odd: str
) -> None:
    """Decision 0009: opening an act sends its context by libpq's own quoting."""
    with actions.act(ACTOR, events.INSTALLED, object=odd, reason="odd " + odd):
        pass
    assert database.rows("select object, reason from audit.act where user_id = 'ana'") == [
        (odd, "odd " + odd)
    ]
