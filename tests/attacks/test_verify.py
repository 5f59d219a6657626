"""`indelible verify` against the attack table (ledger.md 3.8): each attack is found by its check and named in words.

Every attack here is made by whoever owns the database server; what the service's own login tries is refused elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.home.keys import app_signing_key
from indelible.home.layout import write_once
from indelible.jobs.verification import Report, checks
from indelible.kernel.audit import seal, tokens
from indelible.kernel.files.store import store
from indelible.kernel.identity import actions
from tests import people
from tests.attacks import outsiders
from tests.attacks.scene import Scene
from tests.jobs import writers


@dataclass(frozen=True)
class Attack:
    """What is done, which check must find it, and words its object and sentence must have."""

    name: str
    check: str
    words: str
    do: Callable[[Scene], None]


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


def digest_of_a_forged_state(scene: Scene) -> None:
    """A row changed past the trail, digested with all others, put back: only the digest remembers."""
    [(title,)] = scene.database.rows("select title from records_record where id = 1")
    scene.past_triggers("records_record", "update records_record set title = 'Nothing happened' where id = 1")
    scene.digest()
    scene.past_triggers("records_record", f"update records_record set title = '{title}' where id = 1")


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


def edit_revision(scene: Scene) -> None:
    scene.past_triggers(
        "records_revision",
        "update records_revision set content = convert_to('{\"fields\":{}}', 'UTF8') where number = 1",
    )


def edit_shown_values(scene: Scene) -> None:
    scene.past_triggers(
        "records_record",
        "update records_record set values = jsonb_set(values, '{amount,value}', '\"9.9\"')"
        + f" where number = '{scene.number}'",
    )


def hide_from_search(scene: Scene) -> None:
    """The record stays whole; only the words a search finds it by are taken away."""
    scene.sql("update records_searchable set words = '' where record_id = 1")


def blind_search(scene: Scene) -> None:
    """The function that makes the words leaves everything out from now on; what is kept agrees with it."""
    scene.sql(
        "create or replace function public.records_search(number text, title text, content jsonb) returns tsvector"
        " language sql immutable as $$ select ''::tsvector $$",
        "update records_searchable set words = ''",
    )


def edit_signature(scene: Scene) -> None:
    scene.past_triggers(
        "signatures_signature", "update signatures_signature set meaning = 'Approval of the plan'"
    )


def move_signature(scene: Scene) -> None:
    """A signature put onto another record: the record it was made on no longer shows it."""
    scene.past_triggers(
        "signatures_signature",
        f"update signatures_signature set (record_id, revision_id) = (select r.id, v.id from records_record as r"
        f" join records_revision as v on v.record_id = r.id where r.number = '{scene.other}')",
    )


def edit_manifest(scene: Scene) -> None:
    """The signed bytes and their digest rewritten together."""
    scene.past_triggers(
        "signatures_signature",
        "update signatures_signature set manifest = overlay(manifest placing 'X' from 20),"
        " digest = encode(sha256(overlay(manifest placing 'X' from 20)), 'hex')",
    )


def edit_signed_record(scene: Scene) -> None:
    """Acceptance of the first issue: one signed record, triggers off, and on again."""
    scene.past_triggers(
        "records_record", f"update records_record set title = 'Fine' where number = '{scene.signed}'"
    )


def edit_signed_revision(scene: Scene) -> None:
    """Bytes, digests and shown values of a signed revision, all rewritten to agree with each other."""
    new = "replace(convert_from(content, 'UTF8'), 'Vial 7', 'Vial 8')"
    record = f"(select id from records_record where number = '{scene.signed}')"
    scene.past_triggers(
        "records_revision",
        f"update records_revision set content = convert_to({new}, 'UTF8'),"
        f" digest = encode(sha256(convert_to({new}, 'UTF8')), 'hex') where record_id = {record}",
    )
    scene.past_triggers(
        "records_record",
        "update records_record as r set digest = v.digest, values = convert_from(v.content, 'UTF8')::jsonb -> 'fields'"
        f" from records_revision as v where v.record_id = r.id and r.id = {record} and v.number = r.revision",
    )


def edit_file(scene: Scene) -> None:
    path = store().path(scene.sha256)
    path.chmod(0o600)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"7", b"8"))


def delete_file(scene: Scene) -> None:
    store().path(scene.sha256).unlink()


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


ATTACKS = [
    Attack(
        "cosignature by another key of the witness's name",
        "cosignatures",
        "of w.example/qa|No witness known here",
        outsiders.forge_cosignature,
    ),
    Attack(
        "cosignature of another checkpoint",
        "cosignatures",
        "of w.example/qa|is not valid for this checkpoint",
        outsiders.move_cosignature,
    ),
    Attack(
        "cosignature by a witness nobody named",
        "cosignatures",
        "of w.example/qa|No witness known here",
        outsiders.cosign_without_being_named,
    ),
    Attack("time stamp forged", "time stamps", "of authority|certificate", outsiders.forge_time_stamp),
    Attack(
        "tail cut off with the sealer's own state",
        "vouched",
        "witness qa|The rest was taken away",
        outsiders.cut_off_under_a_cosignature,
    ),
    Attack(
        "all rewritten with the sealer's key",
        "vouched",
        "witness qa|another history of",
        outsiders.fork_under_a_cosignature,
    ),
    Attack(
        "witnesses kept from seeing the ledger",
        "vouched",
        "ledger entry |A quorum of 1 of 1 witnesses does not vouch",
        outsiders.silence_the_witnesses,
    ),
    Attack("clock set back", "clock", "ledger entr|before the ledger without them", outsiders.set_clock_back),
    Attack(
        "clock set forward", "clock", "ledger entr|after the ledger with them", outsiders.set_clock_forward
    ),
    Attack(
        "record edited, triggers on again",
        "state",
        'records_record 1 (number DEV-|state: recorded "draft"',
        edit_record,
    ),
    Attack(
        "record edited, then worked on",
        "continuity",
        "records_record 1 (number DEV-|title: recorded",
        edit_then_work_on,
    ),
    Attack("row deleted", "state", "records_attachment|gone from the table", delete_row),
    Attack("row inserted", "state", "records_counter|no event says who entered it", insert_row),
    Attack("password hash swapped", "state", "identity_credential|hmac", edit_secret),
    Attack(
        "record edited by hand, triggers on",
        "direct writes",
        "records_record 1|Direct SQL by postgres",
        edit_with_triggers,
    ),
    Attack("act forged from a real one", "actors", "record.create|not signed by the service", forge_act),
    Attack(
        "act under another's name",
        "actors",
        "record.create of DEV-1999-00001|of another person",
        forge_act_of_another,
    ),
    Attack("act dated back", "actors", "record.create of DEV-1999-00001|made at another time", predate_act),
    Attack(
        "event forged under a real act",
        "direct writes",
        "records_record|was another transaction",
        forge_event,
    ),
    Attack(
        "row written under a refusal",
        "direct writes",
        "records_record|is an event or a refusal",
        write_under_a_refusal,
    ),
    Attack(
        "row edited under a testimony",
        "direct writes",
        "records_record 1|no person stands behind",
        edit_under_a_testimony,
    ),
    Attack("event inserted past the sequence", "completeness", "event 10000000|never sealed", insert_event),
    Attack(
        "event edited", "agreement", "records_record 1 (number DEV-|title: sealed Temperature", edit_event
    ),
    Attack(
        "event deleted",
        "agreement",
        "records_record 1 (number DEV-|deleted from the audit trail",
        delete_event,
    ),
    Attack(
        "event in the middle deleted",
        "continuity",
        "records_record 1|not what the event before it left",
        delete_middle_event,
    ),
    Attack("event and leaf deleted", "leaves", "ledger entr|was deleted", delete_event_and_leaf),
    Attack(
        "act edited",
        "agreement",
        "act |reason: sealed first wording was incomplete, now as ordered",
        edit_act,
    ),
    Attack("act deleted", "agreement", "record.attach of DEV-|deleted from the audit trail", delete_act),
    Attack("leaf edited", "leaves", "ledger entry 5|do not give the hash", edit_leaf),
    Attack("leaf rewritten with its event", "tree", "ledger entries|was rewritten", rewrite_leaf),
    Attack("tail deleted with its checkpoint", "sealer", "checkpoint of|older", delete_tail),
    Attack("checkpoint edited", "tree", "checkpoint of|No key known", edit_checkpoint),
    Attack("sealer's state taken away", "sealer", "state of the sealer|missing", lose_sealer_state),
    Attack("sealer's state edited", "sealer", "state of the sealer|", damage_sealer_state),
    Attack(
        "act hidden from sequencing", "leaves", "ledger entry|hid it from sequencing", hide_from_sequencing
    ),
    Attack("revision edited", "revisions", "record DEV-|do not give the digest", edit_revision),
    Attack(
        "shown value edited",
        "revisions",
        "record DEV-|not what its newest revision says: amount",
        edit_shown_values,
    ),
    Attack(
        "signature edited",
        "signatures",
        "meaning|the signature now says “Approval of the plan”",
        edit_signature,
    ),
    Attack(
        "signature moved to another record", "signatures", "on record DEV-|was moved to DEV-", move_signature
    ),
    Attack(
        "signed bytes rewritten", "signatures", "on record CAPA-|not those the trail tells of", edit_manifest
    ),
    Attack(
        "signed record edited", "state", "records_record 3 (number CAPA-|title: recorded", edit_signed_record
    ),
    Attack(
        "signed revision rewritten throughout",
        "signatures",
        "field problem|differs from what was signed",
        edit_signed_revision,
    ),
    Attack("record hidden from the search", "searchable", "record DEV-|altered", hide_from_search),
    Attack("search blinded", "searchable", "function records_search|not the one", blind_search),
    Attack("file edited", "files", "page7.txt of DEV-|altered", edit_file),
    Attack("file deleted", "files", "page7.txt of DEV-|missing", delete_file),
    Attack(
        "trigger dropped, list rewritten",
        "triggers",
        "public.records_record|capture is missing",
        drop_trigger,
    ),
    Attack("trigger silenced", "triggers", "public.records_record|can be silent", silence_trigger),
    Attack(
        "trigger given a condition", "triggers", "public.records_record|has a condition", condition_trigger
    ),
    Attack("function swapped, list rewritten", "functions", "audit.current_act|not the one", swap_function),
    Attack("function added, list rewritten", "functions", "audit.back_door|foreign", add_function),
    Attack("clock changed", "functions", "audit.clock|not the one", change_clock),
    Attack("service may delete", "rights", "indelible_app|may DELETE records_record", grant_delete),
    Attack("service owns the trail", "rights", "indelible_app|owns audit.event", change_owner),
    Attack(
        "table no longer registered",
        "declarations",
        "records_revision|not the one the code declares",
        forget_table,
    ),
    Attack(
        "change put back in one transaction",
        "attestations",
        "attestation|changed and put back: trigger indelible_capture on public.records_record",
        put_back,
    ),
    Attack(
        "change put back, statements told",
        "structure",
        "change of structure|Direct SQL by postgres|ALTER TABLE of table public.records_record",
        put_back,
    ),
    Attack(
        "change put back, installation forged",
        "attestations",
        "attestation|changed and put back: trigger indelible_capture",
        put_back_under_a_forged_installation,
    ),
    Attack(
        "act with a token that is none",
        "actors",
        "record.create|not signed by the service",
        forge_unreadable_token,
    ),
    Attack(
        "change put back, event triggers off",
        "attestations",
        "attestation|changed and put back: trigger indelible_capture on public.records_record",
        put_back_unwatched,
    ),
    Attack(
        "change put back by catalogue update",
        "attestations",
        "attestation|changed and put back: trigger indelible_capture on public.records_record",
        put_back_by_catalogue,
    ),
    Attack(
        "capture emptied for a moment",
        "attestations",
        "attestation|changed and put back: function audit.capture",
        replace_capture,
    ),
    Attack("event trigger off", "protections", "event trigger|indelible_structure", switch_watch_off),
    Attack(
        "owner's login outside an installation",
        "structure",
        "change|Direct SQL by indelible_owner",
        alter_as_owner,
    ),
    Attack(
        "state forged while it was digested",
        "digests",
        "records_record in digest|were not what the trail says",
        digest_of_a_forged_state,
    ),
    Attack("key slipped in", "keys", "key of the sealer|no entry of the ledger introduced it", slip_a_key_in),
    Attack(
        "former key of the service used",
        "service keys",
        "act |a key of the service that had been changed before",
        use_a_former_service_key,
    ),
    Attack("verifier blinded", "direct writes", "check|could not be made", revoke_from_verify),
    Attack(
        "halt taken away by hand",
        "epoch due",
        "ledger.indelible|A witness holds another history.",
        outsiders.leave_a_halt_unsettled,
    ),
    Attack(
        "signed under a new name",
        "epochs",
        "checkpoint of|no entry tells of that epoch",
        outsiders.sign_under_a_new_name,
    ),
    Attack("grant added", "protections", "table secret|added since the installation", add_protection),
]


def assert_found(report: Report, attack: Attack) -> None:
    """The attack's own check found it, and its finding says the words."""
    named, *said = attack.words.split("|")
    hits = [
        one
        for one in report.findings
        if one.check == attack.check and named in one.object and all(words in one.sentence for words in said)
    ]
    assert hits, "\n".join(map(str, report.findings)) or "nothing was found"


