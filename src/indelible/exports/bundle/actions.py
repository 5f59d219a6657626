"""Handing out an inspection bundle: one moment's state, sealed by the ledger, written down before it leaves."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from django.db import transaction

from indelible import __version__
from indelible.exports import pdf
from indelible.exports.actions import IN_MEMORY, copied, one_moment, stated_purpose
from indelible.exports.bundle.ledger_part import write_slice, write_tiles, write_whole
from indelible.exports.bundle.parcel import Parcel
from indelible.exports.bundle.tables import records_table, whole_trail_table
from indelible.exports.events import BUNDLE, NOT_SEALED, TOO_MANY, WHOLE_NOT_YOURS
from indelible.home.keys import app_signing_key
from indelible.home.layout import find_home
from indelible.kernel.audit.actions import note, refuse
from indelible.kernel.audit.published import Tiles
from indelible.kernel.audit.queries import Checkpoint, clock, last_checkpoint
from indelible.kernel.audit.seal import origin, signer
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.files import actions as stored
from indelible.kernel.records import actions as record_actions
from indelible.kernel.records import queries as records
from indelible.kernel.records import slice as slices
from indelible.kernel.records.types import RecordFilter
from indelible.kernel.signatures import queries as signatures
from indelible.ledger.faults import LedgerFault
from indelible.ledger.note import Signer

MEDIA: Final = "application/zip"
MOST_RECORDS: Final = 1_000
SEALED_WITHIN: Final = 10.0
"""Seconds an export waits for the sealer to reach what it hands out; usually under two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for: records by number or by a filter, with the records they link to, and for whom.

    `whole` takes every entry of the log along, which proves that none is left out; else a slice. `query` is how the
    request stands in the manifest and the trail.
    """

    numbers: Sequence[str] = ()
    wanted: RecordFilter | None = None
    links: bool = True
    whole: bool = False
    purpose: str = ""
    recipient: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle on its way out: the zip from its beginning, its file name, SHA-256, how many records it holds."""

    content: IO[bytes]
    name: str
    digest: str
    count: int


def bundle(actor: Actor, order: Order) -> Bundle:
    """Makes the bundle and writes down that it leaves (URS-AUD-09). Raises Refusal or CopyFailed; nothing leaves then."""
    named = order.numbers[0] if len(order.numbers) == 1 else ""
    why = stated_purpose(actor, BUNDLE, order.purpose, named)
    for number in order.numbers:
        record_actions.open_record(actor, number)
    try:
        content, chosen, head = _made(actor, order)
    except Refusal as refusal:
        refuse(actor, BUNDLE, refusal, record=named)
        raise
    digest = _digest(content)
    note(
        actor,
        BUNDLE,
        object=f"bundle, SHA-256 {digest}",
        record=named,
        reason=why,
        detail={
            "query": order.query[:500] or " ".join(order.numbers)[:500],
            "count": len(chosen),
            "records": chosen[:200],
            "for": order.recipient[:200],
            "scope": "whole" if order.whole else "slice",
            "checkpoint": head.size,
        },
    )
    name = f"{chosen[0]}-bundle.zip" if named else f"bundle-{len(chosen)}-records.zip"
    return Bundle(content, name, digest, len(chosen))


def _made(actor: Actor, order: Order) -> tuple[IO[bytes], list[str], Checkpoint]:
    """Tries until the ledger has signed everything that is in the bundle; Refusal where it does not in time."""
    if order.whole and not slices.sees_whole_trail(actor):
        raise Refusal(
            WHOLE_NOT_YOURS, "Only a role that reads the whole trail at every site may take the whole log."
        )
    held = _sealed(actor, order)
    return _written(actor, order, held), [record.number for record in held.chosen], held.head


@dataclass(frozen=True, slots=True)
class _Held:
    """What one moment of the database says, all of it under `head`; files and leaves never change after it."""

    chosen: Sequence[Any]
    copies: Sequence[Mapping[str, Any]]
    signed: Sequence[Any]
    entries: Sequence[tuple[int, int, str, str]]
    head: Checkpoint


def _sealed(actor: Actor, order: Order) -> _Held:
    """Looks until the ledger has signed everything that will be in the bundle; Refusal where it does not in time."""
    until = time.monotonic() + SEALED_WITHIN
    while True:
        with transaction.atomic(durable=True):
            one_moment()
            chosen, head = _chosen(actor, order), last_checkpoint()
            signed = [one for record in chosen for one in signatures.signatures_of(record)]
            entries = slices.entries_of(actor, chosen, [one.pk for one in signed])
            under = [
                (i, seq, t, k) for i, seq, t, k in entries if seq is not None and head and seq < head.size
            ]
            if head is not None and len(under) == len(entries):
                copies = [copied(actor, record.number) for record in chosen]
                return _Held(chosen, copies, signed, under, head)
        if time.monotonic() > until:
            raise Refusal(
                NOT_SEALED,
                "The sealer has not signed the newest entries. Try again, or tell an administrator.",
            )
        time.sleep(0.2)


