"""Whether a signature still holds: every part of what was signed, altered behind the product's back (URS-LNK-01, -03)."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO

import pytest

from indelible.kernel.files.store import store
from indelible.kernel.signatures import manifest, queries
from indelible.kernel.signatures.models import Signature
from indelible.kernel.workflow import actions
from tests import people
from tests.signatures.signing import MEANING, all_of, capa, later, submit

ANA = people.ANA


class Bonds:
    """Two signed CAPAs, the first with a file and a link to the second; and a superuser past all triggers."""

    def __init__(self, database) -> None:
        self.database = database
        self.ana = people.signed_in(ANA)
        first, second = capa(self.ana), capa(self.ana, title="Vial 8 underweight")
        actions.attach_file(
            self.ana, first.number, name="weighing.txt", content=BytesIO(b"9.1 mg\n"), field="evidence"
        )
        first.refresh_from_db()
        self.other = submit(self.ana, second, all_of(ANA))
        self.signature = submit(self.ana, first, later(ANA))

    def parts(self) -> list[str]:
        """What verification says now differs, in a process that starts afresh."""
        found = queries.signature(Signature.objects.get(pk=self.signature.pk).record, self.signature.pk)
        assert found is not None
        return [difference.part for difference in queries.verify_signature(found)]

    def alter(self, table: str, *statements: str) -> None:
        """As superuser with the triggers off."""
        self.database.superuser(f"alter table {table} disable trigger all")
        for statement in statements:
            self.database.superuser(statement)
        self.database.superuser(f"alter table {table} enable always trigger indelible_capture")


@pytest.fixture
def bonds(stocked):
    return Bonds(stocked)


@pytest.mark.urs("URS-LNK-01")
def test_a_genuine_signature_holds(bonds):
    assert bonds.parts() == []
    (told,) = queries.documents(queries.signatures_of(bonds.signature.record))
    assert told["invalid"] == []


def _signature(assignment: str) -> Callable[[Bonds], None]:
    return lambda b: b.alter(
        "signatures_signature", f"update signatures_signature set {assignment} where id = {b.signature.pk}"
    )


def _move_to_other_record(b: Bonds) -> None:
    _signature(f"record_id = {b.other.record_id}")(b)


def _move_to_other_record_with_revision(b: Bonds) -> None:
    _signature(f"record_id = {b.other.record_id}, revision_id = {b.other.revision_id}")(b)


def _content(b: Bonds, old: str, new: str) -> None:
    """The revision's bytes and its digest, so that it is consistent in itself."""
    where = f"where id = {b.signature.revision_id}"
    change = f"convert_to(replace(convert_from(content, 'UTF8'), '{old}', '{new}'), 'UTF8')"
    b.alter(
        "records_revision",
        f"update records_revision set content = {change} {where}",
        f"update records_revision set digest = encode(sha256(content), 'hex') {where}",
    )


def _one_byte_of_manifest(b: Bonds) -> None:
    _signature("manifest = set_byte(manifest, 40, get_byte(manifest, 40) # 1)")(b)


def _consistent_forgery(b: Bonds) -> None:
    """Manifest, digest and column rewritten together: only the trail is left to tell."""
    stored = bytes(b.signature.manifest).replace(b"Ana Alvarez", b"Eva Alvarez")
    _signature(f"manifest = '\\x{stored.hex()}', digest = '{manifest.digest(stored)}', name = 'Eva Alvarez'")(
        b
    )


def _delete_event(b: Bonds) -> None:
    b.database.superuser("alter table audit.event disable trigger all")
    b.database.superuser(
        f"delete from audit.event where tbl = 'signatures_signature' and pk = '{b.signature.pk}'"
    )


def _file_bytes(b: Bonds) -> None:
    sha256 = json.loads(bytes(b.signature.manifest))["attachments"][0]["sha256"]
    path = store().path(sha256)
    path.chmod(0o600)
    path.write_bytes(b"9.9 mg\n")


ATTACKS = {
    "record": (_move_to_other_record, "record"),
    "record and revision": (_move_to_other_record_with_revision, "record"),
    "meaning": (_signature("meaning = 'Approval of the plan'"), "meaning"),
    "step": (_signature("step = 'approve_plan'"), "step"),
    "name": (_signature("name = 'Petra Novak'"), "name"),
    "role": (_signature("role = 'QA approver'"), "role"),
    "organisation": (_signature("organisation = 'Other Ltd'"), "organisation"),
    "time": (_signature("signed_at = signed_at - interval '1 day'"), "time"),
    "a microsecond": (_signature("signed_at = signed_at + interval '1 microsecond'"), "time"),
    "zone": (_signature("zone = 'Asia/Tokyo'"), "zone"),
    "offset": (_signature("\"offset\" = '+09:00'"), "offset"),
    "components": (_signature("components = 'user_id,password,otp'"), "components"),
    "user id": (_signature("user_id = 'petra'"), "user id"),
    "person": (
        _signature("person_id = (select id from identity_person where user_id = 'petra')"),
        "person",
    ),
    "position": (_signature("position = 77"), "event"),
    "digest": (_signature("digest = repeat('0', 64)"), "manifest"),
    "a byte of the manifest": (_one_byte_of_manifest, "manifest"),
    "a consistent forgery": (_consistent_forgery, "event"),
    "the event": (_delete_event, "event"),
    "a field": (lambda b: _content(b, "9.1 mg", "9.9 mg"), "field problem"),
    "a field's name": (lambda b: _content(b, '"problem"', '"problems"'), "field problem"),
    "the file's digest": (lambda b: _content(b, "weighing.txt", "weighty.txt"), "attachment weighing.txt"),
    "the file's bytes": (_file_bytes, "attachment weighing.txt"),
    "the revision's digest": (
        lambda b: b.alter(
            "records_revision",
            f"update records_revision set digest = 'x' where id = {b.signature.revision_id}",
        ),
        "revision content",
    ),
    "the declaration": (
        lambda b: b.alter(
            "records_record",
            f"update records_record set fingerprint = 'x' where id = {b.signature.record_id}",
        ),
        "declaration",
    ),
}


