"""Attacks on rows past the trail: edited, deleted, inserted, forged for a moment, with triggers off or on."""

from __future__ import annotations

from tests.attacks.scene import Scene


def edit_record(scene: Scene) -> None:
    scene.past_triggers(
        "records_record", f"update records_record set state = 'closed' where number = '{scene.number}'"
    )


def edit_then_work_on(scene: Scene) -> None:
    """The forged state is then worked on in all honesty, so that the last event agrees with the row."""
    scene.past_triggers(
        "records_record", f"update records_record set title = 'Nothing' where number = '{scene.number}'"
    )
    scene.revise(scene.number, what="Temperature above limit in cold room 3 for 45 minutes")
    scene.seal()


def delete_row(scene: Scene) -> None:
    scene.past_triggers("records_attachment", "delete from records_attachment")


def insert_row(scene: Scene) -> None:
    scene.past_triggers(
        "records_counter", "insert into records_counter (series, year, last) values ('DEV', 1999, 7)"
    )


def edit_secret(scene: Scene) -> None:
    """A password hash swapped for the attacker's own: the trail holds only its keyed digest."""
    scene.past_triggers(
        "identity_credential",
        "update identity_credential set secret = 'argon2$mine' where id = (select max(id) from identity_credential)",
    )


def edit_with_triggers(scene: Scene) -> None:
    scene.sql(f"update records_record set title = 'By hand' where number = '{scene.number}'")
    scene.seal()


def digest_of_a_forged_state(scene: Scene) -> None:
    """A row changed past the trail, digested with all others, put back: only the digest remembers."""
    [(title,)] = scene.database.rows("select title from records_record where id = 1")
    scene.past_triggers("records_record", "update records_record set title = 'Nothing happened' where id = 1")
    scene.digest()
    scene.past_triggers("records_record", f"update records_record set title = '{title}' where id = 1")
