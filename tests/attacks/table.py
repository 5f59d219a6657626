"""The attack table (ledger.md 3.8): each attack, the check that must find it, and the words it is named by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.attacks import contents, entries, forgeries, outsiders, protections, put_back, rows
from tests.attacks.scene import Scene


@dataclass(frozen=True)
class Attack:
    """What is done, which check must find it, and words its object and sentence must have."""

    name: str
    check: str
    words: str
    do: Callable[[Scene], None]


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
        rows.edit_record,
    ),
    Attack(
        "record edited, then worked on",
        "continuity",
        "records_record 1 (number DEV-|title: recorded",
        rows.edit_then_work_on,
    ),
    Attack("row deleted", "state", "records_attachment|gone from the table", rows.delete_row),
    Attack("row inserted", "state", "records_counter|no event says who entered it", rows.insert_row),
    Attack("password hash swapped", "state", "identity_credential|hmac", rows.edit_secret),
    Attack(
        "record edited by hand, triggers on",
        "direct writes",
        "records_record 1|Direct SQL by postgres",
        rows.edit_with_triggers,
    ),
    Attack(
        "act forged from a real one", "actors", "record.create|not signed by the service", forgeries.forge_act
    ),
    Attack(
        "act under another's name",
        "actors",
        "record.create of DEV-1999-00001|of another person",
        forgeries.forge_act_of_another,
    ),
    Attack(
        "act dated back",
        "actors",
        "record.create of DEV-1999-00001|made at another time",
        forgeries.predate_act,
    ),
    Attack(
        "event forged under a real act",
        "direct writes",
        "records_record|was another transaction",
        forgeries.forge_event,
    ),
    Attack(
        "row written under a refusal",
        "direct writes",
        "records_record|is an event or a refusal",
        forgeries.write_under_a_refusal,
    ),
    Attack(
        "row edited under a testimony",
        "direct writes",
        "records_record 1|no person stands behind",
        forgeries.edit_under_a_testimony,
    ),
    Attack(
        "event inserted past the sequence",
        "completeness",
        "event 10000000|never sealed",
        forgeries.insert_event,
    ),
    Attack(
        "event edited",
        "agreement",
        "records_record 1 (number DEV-|title: sealed Temperature",
        entries.edit_event,
    ),
    Attack(
        "event deleted",
        "agreement",
        "records_record 1 (number DEV-|deleted from the audit trail",
        entries.delete_event,
    ),
    Attack(
        "event in the middle deleted",
        "continuity",
        "records_record 1|not what the event before it left",
        entries.delete_middle_event,
    ),
    Attack("event and leaf deleted", "leaves", "ledger entr|was deleted", entries.delete_event_and_leaf),
    Attack(
        "act edited",
        "agreement",
        "act |reason: sealed first wording was incomplete, now as ordered",
        entries.edit_act,
    ),
    Attack(
        "act deleted", "agreement", "record.attach of DEV-|deleted from the audit trail", entries.delete_act
    ),
    Attack("leaf edited", "leaves", "ledger entry 5|do not give the hash", entries.edit_leaf),
    Attack("leaf rewritten with its event", "tree", "ledger entries|was rewritten", entries.rewrite_leaf),
    Attack("tail deleted with its checkpoint", "sealer", "checkpoint of|older", entries.delete_tail),
    Attack("checkpoint edited", "tree", "checkpoint of|No key known", entries.edit_checkpoint),
    Attack("sealer's state taken away", "sealer", "state of the sealer|missing", entries.lose_sealer_state),
    Attack("sealer's state edited", "sealer", "state of the sealer|", entries.damage_sealer_state),
    Attack(
        "act hidden from sequencing",
        "leaves",
        "ledger entry|hid it from sequencing",
        entries.hide_from_sequencing,
    ),
    Attack("revision edited", "revisions", "record DEV-|do not give the digest", contents.edit_revision),
    Attack(
        "shown value edited",
        "revisions",
        "record DEV-|not what its newest revision says: amount",
        contents.edit_shown_values,
    ),
    Attack(
        "signature edited",
        "signatures",
        "meaning|the signature now says “Approval of the plan”",
        contents.edit_signature,
    ),
    Attack(
        "signature moved to another record",
        "signatures",
        "on record DEV-|was moved to DEV-",
        contents.move_signature,
    ),
    Attack(
        "signed bytes rewritten",
        "signatures",
        "on record CAPA-|not those the trail tells of",
        contents.edit_manifest,
    ),
    Attack(
        "signed record edited",
        "state",
        "records_record 3 (number CAPA-|title: recorded",
        contents.edit_signed_record,
    ),
    Attack(
        "signed revision rewritten throughout",
        "signatures",
        "field problem|differs from what was signed",
        contents.edit_signed_revision,
    ),
    Attack("record hidden from the search", "searchable", "record DEV-|altered", contents.hide_from_search),
    Attack("search blinded", "searchable", "function records_search|not the one", contents.blind_search),
    Attack("file edited", "files", "page7.txt of DEV-|altered", contents.edit_file),
    Attack("file deleted", "files", "page7.txt of DEV-|missing", contents.delete_file),
    Attack(
        "trigger dropped, list rewritten",
        "triggers",
        "public.records_record|capture is missing",
        protections.drop_trigger,
    ),
    Attack(
        "trigger silenced", "triggers", "public.records_record|can be silent", protections.silence_trigger
    ),
    Attack(
        "trigger given a condition",
        "triggers",
        "public.records_record|has a condition",
        protections.condition_trigger,
    ),
    Attack(
        "function swapped, list rewritten",
        "functions",
        "audit.current_act|not the one",
        protections.swap_function,
    ),
    Attack(
        "function added, list rewritten", "functions", "audit.back_door|foreign", protections.add_function
    ),
    Attack("clock changed", "functions", "audit.clock|not the one", protections.change_clock),
    Attack(
        "service may delete", "rights", "indelible_app|may DELETE records_record", protections.grant_delete
    ),
    Attack("service owns the trail", "rights", "indelible_app|owns audit.event", protections.change_owner),
    Attack(
        "table no longer registered",
        "declarations",
        "records_revision|not the one the code declares",
        protections.forget_table,
    ),
    Attack(
        "change put back in one transaction",
        "attestations",
        "attestation|changed and put back: trigger indelible_capture on public.records_record",
        put_back.put_back,
    ),
    Attack(
        "change put back, statements told",
        "structure",
        "change of structure|Direct SQL by postgres|ALTER TABLE of table public.records_record",
        put_back.put_back,
    ),
    Attack(
        "change put back, installation forged",
        "attestations",
        "attestation|changed and put back: trigger indelible_capture",
        put_back.put_back_under_a_forged_installation,
    ),
    Attack(
        "act with a token that is none",
        "actors",
        "record.create|not signed by the service",
        forgeries.forge_unreadable_token,
    ),
    Attack(
        "change put back, event triggers off",
        "attestations",
        "attestation|changed and put back: trigger indelible_capture on public.records_record",
        put_back.put_back_unwatched,
    ),
    Attack(
        "change put back by catalogue update",
        "attestations",
        "attestation|changed and put back: trigger indelible_capture on public.records_record",
        put_back.put_back_by_catalogue,
    ),
    Attack(
        "capture emptied for a moment",
        "attestations",
        "attestation|changed and put back: function audit.capture",
        put_back.replace_capture,
    ),
    Attack(
        "event trigger off", "protections", "event trigger|indelible_structure", put_back.switch_watch_off
    ),
    Attack(
        "owner's login outside an installation",
        "structure",
        "change|Direct SQL by indelible_owner",
        put_back.alter_as_owner,
    ),
    Attack(
        "state forged while it was digested",
        "digests",
        "records_record in digest|were not what the trail says",
        rows.digest_of_a_forged_state,
    ),
    Attack(
        "key slipped in",
        "keys",
        "key of the sealer|no entry of the ledger introduced it",
        entries.slip_a_key_in,
    ),
    Attack(
        "former key of the service used",
        "service keys",
        "act |a key of the service that had been changed before",
        entries.use_a_former_service_key,
    ),
    Attack("verifier blinded", "direct writes", "check|could not be made", protections.revoke_from_verify),
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
    Attack(
        "grant added", "protections", "table secret|added since the installation", protections.add_protection
    ),
]
