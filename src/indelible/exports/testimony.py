"""The file for testimony about one signature, asked for by the agency (21 CFR 11.100(c)(2), URS-CRT-03)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from django.db import transaction

from indelible import __version__
from indelible.exports.actions import Handed, one_moment
from indelible.exports.events import TESTIMONY
from indelible.kernel.audit.actions import note, refuse
from indelible.kernel.audit.queries import clock, last_checkpoint
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.queries import ANSWERING
from indelible.kernel.records import actions as record_actions
from indelible.kernel.records import queries as records
from indelible.kernel.records import trail
from indelible.kernel.records.types import TrailFilter
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
    handed = Handed(
        content,
        "application/json",
        f"{record.number}-signature-{found.pk}-testimony.json",
        sha256(content).hexdigest(),
    )
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
            "made_at": clock().isoformat(),
            "made_by": actor.user_id,
            "software": f"indelible {__version__}",
            "ledger": {"size": head.size, "root": head.root.hex()} if head else None,
            "how_to_verify": _HOW,
            **facts(found),
            "events": [_event(item) for item in _events(actor, found)],
        }
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def _events(actor: Actor, found: Any) -> Iterator[Any]:
    """What the signer did at this record, and in the signing's session beside any record, as far as the reader may see it."""
    wanted = TrailFilter(person=found.user_id, sort="oldest")
    session = found.period.session
    for item in trail.entries(actor, wanted):
        within = session.began_at <= item["at"] <= (session.ended_at or session.expires_at)
        if item["record"] == found.record.number or (within and not item["record"]):
            yield item


def _event(item: Any) -> dict[str, Any]:
    kept = ("id", "seq", "action", "action_title", "object", "record", "reason", "source", "channel")
    return {
        "at": item["at"].isoformat(),
        **{name: item[name] for name in (*kept, "outcome", "rule", "clause")},
    }
