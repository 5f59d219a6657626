"""Attacks on what the trail and its ledger hold already: acts, events, leaves, checkpoints, the state of the sealer, its keys."""

from __future__ import annotations

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.home.keys import app_signing_key
from indelible.home.layout import write_once
from indelible.kernel.audit import seal, tokens
from indelible.kernel.identity import actions
from tests import people
from tests.attacks.scene import Scene
from tests.jobs import writers


def slip_a_key_in(scene: Scene) -> None:
    """The attacker's own public key among those that the sealer had: what it signs would be accepted."""
    own = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    write_once(scene.database.home.keys / "sealer-former", own.encode())


def use_a_former_service_key(scene: Scene) -> None:
    """The service's key was stolen, and changed for it; the thief goes on writing in people's names."""
    stolen = app_signing_key(scene.database.home)
    actions.rotate_key(people.signed_in(people.SAM), "service", reason="the old one was stolen")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "app_signing_key", lambda _home: stolen)
        tokens.forget_key()
        scene.create("Written by the thief in Ana's name")
    scene.seal()


LAST_OF_RECORD = "(select max(id) from audit.event where tbl = 'records_record' and pk = '1')"


def edit_event(scene: Scene) -> None:
    scene.past_triggers(
        "audit.event",
        f"update audit.event set new = jsonb_set(new, '{{title}}', '\"Nothing happened\"') where id = {LAST_OF_RECORD}",
    )


def delete_event(scene: Scene) -> None:
    scene.past_triggers("audit.event", f"delete from audit.event where id = {LAST_OF_RECORD}")


def delete_event_and_leaf(scene: Scene) -> None:
    """Event and leaf gone, the row put back to what it was before: only the gap in the ledger tells."""
    scene.past_triggers("audit.event", f"delete from audit.event where id = {LAST_OF_RECORD}")
    scene.past_triggers(
        "audit.leaf",
        "delete from audit.leaf where entry not in (select id from audit.act union select id from audit.event)",
    )


def delete_middle_event(scene: Scene) -> None:
    scene.past_triggers(
        "audit.event",
        "delete from audit.event where id = (select min(id) from audit.event where tbl = 'records_record' and op = 'U')",
    )


def edit_act(scene: Scene) -> None:
    scene.past_triggers(
        "audit.act", f"update audit.act set reason = 'as ordered' where record = '{scene.number}'"
    )


def delete_act(scene: Scene) -> None:
    scene.sql("alter table audit.event disable trigger all")
    scene.past_triggers("audit.act", "delete from audit.act where action = 'record.attach'")
    scene.sql("alter table audit.event enable trigger all")
    for name in ("indelible_append_only", "indelible_no_truncate"):
        scene.sql(f"alter table audit.event enable always trigger {name}")


def edit_leaf(scene: Scene) -> None:
    scene.past_triggers(
        "audit.leaf", "update audit.leaf set bytes = overlay(bytes placing 'X' from 40) where seq = 5"
    )


def rewrite_leaf(scene: Scene) -> None:
    """Event, leaf and its hash rewritten together: everything agrees but the signed root."""
    scene.past_triggers(
        "audit.event", f"update audit.event set db = 'indelible_apq' where id = {LAST_OF_RECORD}"
    )
    scene.past_triggers(
        "audit.leaf",
        f"update audit.leaf set bytes = audit.entry_bytes(e), hash = sha256('\\x00'::bytea || audit.entry_bytes(e))"
        f" from audit.event as e where e.id = entry and entry = {LAST_OF_RECORD}",
    )


def delete_tail(scene: Scene) -> None:
    """The last act with all its traces in the database, its checkpoint included."""
    scene.past_triggers(
        "audit.leaf", "delete from audit.leaf where seq >= (select max(seq) - 1 from audit.leaf)"
    )
    scene.past_triggers("audit.checkpoint", "delete from audit.checkpoint")


def edit_checkpoint(scene: Scene) -> None:
    scene.past_triggers(
        "audit.checkpoint", "update audit.checkpoint set note = replace(note, 'ledger.', 'ledgez.')"
    )


def lose_sealer_state(scene: Scene) -> None:
    (scene.sealer_folder / seal.STATE_FILE).unlink()


def damage_sealer_state(scene: Scene) -> None:
    file = scene.sealer_folder / seal.STATE_FILE
    file.write_text(file.read_text().replace('"size": ', '"size": 1'))


def hide_from_sequencing(scene: Scene) -> None:
    with psycopg.connect(scene.database.url("app")) as hostile:
        hostile.execute("select set_config('indelible.lw', pg_current_xact_id()::text, true)")
        writers.begin(hostile)
        scene.create("Another record")
        scene.seal()
        hostile.commit()
    scene.seal()