def _chosen(actor: Actor, order: Order) -> list[Any]:
    """The records in the order asked for, then those they link to; only visible ones. Raises Refusal."""
    found = {one.pk: one for one in (records.get(actor, number) for number in order.numbers)}
    if order.wanted is not None:
        found |= {
            one.pk: one for one in records.narrowed(actor, order.wanted).order_by("id")[: MOST_RECORDS + 1]
        }
    if not found:
        raise records.not_there(order.query or "of this query")
    if order.links and len(found) <= MOST_RECORDS:
        for one in list(found.values()):
            for link in records.links_of(actor, one):
                for end in (link.source, link.target):
                    if end.pk not in found:
                        found[end.pk] = records.get(actor, end.number)
    if len(found) > MOST_RECORDS:
        raise Refusal(TOO_MANY, f"A bundle holds at most {MOST_RECORDS} records. Narrow the query.")
    return list(found.values())


def _written(actor: Actor, order: Order, held: _Held) -> IO[bytes]:
    content: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the door closes it after sending)
    with Parcel(content) as parcel:
        for copy in held.copies:
            parcel.add_json(f"records/{copy['record']['number']}.json", copy)
            parcel.add(f"records/{copy['record']['number']}.pdf", pdf.render(copy))
        parcel.add("records.csv", records_table(held.copies))
        parcel.add("audit-trail.csv", whole_trail_table(held.copies))
        _add_attachments(parcel, actor, held.copies)
        parcel.add_json("signatures.json", [_signature(one) for one in held.signed])
        _add_ledger(parcel, held, whole=order.whole)
        service = _add_keys(parcel)
        _add_kit(parcel)
        parcel.seal(_about(actor, order, held), service)
    content.seek(0)
    return content


def _signature(one: Any) -> dict[str, Any]:
    """A signature with the very bytes that were signed, so that anyone can check what they cover."""
    return {
        "id": one.pk,
        "record": one.record.number,
        "revision": one.revision.number,
        **{
            part: getattr(one, part)
            for part in ("step", "meaning", "user_id", "name", "role", "organisation")
        },
        "zone": one.zone,
        "offset": one.offset,
        "digest": one.digest,
        "manifest": b64encode(bytes(one.manifest)).decode(),
    }


def _add_attachments(parcel: Parcel, actor: Actor, copies: Sequence[Mapping[str, Any]]) -> None:
    carried = {
        file["sha256"]: copy["record"]["number"] for copy in copies for file in copy["record"]["attachments"]
    }
    for digest, number in carried.items():
        with stored.original(actor, digest, record=number).content as file:
            parcel.add(f"attachments/{digest}", _pieces(file))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece


def _add_ledger(parcel: Parcel, held: _Held, *, whole: bool) -> None:
    newest = {key: seq for _, seq, table, key in held.entries if table == "records_record"}
    parcel.add("ledger/checkpoint", held.head.note.encode())
    try:
        tiles = Tiles(held.head)
        write_tiles(parcel, tiles)
        if whole:
            write_whole(parcel, tiles)
        else:
            write_slice(parcel, sorted(seq for _, seq, _, _ in held.entries))
        for record in held.chosen:
            proof = tiles.proof_file(newest[str(record.pk)])
            parcel.add(f"ledger/proofs/{record.number}.tlog-proof", proof.to_bytes())
    except LedgerFault as fault:
        raise Refusal(NOT_SEALED, f"{fault} Run verify before anything is handed out.") from fault


def _add_keys(parcel: Parcel) -> Signer:
    """keys.json and the policy; returns the key that seals the manifest: the service's own, which attests each act."""
    home = find_home()
    service, log = Signer(f"{origin(home)}/service", app_signing_key(home)), signer(home).verifier.vkey()
    parcel.add_json(
        "keys.json",
        {
            "log": log,
            "service": service.verifier.vkey(),
            "about": {
                "log": "Signs each checkpoint of the ledger (ledger/checkpoint).",
                "service": "Seals manifest.json (manifest.seal) and attests each act in the ledger (its token): a seal by "
                "another key does not fit the acts, which the log's key and its witnesses hold.",
            },
        },
    )
    parcel.add("policy", f"log {log}\nquorum none\n".encode())
    return service


def _add_kit(parcel: Parcel) -> None:
    """The offline check, what it rests on in words, and the schemas: the files of this room as they are."""
    room = files("indelible.exports.bundle")
    parcel.add("README.txt", (room / "README.txt").read_bytes())
    parcel.add("verify.py", (room / "offline" / "verify.py").read_bytes())
    for folder, into in ((room / "offline" / "verify", "verify"), (room / "schema", "schema")):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith((".py", ".json")):
                parcel.add(f"{into}/{file.name}", file.read_bytes())


def _about(actor: Actor, order: Order, held: _Held) -> dict[str, Any]:
    chosen, head, home = held.chosen, held.head, find_home()
    return {
        "installation": home.id,
        "software": f"Indelible {__version__}",
        "made_at": clock().isoformat(),
        "made_by": {"user_id": actor.user_id, "name": actor.name},
        "purpose": order.purpose,
        "for": order.recipient,
        "query": order.query or " ".join(order.numbers),
        "with_links": order.links,
        "count": len(chosen),
        "records": [
            {
                "number": one.number,
                "id": one.pk,
                "title": one.title,
                "state": one.state,
                "revision": one.revision,
            }
            for one in chosen
        ],
        "scope": "whole" if order.whole else "slice",
        "ledger": {"origin": origin(home), "size": head.size, "root": b64encode(head.root).decode()},
        "sealed_by": "manifest.seal: the key “service” of keys.json over the SHA-256 of this file",
    }


def _digest(content: IO[bytes]) -> str:
    made = sha256()
    for piece in _pieces(content):
        made.update(piece)
    content.seek(0)
    return made.hexdigest()