@pytest.mark.urs("URS-AUD-02", "URS-AUD-03", "URS-AUD-12")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.name)
def test_each_attack_is_found_and_named(scene: Scene, attack: Attack) -> None:
    attack.do(scene)
    assert_found(scene.examine(), attack)


@pytest.mark.urs("URS-VAL-09")
@pytest.mark.parametrize("name", [check.name for check in checks()])
def test_each_check_is_needed(scene: Scene, name: str) -> None:
    """With this check left out, the test of some attack above fails."""
    attack = next(one for one in ATTACKS if one.check == name)
    attack.do(scene)
    assert_found(scene.examine(), attack)
    with pytest.raises(AssertionError):
        assert_found(scene.examine(without={name}), attack)


def test_verify_changes_nothing(scene: Scene) -> None:
    with psycopg.connect(scene.database.url("verify"), autocommit=True) as connection:
        for sql in (
            "update records_record set title = 'x'",
            "delete from audit.leaf",
            "insert into audit.checkpoint values (1, 'x', 'x', now())",
            "select audit.next_entry()",
            "select nextval('audit.entry_id_seq')",
            "truncate records_record",
            "alter table records_record disable trigger all",
            "select * from audit.secret",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(sql)
    before = scene.database.rows("select pg_current_snapshot()::text, (select count(*) from audit.act)")
    scene.examine()
    after = scene.database.rows("select pg_current_snapshot()::text, (select count(*) from audit.act)")
    assert before[0][1] == after[0][1]


def test_the_report_is_words_for_people_and_json_for_programs(scene: Scene) -> None:
    clean = scene.examine()
    assert clean.as_json()["clean"] is True
    assert "Clean: " in clean.in_words()
    edit_record(scene)
    report = scene.examine()
    read = json.loads(json.dumps(report.as_json()))
    assert read["clean"] is False
    assert {"id", "check", "object", "sentence", "disposition"} == set(read["findings"][0])
    assert scene.number in report.in_words()
    assert "not whole" in report.in_words()