@pytest.mark.urs("URS-LNK-01", "URS-LNK-03")
@pytest.mark.parametrize("attack", ATTACKS)
def test_verification_names_the_part_that_was_altered(bonds, attack):
    do, part = ATTACKS[attack]
    do(bonds)
    assert part in bonds.parts()


@pytest.mark.urs("URS-LNK-03")
def test_a_copied_signature_is_exposed_also_when_the_trail_recorded_the_copying(bonds):
    columns = 'evidence, step, meaning, person_id, user_id, name, role, organisation, signed_at, zone, "offset", components, period_id, manifest'
    bonds.database.superuser(
        f"insert into signatures_signature (record_id, revision_id, position, digest, act, {columns})"
        f" select {bonds.other.record_id}, {bonds.other.revision_id}, 9, 'copied', -1, {columns}"
        f" from signatures_signature where id = {bonds.signature.pk}"
    )
    *_, copied = queries.signatures_of(bonds.other.record)
    assert {"record", "event", "manifest"} <= {
        difference.part for difference in queries.verify_signature(copied)
    }


@pytest.mark.urs("URS-LNK-02")
def test_an_edit_afterwards_leaves_the_bond_with_the_revision_signed(bonds):
    record = bonds.signature.record
    actions.edit_record(
        bonds.ana, record.number, {"root_cause": "The balance drifts."}, revision=record.revision
    )
    assert bonds.parts() == []


@pytest.mark.urs("URS-LNK-01")
def test_the_manifest_is_read_by_a_second_reader(bonds):
    """Manifest v1 as its page says it, read with nothing of ours: canonical, without numbers, all parts there."""
    stored = bytes(bonds.signature.manifest)
    found = json.loads(stored, parse_int=pytest.fail, parse_float=pytest.fail)
    assert json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == stored
    assert set(found) == {
        *("record", "revision", "declaration", "step", "meaning", "fields", "attachments", "links"),
        *("signer", "at", "components", "software", "nonce"),
    }
    assert set(found["signer"]) == {"id", "name", "role", "organisation", "zone", "offset"}
    assert found["revision"] == "2" and found["meaning"] == MEANING and found["components"] == ["password"]
    assert found["attachments"][0]["name"] == "weighing.txt"
    assert found["at"].endswith("Z") and len(found["nonce"]) == 32


def test_numbers_stand_as_text_and_truth_values_stay():
    assert manifest.without_numbers({"days": 30, "ok": True, "rows": [{"n": 1}]}) == {
        "days": "30",
        "ok": True,
        "rows": [{"n": "1"}],
    }
    with pytest.raises(TypeError):
        manifest.without_numbers(1.5)
    with pytest.raises(ValueError, match="canonical"):
        manifest.read(b'{"b": 1}')


@pytest.mark.urs("URS-LNK-03", "URS-LNK-04")
@pytest.mark.parametrize(
    "change",
    [
        "withdraws_id = null where id = {last}",
        "withdraws_id = {other} where id = {last}",
        "withdraws_id = {signature} where id = {other}",
    ],
)
def test_what_a_withdrawal_takes_back_cannot_be_changed_unseen(bonds, change):
    """Taken from it, pointed elsewhere, and put on a signature that takes nothing back."""
    record = bonds.signature.record
    record.refresh_from_db()
    people.shown(bonds.ana, record.number)
    last = actions.take_step(
        bonds.ana,
        record.number,
        f"withdraw-signature-{bonds.signature.pk}",
        revision=record.revision,
        reason="the wrong vial",
        signature=later(ANA, meaning="Withdrawal of ‘Responsibility for the report’"),
    )
    last = Signature.objects.get(withdraws=bonds.signature)
    assert bonds.parts() == [] and queries.verify_signature(last) == []
    ids = {"last": last.pk, "other": bonds.other.pk, "signature": bonds.signature.pk}
    statement = f"update signatures_signature set {change.format(**ids)}"
    clear = f"update signatures_signature set withdraws_id = null where id = {last.pk}"
    bonds.alter("signatures_signature", clear, statement)
    told = Signature.objects.get(pk=ids["other" if change.endswith("{other}") else "last"])
    parts = [difference.part for difference in queries.verify_signature(told)]
    assert "withdrawn signature" in parts and "event" in parts
