"""Whether a signature still says what was signed: its manifest against the record, the files, its row and the trail.

Anyone with read access may ask, as often as they like; nothing here trusts a flag (URS-LNK-01, -03; kernel.md). The page
asks as the service, `indelible verify` as its own login; both read by the one statement below.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from indelible.kernel.audit.verification.examination import Check, Examination, Finding
from indelible.kernel.files.store import store
from indelible.kernel.identity import openid, webauthn
from indelible.kernel.records.differences import digest_of, parsed
from indelible.kernel.signatures import manifest
from indelible.kernel.signatures.types import Difference


@dataclass(frozen=True, slots=True)
class _Bond:
    """A signature's row, what it is bound to now, and what the trail tells of its making; in the order of the statement."""

    id: int
    row: Mapping[str, Any]
    stored: bytes
    signed_at: datetime
    number: str
    fingerprint: str
    revision: int
    revision_record: int
    content: bytes
    content_digest: str
    person: str
    events: Sequence[Mapping[str, Any]]
    links: Sequence[Mapping[str, str]]
    signed_size: int
    credential: Mapping[str, Any] | None
    withdrawn: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What differs from what was signed, and whether a signed checkpoint of the ledger holds the signature already."""

    differences: list[Difference]
    sealed: bool


def judged(ids: Iterable[int], *, files: bool = False) -> dict[int, Judged]:
    """Each signature judged now; `files` reads the bytes of the signed files as well. One query for all."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_BONDS} where s.id = any(%s) order by s.id", [list(ids)])
        bonds = [_bond(row) for row in cursor.fetchall()]
    return {bond.id: Judged(list(_all(bond, files=files)), _is_sealed(bond)) for bond in bonds}


def _is_sealed(bond: _Bond) -> bool:
    made = [event["seq"] for event in bond.events if event["op"] == "I"]
    return bool(made) and all(seq is not None and seq < bond.signed_size for seq in made)


def signatures(examined: Examination) -> Iterator[Finding]:
    """Each signature against what it covers, for `indelible verify`; the bytes of files have a check of their own."""
    for row in examined.rows(f"{_BONDS} order by s.id"):
        bond = _bond(row)
        examined.count("signatures")
        name = f"signature {bond.id} of {bond.row['name']} on record {bond.number}"
        for difference in _all(bond, files=False):
            yield Finding("signatures", f"{name}: {difference.part}", difference.detail)


CHECKS: Final = (Check("signatures", "each signature against the record, its row and the trail", signatures),)


def _bond(row: Sequence[Any]) -> _Bond:
    return _Bond(
        id=row[0],
        row=json.loads(row[1]),
        stored=bytes(row[2]),
        signed_at=row[3],
        number=row[4],
        fingerprint=row[5],
        revision=row[6],
        revision_record=row[7],
        content=bytes(row[8] or b""),
        content_digest=row[9],
        person=row[10],
        events=json.loads(row[11]),
        links=json.loads(row[12]),
        signed_size=row[13],
        credential=json.loads(row[14]) if row[14] else None,
        withdrawn=json.loads(row[15]) if row[15] else None,
    )


def _all(bond: _Bond, *, files: bool) -> Iterator[Difference]:
    yield from _against_trail(bond)
    if None in (bond.number, bond.content_digest, bond.person):
        yield Difference(
            "record", "The record, the revision or the person it is bound to is not there any more."
        )
        return
    if manifest.digest(bond.stored) != bond.row["digest"]:
        yield Difference("manifest", "The signed bytes are not those of the signature's digest.")
    try:
        signed = manifest.read(bond.stored)
        yield from _against_row(bond, signed)
        yield from _against_record(bond, signed)
        yield from _against_content(bond, signed)
        yield from _against_links(bond, signed)
        yield from _against_withdrawn(bond, signed)
        yield from _against_proof(bond, signed)
        if files:
            yield from _against_files(signed)
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Difference("manifest", "The signed bytes, or the revision's, cannot be read any more.")


