"""Handing out an inspection bundle: one moment's state, sealed by the ledger, written down before it leaves."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from indelible import __version__
from indelible.exports import pdf
from indelible.exports.actions import IN_MEMORY, stated_purpose
from indelible.exports.bundle.held import Held, Order, hold
from indelible.exports.bundle.ledger_part import write_slice, write_tiles, write_whole
from indelible.exports.bundle.parcel import Parcel
from indelible.exports.bundle.tables import records_table, whole_trail_table
from indelible.exports.events import BUNDLE, NOT_SEALED, WHOLE_NOT_YOURS
from indelible.exports.published import Tiles, Vouched
from indelible.home.keys import app_signing_key
from indelible.home.layout import find_home
from indelible.kernel.audit.actions import note, refuse
from indelible.kernel.audit.queries import Checkpoint, clock, newest_stamp
from indelible.kernel.audit.seal import log_key, origin
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.files import actions as stored
from indelible.kernel.identity.keys import lines
from indelible.kernel.records import actions as record_actions
from indelible.kernel.records import slice as slices
from indelible.kernel.workflow import processes
from indelible.ledger.faults import LedgerFault
from indelible.ledger.note import Signer, Verifier

MEDIA: Final = "application/zip"


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
    held = hold(actor, order)
    return _written(actor, order, held), [record.number for record in held.chosen], held.head


def _written(actor: Actor, order: Order, held: Held) -> IO[bytes]:
    content: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the door closes it after sending)
    with Parcel(content) as parcel:
        for copy in held.copies:
            parcel.add_json(f"records/{copy['record']['number']}.json", copy)
            parcel.add(f"records/{copy['record']['number']}.pdf", pdf.render(copy))
        parcel.add("records.csv", records_table(held.copies))
        parcel.add("audit-trail.csv", whole_trail_table(held.copies))
        _add_attachments(parcel, actor, held.copies)
        parcel.add_json("signatures.json", [_signature(one) for one in held.signed])
        _add_declarations(parcel, held.chosen)
        _add_ledger(parcel, held, whole=order.whole)
        service = _add_keys(parcel, held.vouched)
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


def _add_declarations(parcel: Parcel, chosen: Sequence[Any]) -> None:
    """The declarations the records are pinned to: with them the standing of a signature is derived anew, without the product."""
    for fingerprint, record in {one.fingerprint: one for one in chosen}.items():
        parcel.add(f"processes/{fingerprint}.json", processes.stored_form(record))


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


def _add_ledger(parcel: Parcel, held: Held, *, whole: bool) -> None:
    newest = {key: seq for _, seq, table, key in held.entries if table == "records_record"}
    parcel.add("ledger/checkpoint", held.vouched.signed)
    try:
        tiles = Tiles(held.head)
        write_tiles(parcel, tiles)
        if whole:
            write_whole(parcel, tiles)
        else:
            write_slice(parcel, sorted(seq for _, seq, _, _ in held.entries))
        for record in held.chosen:
            proof = tiles.proof_file(newest[str(record.pk)], held.vouched.signed)
            parcel.add(f"ledger/proofs/{record.number}.tlog-proof", proof.to_bytes())
    except LedgerFault as fault:
        raise Refusal(NOT_SEALED, f"{fault} Run verify before anything is handed out.") from fault
    if stamped := newest_stamp(held.head.size):
        parcel.add(f"ledger/stamps/{stamped[0].size}.checkpoint", stamped[0].note.encode())
        parcel.add(f"ledger/stamps/{stamped[0].size}.tsr", stamped[1])


def _add_keys(parcel: Parcel, vouched: Vouched) -> Signer:
    """keys.json and the policy; returns the key that seals the manifest: the service's own, which attests each act."""
    home = find_home()
    service, log = Signer(f"{origin(home)}/service", app_signing_key(home)), _log_key(vouched.head)
    parcel.add_json(
        "keys.json",
        {
            "log": log.vkey(),
            "service": service.verifier.vkey(),
            "former": {use: each[1:] for use, each in lines(home).items()},
            "about": {
                "former": "Keys beside or before these; an entry of the ledger (key.rotate) names each with the one after it.",
                "log": "Signs each checkpoint of the ledger (ledger/checkpoint).",
                "service": "Seals manifest.json (manifest.seal) and attests each act in the ledger (its token): a seal by "
                "another key does not fit the acts, which the log's key and its witnesses hold.",
            },
        },
    )
    parcel.add("policy", vouched.policy(log).to_bytes())
    return service


def _log_key(head: Checkpoint) -> Verifier:
    """The log's key under the name of this checkpoint's epoch; Refusal where the checkpoint is not ours."""
    try:
        return log_key(find_home(), head.note)
    except LedgerFault as fault:
        raise Refusal(NOT_SEALED, f"{fault} Run verify before anything is handed out.") from fault


def _add_kit(parcel: Parcel) -> None:
    """The offline check, what it rests on in words, and the schemas: the files of this room as they are."""
    room = files("indelible.exports.bundle")
    parcel.add("README.txt", (room / "README.txt").read_bytes())
    parcel.add("verify.py", (room / "offline" / "verify.py").read_bytes())
    for folder, into in ((room / "offline" / "verify", "verify"), (room / "schema", "schema")):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith((".py", ".json")):
                parcel.add(f"{into}/{file.name}", file.read_bytes())


def _about(actor: Actor, order: Order, held: Held) -> dict[str, Any]:
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
        "ledger": {
            "origin": _log_key(head).name,
            "size": head.size,
            "root": b64encode(head.root).decode(),
            "witnesses": list(held.vouched.witnesses),
            "quorum_met": held.vouched.is_met,
        },
        "sealed_by": "manifest.seal: the key “service” of keys.json over the SHA-256 of this file",
    }


def _digest(content: IO[bytes]) -> str:
    made = sha256()
    for piece in _pieces(content):
        made.update(piece)
    content.seek(0)
    return made.hexdigest()
