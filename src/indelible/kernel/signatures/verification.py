"""Whether a signature still says what was signed: its manifest against the record, the files, its row and the trail.

Anyone with read access may ask, as often as they like; nothing here trusts a flag (URS-LNK-01, -03; kernel.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from indelible.kernel.files.store import store
from indelible.kernel.records.differences import digest_of, parsed
from indelible.kernel.records.models import Link
from indelible.kernel.signatures import manifest
from indelible.kernel.signatures.models import Signature
from indelible.kernel.signatures.types import Difference

_COLUMNS: Final = (
    "record_id",
    "revision_id",
    "step",
    "meaning",
    "person_id",
    "user_id",
    "name",
    "role",
    "organisation",
    "zone",
    "offset",
    "components",
    "period_id",
    "position",
    "digest",
    "act",
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """The trail's event of a signature's row and who stands behind its act; `user_id` None: nobody does."""

    op: str
    image: Mapping[str, Any]
    act: int | None
    user_id: str | None
    record: str | None


def differences(signatures: Sequence[Signature], *, files: bool = False) -> dict[int, list[Difference]]:
    """What differs, by signature; `files` reads the bytes of the signed files as well. At most two queries for all.

    The signatures come with `record`, `revision` and `person` loaded (queries.signatures_of).
    """
    entries, links = _entries(signatures), _links(signatures)
    return {each.pk: list(_all(each, entries.get(each.pk, []), links, files=files)) for each in signatures}


def _all(
    found: Signature, entries: Sequence[_Entry], links: set[tuple[str, str, str]], *, files: bool
) -> Iterator[Difference]:
    stored = bytes(found.manifest)
    yield from _against_trail(found, stored, entries)
    if manifest.digest(stored) != found.digest:
        yield Difference("manifest", "The signed bytes are not those of the signature's digest.")
    try:
        signed = manifest.read(stored)
        yield from _against_row(found, signed)
        yield from _against_record(found, signed)
        yield from _against_content(found, signed)
        yield from _against_links(signed, links)
        if files:
            yield from _against_files(signed)
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Difference("manifest", "The signed bytes cannot be read as a manifest any more.")


def _against_row(found: Signature, signed: Mapping[str, Any]) -> Iterator[Difference]:
    signer = signed["signer"]
    told = {
        "step": (signed["step"], found.step),
        "meaning": (signed["meaning"], found.meaning),
        "user id": (signer["id"], found.user_id),
        "name": (signer["name"], found.name),
        "role": (signer["role"], found.role),
        "organisation": (signer["organisation"], found.organisation),
        "zone": (signer["zone"], found.zone),
        "offset": (signer["offset"], found.offset),
        "time": (signed["at"], manifest.instant(found.signed_at)),
        "components": (",".join(signed["components"]), found.components),
        "person": (signer["id"], found.person.user_id),
    }
    for part, (was, now) in told.items():
        if was != now:
            yield Difference(part, f"The {part} signed was “{was}”; the signature now says “{now}”.")


def _against_record(found: Signature, signed: Mapping[str, Any]) -> Iterator[Difference]:
    if signed["record"] != found.record.number or found.revision.record_id != found.record_id:
        yield Difference(
            "record", f"This signature was made on {signed['record']} and was moved to {found.record.number}."
        )
    if signed["revision"] != str(found.revision.number):
        yield Difference(
            "revision",
            f"This signature was made on revision {signed['revision']} and was moved to {found.revision.number}.",
        )
    if signed["declaration"] != found.record.fingerprint:
        yield Difference(
            "declaration", "The record is pinned to another declaration than the one signed under."
        )


def _against_content(found: Signature, signed: Mapping[str, Any]) -> Iterator[Difference]:
    raw = bytes(found.revision.content)
    if digest_of(raw) != found.revision.digest:
        yield Difference("revision content", "The revision's bytes are not those of its digest.")
    content = parsed(raw)
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


def _against_links(signed: Mapping[str, Any], links: set[tuple[str, str, str]]) -> Iterator[Difference]:
    for link in signed["links"]:
        if (link["kind"], link["from"], link["to"]) not in links:
            yield Difference(
                f"link {link['to']}",
                f"The link “{link['kind']}” from {link['from']} to {link['to']} is not there.",
            )


def _against_files(signed: Mapping[str, Any]) -> Iterator[Difference]:
    for each in signed["attachments"]:
        if not store().is_whole(each["sha256"]):
            yield Difference(
                f"attachment {each['name']}",
                f"The bytes of “{each['name']}” differ from what was signed, or are gone.",
            )


def _against_trail(found: Signature, stored: bytes, entries: Sequence[_Entry]) -> Iterator[Difference]:
    """The row has one event, its making, by an act of the signer on this record; and still looks as it did then."""
    if [entry.op for entry in entries] != ["I"]:
        yield Difference(
            "event", "The trail does not tell of one making of this signature and no change since."
        )
        return
    entry = entries[0]
    if (entry.act, entry.user_id) != (found.act, found.user_id) or entry.record not in {
        "",
        found.record.number,
    }:
        yield Difference("event", "The trail tells of another act than the signer's on this record.")
    for column in _COLUMNS:
        now = getattr(found, column)
        if entry.image.get(column) != now:
            yield Difference(
                "event", f"The trail tells of another {column.removesuffix('_id').replace('_', ' ')}."
            )
    kept = entry.image.get("manifest") or {}
    if kept.get("sha256") != manifest.digest(stored):
        yield Difference("manifest", "The signed bytes are not those the trail tells of.")
    if datetime.fromisoformat(entry.image["signed_at"]) != found.signed_at:
        yield Difference("event", "The trail tells of another time.")


def _entries(signatures: Sequence[Signature]) -> dict[int, list[_Entry]]:
    """The trail's events of these rows, oldest first."""
    keys = [str(each.pk) for each in signatures]
    with connection.cursor() as cursor:
        cursor.execute(
            "select e.pk, e.op::text, e.new, e.act, a.user_id, a.record from audit.events as e"
            " left join audit.acts as a on a.id = e.act"
            " where e.tbl = 'signatures_signature' and e.pk = any(%s) order by e.id",
            [keys],
        )
        found: dict[int, list[_Entry]] = {}
        for pk, op, image, act, user_id, record in cursor.fetchall():
            found.setdefault(int(pk), []).append(_Entry(op, _image(image), act, user_id, record))
    return found


def _image(image: Any) -> Mapping[str, Any]:
    """Django hands jsonb over as text on a cursor of its own."""
    found = json.loads(image) if isinstance(image, str) else image
    return found if isinstance(found, Mapping) else {}


def _links(signatures: Iterable[Signature]) -> set[tuple[str, str, str]]:
    """Every link of these records, ended ones too: what was signed with it stays true."""
    records = {each.record_id for each in signatures}
    rows = Link.objects.filter(source__in=records) | Link.objects.filter(target__in=records)
    return set(rows.values_list("kind", "source__number", "target__number"))
