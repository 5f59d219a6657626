"""Attacks that put what nobody did into the trail: acts and events forged, dated back, under the name of another."""

from __future__ import annotations

import json

from tests.attacks.scene import Scene
from tests.jobs import writers


def forge_act(scene: Scene) -> None:
    """An act copied from a real one with its token: the nonce is changed so that the unique index lets it in."""
    scene.sql(
        "insert into audit.act select nextval('audit.entry_id_seq'), pg_current_xact_id(), clock_timestamp(), db,"
        " regexp_replace(token, '[0-9a-f]{32}', md5('x')), action, reason, source, channel, session, outcome, rule, clause,"
        " user_id, name, role, on_behalf_of, site, object, record, detail from audit.act where action = 'record.create' limit 1"
    )
    scene.seal()


def forge_unreadable_token(scene: Scene) -> None:
    """A token whose signature is no base64: it must not keep the verification from going on."""
    scene.sql(
        "insert into audit.act select nextval('audit.entry_id_seq'), pg_current_xact_id(), clock_timestamp(), db,"
        " regexp_replace(regexp_replace(token, '[0-9a-f]{32}', md5('u')), '[^|]*$', 'A' || repeat('!', 85)), action, reason,"
        " source, channel, session, outcome, rule, clause, user_id, name, role, on_behalf_of, site, object, record, detail"
        " from audit.act where action = 'record.create' limit 1"
    )
    scene.seal()


def forge_act_of_another(scene: Scene) -> None:
    """A genuine token of one person under the name of another."""
    context = json.loads(writers.context("ana", "record.create", record="DEV-1999-00001"))
    stolen = context["token"]
    scene.sql(
        "insert into audit.act (id, xid, at, db, token, action, record, user_id, name) values (nextval('audit.entry_id_seq'),"
        f" pg_current_xact_id(), clock_timestamp(), 'indelible_app', '{stolen}', 'record.create', 'DEV-1999-00001', 'petra', 'P')"
    )
    scene.seal()


def predate_act(scene: Scene) -> None:
    stolen = json.loads(writers.context("ana", "record.create", record="DEV-1999-00001"))["token"]
    scene.sql(
        "insert into audit.act (id, xid, at, db, token, action, record, user_id, name) values (nextval('audit.entry_id_seq'),"
        " pg_current_xact_id(), clock_timestamp() - interval '30 days', 'indelible_app',"
        f" '{stolen}', 'record.create', 'DEV-1999-00001', 'ana', 'Ana Alvarez')"
    )
    scene.seal()


def forge_event(scene: Scene) -> None:
    """A false event under a real act."""
    scene.sql(
        "insert into audit.event (id, act, xid, at, kind, tbl, layout, pk, op, db, old, new) select nextval('audit.entry_id_seq'),"
        " act, pg_current_xact_id(), clock_timestamp(), kind, tbl, layout, pk, 'U', db, new, new from audit.event"
        " where tbl = 'records_record' order by id desc limit 1"
    )
    scene.seal()


def write_under_a_refusal(scene: Scene) -> None:
    """A row beneath a denied entry that the trail really holds: no reason was asked, no protection looked at."""
    scene.sql(
        "insert into audit.act (id, xid, at, db, token, action, outcome, note, record, user_id, name) select"
        " nextval('audit.entry_id_seq'), pg_current_xact_id(), clock_timestamp(), db, regexp_replace(token, '[0-9a-f]{32}',"
        " md5('y')), action, 'denied', true, record, user_id, name from audit.act where action = 'record.create' limit 1;"
        "insert into audit.event (id, act, xid, at, kind, tbl, layout, pk, op, db, old, new) select nextval('audit.entry_id_seq'),"
        " (select max(id) from audit.act), pg_current_xact_id(), clock_timestamp(), kind, tbl, layout, pk, 'U', db, new, new"
        " from audit.event where tbl = 'records_record' order by id desc limit 1"
    )
    scene.seal()


def edit_under_a_testimony(scene: Scene) -> None:
    """A row edited with the triggers off, and an event for it that passes for the sealer's own word about the ledger."""
    scene.past_triggers("records_record", "update records_record set title = 'Nothing' where id = 1")
    scene.sql(
        "insert into audit.event (id, xid, at, kind, tbl, layout, pk, op, db, old, new) select nextval('audit.entry_id_seq'),"
        " pg_current_xact_id(), clock_timestamp(), 'attest', tbl, layout, pk, 'U', 'indelible_seal', new,"
        " jsonb_set(new, '{title}', '\"Nothing\"') from audit.event where tbl = 'records_record' and pk = '1' order by id desc limit 1"
    )
    scene.seal()


def insert_event(scene: Scene) -> None:
    """An event far beyond the sequence, where no sealer looks."""
    scene.sql(
        "insert into audit.event (id, act, xid, at, kind, tbl, layout, pk, op, db, old, new) select 10000000, act, xid, at, kind,"
        " tbl, layout, pk, op, db, old, new from audit.event where tbl = 'records_record' order by id desc limit 1"
    )