def _against_row(bond: _Bond, signed: Mapping[str, Any]) -> Iterator[Difference]:
    signer, row = signed["signer"], bond.row
    told = {
        "step": (signed["step"], row["step"]),
        "meaning": (signed["meaning"], row["meaning"]),
        "user id": (signer["id"], row["user_id"]),
        "name": (signer["name"], row["name"]),
        "role": (signer["role"], row["role"]),
        "organisation": (signer["organisation"], row["organisation"]),
        "zone": (signer["zone"], row["zone"]),
        "offset": (signer["offset"], row["offset"]),
        "time": (signed["at"], manifest.instant(bond.signed_at)),
        "components": (",".join(signed["components"]), row["components"]),
        "person": (signer["id"], bond.person),
    }
    for part, (was, now) in told.items():
        if was != now:
            yield Difference(part, f"The {part} signed was “{was}”; the signature now says “{now}”.")


def _against_record(bond: _Bond, signed: Mapping[str, Any]) -> Iterator[Difference]:
    if signed["record"] != bond.number or bond.revision_record != bond.row["record_id"]:
        yield Difference(
            "record", f"This signature was made on {signed['record']} and was moved to {bond.number}."
        )
    if signed["revision"] != str(bond.revision):
        yield Difference(
            "revision",
            f"This signature was made on revision {signed['revision']} and was moved to {bond.revision}.",
        )
    if signed["declaration"] != bond.fingerprint:
        yield Difference(
            "declaration", "The record is pinned to another declaration than the one signed under."
        )


def _against_content(bond: _Bond, signed: Mapping[str, Any]) -> Iterator[Difference]:
    if digest_of(bond.content) != bond.content_digest:
        yield Difference("revision content", "The revision's bytes are not those of its digest.")
    content = parsed(bond.content)
    for name in sorted({*signed["fields"], *content["fields"]}):
        if signed["fields"].get(name) != manifest.without_numbers(content["fields"].get(name)):
            yield Difference(f"field {name}", f"The content of “{name}” differs from what was signed.")
    carried = manifest.without_numbers(content["attachments"])
    for each in [a for a in signed["attachments"] if a not in carried]:
        yield Difference(
            f"attachment {each['name']}", f"The file “{each['name']}” that was signed is not there."
        )
    for each in [a for a in carried if a not in signed["attachments"]]:
        yield Difference(
            f"attachment {each['name']}", f"The file “{each['name']}” was not there when it was signed."
        )
    if set(content) != {"fields", "attachments"}:
        yield Difference("revision content", "The revision says more than fields and attachments.")


def _against_links(bond: _Bond, signed: Mapping[str, Any]) -> Iterator[Difference]:
    """Ended links count as well: what was signed with them stays true."""
    for link in signed["links"]:
        if link not in bond.links:
            yield Difference(
                f"link {link['to']}",
                f"The link “{link['kind']}” from {link['from']} to {link['to']} is not there.",
            )


def _against_withdrawn(bond: _Bond, signed: Mapping[str, Any]) -> Iterator[Difference]:
    """A withdrawal names by its digest a signature of the same person on the same record (URS-LNK-04)."""
    found = bond.withdrawn or {
        "digest": None,
        "record": bond.row["record_id"],
        "user_id": bond.row["user_id"],
    }
    if signed.get("withdraws") != found["digest"]:
        yield Difference(
            "withdrawn signature", "The signature it takes back is not the one it was signed for."
        )
    if (found["record"], found["user_id"]) != (bond.row["record_id"], bond.row["user_id"]):
        yield Difference("withdrawn signature", "It takes back what somebody else signed, or elsewhere.")


