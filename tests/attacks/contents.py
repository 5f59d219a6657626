"""Attacks on what records say: revisions, shown values, the search, signatures and what they sign, files."""

from __future__ import annotations

from indelible.kernel.files.store import store
from tests.attacks.scene import Scene


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
