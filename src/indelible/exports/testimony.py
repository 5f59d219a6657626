"""The file for testimony about one signature, asked for by the agency (21 CFR 11.100(c)(2), URS-CRT-03)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import chain
from typing import Any, Final

from django.db import transaction

from indelible import __version__
from indelible.exports.actions import MEDIA, Handed, one_moment
from indelible.exports.events import TESTIMONY
from indelible.kernel.audit.actions import note, refuse
from indelible.kernel.audit.queries import clock, last_checkpoint
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.queries import ANSWERING
from indelible.kernel.records import actions as record_actions
from indelible.kernel.records import queries as records
from indelible.kernel.records import trail
from indelible.kernel.records.types import TrailFilter, TrailItem
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.signatures.testimony import facts

_HOW: Final = (
    "Each act named here is an entry of the ledger. The inspection bundle of the record holds those of the record with "
    "their proof, and checks the signature without this software; the whole log holds the others. SHA-256 of this file "
    "stands in the audit trail, with who took it and why."
)


def file_for_testimony(actor: Actor, number: str, signature_id: int, *, reason: str) -> Handed:
    """The file as JSON: signature, bond, evidence, signer's history, acceptances, certification, events, software.

    For administrators, the security unit, QA approvers and inspectors who see the record; no secret and nobody else's
    data is in it. Refusals, each written down: not there (404), NOT_AUTHORISED (403), a reason's (422).
    """
    record = record_actions.open_record(actor, number)
    try:
        if not actor.holds(*ANSWERING):
            raise Refusal(
                NOT_AUTHORISED,
                "A file for testimony is for administrators, the security unit, QA approvers and inspectors.",
            )
        found = signatures.signature(record, signature_id) if 0 < signature_id < 2**63 else None
        if found is None:
            raise records.not_there(f"{record.number} signature {signature_id}")
        why = check_reason(reason)
    except Refusal as refusal:
        refuse(actor, TESTIMONY, refusal, record=record.number)
        raise
    content = _made(actor, found)
    handed = Handed(content, MEDIA["json"], f"{record.number}-signature-{found.pk}-testimony.json")
    note(
        actor,
        TESTIMONY,
        object=f"testimony, SHA-256 {handed.digest}",
        record=record.number,
        reason=why,
        detail={"signature": found.pk, "signer": found.user_id, "bytes": len(content)},
    )
    return handed


def _made(actor: Actor, found: Any) -> bytes:
    with transaction.atomic(durable=True):
        one_moment()
        head = last_checkpoint()
        told = {
            "what": "File for testimony about one electronic signature (21 CFR 11.100(c)(2)).",
            "made_at": clock(),
            "made_by": actor.user_id,
            "software": f"indelible {__version__}",
            "ledger": {"size": head.size, "root": head.root.hex()} if head else None,
            "how_to_verify": _HOW,
            **facts(found),
            "events": [_event(item) for item in _events(actor, found)],
        }
    return json.dumps(told, ensure_ascii=False, indent=1, default=_as_text).encode() + b"\n"


def _events(actor: Actor, found: Any) -> list[TrailItem]:
    """What the signer did at this record, and about themselves while the signing's session lasted, as far as the reader may
    see it; what they did about others is not in it."""
    session, signer, number = found.period.session, found.user_id, found.record.number
    at_record = trail.entries(actor, TrailFilter(person=signer, record=number, sort="oldest"))
    ended = (session.ended_at or session.expires_at) + timedelta(microseconds=1)  # `until` is excluded
    meanwhile = trail.entries(actor, TrailFilter(person=signer, since=session.began_at, until=ended))
    about_them = {"", f"person:{signer}", f"session:{session.public_id}"}
    beside = (item for item in meanwhile if not item["record"] and item["object"] in about_them)
    return sorted(chain(at_record, beside), key=lambda item: item["id"])


def _event(item: TrailItem) -> dict[str, Any]:
    """An entry without its changes: those stand in the record's bundle. `seq` is its place in the ledger."""
    return {name: value for name, value in item.items() if name not in ("changes", "person")}


def _as_text(value: Any) -> str:
    """Times and days as RFC 3339; nothing else is let through."""
    if not isinstance(value, date):  # a datetime is one, too
        raise TypeError(type(value))
    return value.isoformat()
