"""Reads of signatures: those of a record, how each is told to people, whether a company's certification is on file."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, TypedDict

from django.db.models import Q, QuerySet

from indelible.kernel.audit.queries import clock, is_act_sealed, is_sealing_late
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.models import LegalEntity, Session
from indelible.kernel.records.models import Record
from indelible.kernel.records.queries import visible_to
from indelible.kernel.signatures.models import Certification, Doors, Period, Signature
from indelible.kernel.signatures.types import PERIOD_IDLE, Difference
from indelible.kernel.signatures.verification import Judged, judged

BOOT: Final = os.environ.setdefault("INDELIBLE_BOOT", secrets.token_hex(8))
"""This run of the service: made by the process that starts the others, inherited by them, gone with a restart."""
_LOOK_AGAIN: Final = 0.02


class SignatureDocument(TypedDict):
    """A signature as doors and copies show it (interface.md section 4), before its standing by coverage is judged.

    `at` is RFC 3339 in UTC; `zone` and `offset` are the signer's at that moment; `invalid` is empty while the bond
    holds, else says in sentences what differs from what was signed. `sealed`: a signed checkpoint of the ledger holds it.
    """

    id: int
    step: str
    revision: int
    meaning: str
    user_id: str
    name: str
    role: str
    organisation: str
    at: str
    zone: str
    offset: str
    components: list[str]
    digest: str
    act: int
    sealed: bool
    withdraws: int | None
    invalid: list[str]


_MOVED: Final = {"source": "network address", "device": "device", "roles": "roles"}
MOVES: Final = tuple(f"{what} changed" for what in _MOVED.values())
"""Ends of a period that would be none again where the session goes back to where and what it was."""


def people_of(signature: Signature) -> set[str]:
    """The ids of those whose signing it is: the signer, and for whom they signed under a delegation."""
    acted_for = (signature.evidence or {}).get("for", {})
    return {str(signature.user_id)} | ({str(acted_for["user_id"])} if acted_for else set())


def signatures_of(record: Record) -> QuerySet[Signature]:
    """The record's signatures in the order they were executed, with their revisions; bytes included."""
    return (
        Signature.objects.filter(record=record).select_related("record", "revision", "person").order_by("id")
    )


def signature(record: Record, signature_id: int) -> Signature | None:
    """One signature of this record."""
    return signatures_of(record).filter(pk=signature_id).first()


def signed_with(actor: Actor, credential: str, since: datetime) -> list[Signature]:
    """What was signed since then with a credential (`passkey 7`, `one-time code 3`), alone or beside another, that was out of hand,
    oldest first, as far as the actor may know of the records: to be looked at again (URS-CRD-04)."""
    named = Q(evidence__by=credential)
    named |= Q(evidence__by__startswith=f"{credential}, ") | Q(evidence__by__endswith=f", {credential}")
    found = Signature.objects.filter(named, signed_at__gte=since).select_related("record", "revision")
    return list(found.filter(record__in=visible_to(actor)).order_by("id"))


def documents(signatures: Iterable[Signature]) -> list[SignatureDocument]:
    """The signatures as doors and copies show them, each verified now, in one query for all of a record."""
    found = list(signatures)
    verified = judged(each.pk for each in found)
    return [_document(each, verified[each.pk]) for each in found]


def _document(found: Signature, verified: Judged) -> SignatureDocument:
    return {
        "id": found.pk,
        "step": found.step,
        "revision": found.revision.number,
        "meaning": found.meaning,
        "user_id": found.user_id,
        "name": found.name,
        "role": found.role,
        "organisation": found.organisation,
        "at": found.signed_at.astimezone(UTC).isoformat(),
        "zone": found.zone,
        "offset": found.offset,
        "components": found.components.split(","),
        "digest": found.digest,
        "act": found.act,
        "sealed": verified.sealed,
        "withdraws": found.withdraws_id,
        "invalid": [difference.detail for difference in verified.differences],
    }


def verify_signature(found: Signature) -> list[Difference]:
    """Everything in which this signature no longer says what was signed, the bytes of its files included; empty is valid.

    Nothing is taken from a flag: the stored manifest is compared with the record, its revision, its files, the
    signature's own columns and the event in the trail (URS-LNK-01, -03).
    """
    return judged([found.pk], files=True)[found.pk].differences


def await_seal(act: int, seconds: float) -> bool:
    """Waits until a signed checkpoint of the ledger holds all that this act wrote, at most so many seconds; whether one does.

    Where sealing is late already, nothing is waited for: an answer is not held for a sealer that must not sign.
    """
    until = time.monotonic() + seconds
    while not (sealed := is_act_sealed(act)) and time.monotonic() < until and not is_sealing_late():
        time.sleep(_LOOK_AGAIN)
    return sealed


def has_period(actor: Actor) -> bool:
    """Whether the actor's next signing would be a later one of a period, so that the password alone is asked (SIG-03)."""
    session = identity.session_of(actor)
    period = Period.objects.filter(session=session, ended_at=None).first() if session else None
    if session is None or period is None:
        return False
    return not end_cause(period, session, clock(), actor)


def place_of(actor: Actor) -> dict[str, str]:
    """Where and as what somebody signs: a period does not outlive a change of it (URS-SIG-04)."""
    return {"source": actor.source[:64], "device": actor.device[:300], "roles": ",".join(actor.roles)[:400]}


def end_cause(period: Period, session: Session, now: datetime, actor: Actor) -> str:
    """Why a period is over, or "" (21 CFR 11.200(a)(1)(ii), URS-SIG-04)."""
    if session.ended_at is not None:
        return "session ended"
    if period.boot != BOOT:
        return "server restarted"
    if session.locked_at is not None and session.locked_at >= period.began_at:
        return "session locked"
    if period.credentials != identity.credentials_now(session.person):
        return "credentials changed"
    for name, value in place_of(actor).items():
        if getattr(period, name) != value:
            return f"{_MOVED[name]} changed"
    if now - period.last_signed_at > PERIOD_IDLE:
        return "no signing for ten minutes"
    return ""


def is_certified(entity: LegalEntity) -> bool:
    """Whether the company's letter to the agency is recorded as sent (URS-CRT-02)."""
    return Certification.objects.filter(legal_entity=entity).exists()


def certifications() -> QuerySet[Certification]:
    """All certifications on file, the newest first."""
    found = Certification.objects.select_related("legal_entity").prefetch_related("files")
    return found.order_by("-id")


def machines_may_sign() -> bool:
    """Whether this installation decided that other doors than the page may carry a signature; no until it said so."""
    decided = doors_decided()
    return decided is not None and decided.machines


def doors_decided() -> Doors | None:
    """The decision in force about the doors of signing; None where nobody has decided yet."""
    return Doors.objects.order_by("-id").first()
