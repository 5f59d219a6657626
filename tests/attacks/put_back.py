"""Attacks that switch the capture off for a moment, change a row, and leave all as it was."""

from __future__ import annotations

import psycopg

from tests.attacks.scene import Scene

PUT_BACK = (
    "create temporary table kept as select id, title from records_record",
    "update records_record set title = 'Nothing happened' where id = 1",
    "update records_record as r set title = kept.title from kept where kept.id = r.id and r.id = 1",
)


def put_back(scene: Scene) -> None:
    """A row changed with the triggers off and put back with them on again, all in one transaction."""
    off_and_on = "alter table records_record {} trigger indelible_capture"
    scene.in_one(off_and_on.format("disable"), *PUT_BACK, off_and_on.format("enable always"))
    scene.seal()


def put_back_under_a_forged_installation(scene: Scene) -> None:
    """The same, and an act beside it that says an installation had left it so, with a token copied from another."""
    put_back(scene)
    scene.sql(
        "insert into audit.act (id, xid, at, db, token, action, reason, user_id, name, detail) select"
        " (select max(id) - 1 from audit.event where kind = 'attest') + 0 * nextval('audit.entry_id_seq'),"
        " pg_current_xact_id(), clock_timestamp(), 'indelible_owner', regexp_replace(token, '[0-9a-f]{32}', md5('f')), action,"
        " reason, user_id, name, detail || jsonb_build_object('since', '0', 'control_plane', (select new ->> 'control_plane'"
        " from audit.event where kind = 'attest' order by id desc limit 1)) from audit.act where action = 'system.installed'"
        " and not exists (select from audit.act as o where o.id = (select max(id) - 1 from audit.event where kind = 'attest'))"
        " limit 1"
    )


def put_back_unwatched(scene: Scene) -> None:
    """The same with the event triggers off first: no statement tells of itself."""
    watch = "alter event trigger indelible_structure {}"
    scene.sql(watch.format("disable"))
    put_back(scene)
    scene.sql(watch.format("enable always"))
    scene.seal()


def put_back_by_catalogue(scene: Scene) -> None:
    """The same by a change of the system catalogue itself, which no statement about structure makes."""
    switch = "update pg_trigger set tgenabled = '{}' where tgrelid = 'records_record'::regclass and tgname = 'indelible_capture'"
    scene.in_one("set local allow_system_table_mods = on", switch.format("D"), *PUT_BACK, switch.format("A"))
    scene.seal()


def replace_capture(scene: Scene) -> None:
    """The function of the capture made empty, a row changed, and the same function put back."""
    [(kept,)] = scene.database.superuser("select pg_get_functiondef('audit.capture'::regproc)")
    empty = "create or replace function audit.capture() returns trigger language plpgsql as $$ begin return null; end $$"
    scene.sql(empty, *PUT_BACK[1:2], "update records_record set title = 'Temperature' where id = 1", kept)
    scene.seal()


def switch_watch_off(scene: Scene) -> None:
    scene.sql("alter event trigger indelible_structure disable")


def alter_as_owner(scene: Scene) -> None:
    """Whoever has the owner's login, outside any installation."""
    with psycopg.connect(scene.database.url("owner"), autocommit=True) as connection:
        connection.execute("create index by_hand on records_record (title)")
    scene.seal()