def _against_proof(bond: _Bond, signed: Mapping[str, Any]) -> Iterator[Difference]:
    """Where a device or the identity provider answered for the signed bytes: that answer, made again by what it left behind."""
    kinds, evidence = signed["components"], bond.row.get("evidence") or {}
    proof = evidence.get("proof") or {}
    digest = manifest.digest(bond.stored)
    if "passkey" in kinds:
        known = bond.credential or {}
        if any(proof.get(name) != known.get(name) for name in ("credential_id", "public_key")):
            yield Difference("passkey", "The key it was signed with is not one that was this person's.")
        if fault := webauthn.holds(proof, bytes.fromhex(digest)):
            yield Difference("passkey", f"The device's answer does not fit the signed bytes: {fault}.")
    if "provider" in kinds:
        subject = str((bond.credential or {}).get("subject", ""))
        if fault := openid.holds(proof, nonce=digest, subject=subject):
            yield Difference("identity provider", f"Its answer does not fit the signed bytes: {fault}.")


def _against_files(signed: Mapping[str, Any]) -> Iterator[Difference]:
    for each in signed["attachments"]:
        if not store().is_whole(each["sha256"]):
            yield Difference(
                f"attachment {each['name']}",
                f"The bytes of “{each['name']}” differ from what was signed, or are gone.",
            )


def _against_trail(bond: _Bond) -> Iterator[Difference]:
    """The row has one event, its making, by an act of the signer on this record; and still looks as it did then."""
    if [event["op"] for event in bond.events] != ["I"]:
        yield Difference(
            "event", "The trail does not tell of one making of this signature and no change since."
        )
        return
    event, image = bond.events[0], bond.events[0]["new"] or {}
    if (event["act"], event["user_id"]) != (bond.row["act"], bond.row["user_id"]) or event[
        "record"
    ] != bond.number:
        yield Difference("event", "The trail tells of another act than the signer's on this record.")
    for column in sorted({*image, *bond.row} - {"manifest", "signed_at"}):
        if image.get(column) != bond.row.get(column):
            told = column.removesuffix("_id").replace("_", " ")
            yield Difference("event", f"The trail tells of another {told} at its making.")
    if (image.get("manifest") or {}).get("sha256") != manifest.digest(bond.stored):
        yield Difference("manifest", "The signed bytes are not those the trail tells of.")
    if "signed_at" not in image or datetime.fromisoformat(image["signed_at"]) != bond.signed_at:
        yield Difference("event", "The trail tells of another time.")


_BONDS: Final = """
    select s.id, (to_jsonb(s) - 'manifest' - 'signed_at')::text, s.manifest, s.signed_at, r.number, r.fingerprint,
           v.number, v.record_id, v.content, v.digest, p.user_id,
           (select coalesce(jsonb_agg(jsonb_build_object('op', e.op::text, 'new', e.new, 'act', e.act, 'user_id', a.user_id,
                                                         'record', a.record, 'seq', e.seq) order by e.id), '[]')::text
              from audit.events as e left join audit.acts as a on a.id = e.act
             where e.tbl = 'signatures_signature' and e.pk = s.id::text),
           (select coalesce(jsonb_agg(jsonb_build_object('kind', l.kind, 'from', f.number, 'to', t.number)), '[]')::text
              from public.records_link as l join public.records_record as f on f.id = l.source_id
              join public.records_record as t on t.id = l.target_id
             where l.source_id = s.record_id or l.target_id = s.record_id),
           (select coalesce(max(size), 0) from audit.checkpoints),
           case when s.evidence ->> 'by' like 'passkey %%' then
                (select jsonb_build_object('credential_id', k.credential_id, 'public_key', k.public_key)::text
                   from public.identity_passkey as k
                  where k.person_id = s.person_id and 'passkey ' || k.id = s.evidence ->> 'by')
                when s.evidence ->> 'by' like 'provider %%' then
                (select jsonb_build_object('subject', k.subject)::text from public.identity_provider_account as k
                  where k.person_id = s.person_id and 'provider ' || k.id = s.evidence ->> 'by') end,
           (select jsonb_build_object('digest', w.digest, 'record', w.record_id, 'user_id', w.user_id)::text
              from public.signatures_signature as w where w.id = s.withdraws_id)
      from public.signatures_signature as s
      left join public.records_record as r on r.id = s.record_id
      left join public.records_revision as v on v.id = s.revision_id
      left join public.identity_person as p on p.id = s.person_id
"""
