"""Attacks on what protects the trail: triggers, functions, the clock, rights, declarations, the list of what is expected."""

from __future__ import annotations

from tests.attacks.put_back import switch_watch_off
from tests.attacks.scene import Scene


def drop_trigger(scene: Scene) -> None:
    scene.sql("drop trigger indelible_capture on records_record", "select audit.expect_present()")


def silence_trigger(scene: Scene) -> None:
    scene.sql("alter table records_record enable replica trigger indelible_capture")


def condition_trigger(scene: Scene) -> None:
    scene.sql(
        "create or replace trigger indelible_capture after insert or update or delete on records_record for each row"
        " when (pg_trigger_depth() > 7) execute function audit.capture(1, 'id', '', '', '', 'row')",
        "alter table records_record enable always trigger indelible_capture",
        "select audit.expect_present()",
    )


def swap_function(scene: Scene) -> None:
    scene.sql(
        "create or replace function audit.current_act() returns bigint language sql stable as $$ select 1::bigint $$",
        "select audit.expect_present()",
    )


def add_function(scene: Scene) -> None:
    scene.sql(
        "create function audit.back_door() returns int language sql as $$ select 1 $$",
        "select audit.expect_present()",
    )


def change_clock(scene: Scene) -> None:
    scene.sql(
        "create or replace function audit.clock() returns timestamptz language sql volatile"
        " as $$ select clock_timestamp() - interval '1 hour' $$"
    )


def grant_delete(scene: Scene) -> None:
    scene.sql("grant delete on records_record to indelible_app", "select audit.expect_present()")


def change_owner(scene: Scene) -> None:
    switch_watch_off(scene)  # else the database refuses: it could not tell of the change any more
    scene.sql("alter table audit.event owner to indelible_app", "select audit.expect_present()")


def revoke_from_verify(scene: Scene) -> None:
    """Whoever takes the verifier's eyes away must not get a clean report."""
    scene.sql("revoke select on audit.event from indelible_verify")


def forget_table(scene: Scene) -> None:
    scene.sql(
        "delete from audit.policy where tbl = 'records_revision'",
        "delete from audit.protection where tbl = 'records_revision'",
    )


def add_protection(scene: Scene) -> None:
    scene.sql("grant select on audit.secret to indelible_verify")
