"""The verbs of signing: `sign`, called inside the step's own act, and recording a certification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from indelible import __version__
from indelible.kernel.audit.actions import Act, act, wake_sealer
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import proofs
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.types import QA_APPROVER, ROLES, SECURITY_UNIT, SYSTEM_ADMINISTRATOR
from indelible.kernel.records import queries as records
from indelible.kernel.records.models import Record, Revision
from indelible.kernel.signatures import gates, manifest, periods, proving, putting, readings
from indelible.kernel.signatures.events import (
    CERTIFICATION_INCOMPLETE,
    CERTIFICATION_RECORD,
    DOORS_DECIDE,
    MEANING_DIFFERS,
)
from indelible.kernel.signatures.evidence import evidence_of
from indelible.kernel.signatures.models import Certification, Doors, Period, Signature
from indelible.kernel.signatures.types import Components, Prepared

SOFTWARE: Final = f"indelible {__version__}"


def sign(
    opened: Act,
    actor: Actor,
    *,
    record: Record,
    revision: Revision,
    step: str,
    meaning: str,
    components: Components,
    role: str = "",
    acting_for: Mapping[str, str] | None = None,
    withdraws: Signature | None = None,
) -> Signature:
    """Executes one signature of the actor on exactly this revision, inside the step's act; once an act.

    `meaning` is the step's; `role` is printed and defaults to the titles of the actor's roles; `acting_for` is kept as evidence where it is for
    another (URS-AUT-05); `withdraws` is the one it takes back (URS-LNK-04). Refusals: NOT_A_SIGNER
    (403), DOOR_CLOSED (403), NOT_SIGNED_IN (401), NOT_CERTIFIED, IDENTITY_UNVERIFIED, NOT_READ, MEANING_DIFFERS, COMPONENTS_FIRST, COMPONENTS_LATER, COMPONENT_UNKNOWN, WEAKER_THAN_SIGN_IN,
    SIGNING_FAILED (422; counted with failed sign-ins), CHANGED_MEANWHILE (409), BUSY (429). A refusal leaves no signature and
    opens no period. Raises Put after all checks where the signing is only prepared (decision 0017).
    """
    person = proving.signer(actor)
    links = readings.told_of(records.links_of(actor, record))
    gates.pass_all(_signing(opened, actor, person, record, revision, links))
    if components.meaning is not None and components.meaning != meaning:
        raise Refusal(MEANING_DIFFERS, f"This step is signed as “{meaning}”, and that alone is offered.")
    session, now = proving.held(actor), clock()
    with periods.going_on(session, now, actor) as period:
        used = proving.components_of(components, session, first=period is None)
        put = putting.prepared_of(components)
        what = _What(
            record, revision, step, meaning, _signer(actor, person, role, put.at), used, put, withdraws
        )
        stored = what.manifest(links)
        putting.stop_if_put(components, put, manifest.digest(stored))
        proven = proving.proved(actor, person, components, manifest.digest(stored))
        period = periods.signed(period, session, now, actor)
        proofs.clear_failures(person)
        known_by = evidence_of(person, session, period, proven)
        if acting_for:
            known_by["for"] = dict(acting_for)
        made = _write(opened, person, what, stored, period, known_by)
    wake_sealer()
    return made


def _signing(
    opened: Act, actor: Actor, person: Person, record: Record, revision: Revision, links: list[dict[str, str]]
) -> gates.Signing:
    """What the gates look at: a step that enters fields makes the revision it signs, so the one before was read."""
    acted_on = revision
    if revision.act == opened.id and revision.number > 1:
        acted_on = records.revision(record, revision.number - 1)
    return gates.Signing(
        actor=actor,
        person=person,
        record=record,
        acted_on=acted_on.number,
        shown=readings.digest_of(acted_on.digest, links),
    )


@dataclass(frozen=True, slots=True)
class _What:
    """What one signature is: on what, as what, by whom, with which components, when."""

    record: Record
    revision: Revision
    step: str
    meaning: str
    signer: Mapping[str, str]
    used: tuple[str, ...]
    put: Prepared
    withdraws: Signature | None

    def manifest(self, links: list[dict[str, str]]) -> bytes:
        """The bytes it covers."""
        return manifest.build(
            record=self.record.number,
            revision=self.revision.number,
            declaration=self.record.fingerprint,
            step=self.step,
            meaning=self.meaning,
            content=records.content_of(self.revision),
            links=links,
            signer=self.signer,
            at=self.put.at,
            components=self.used,
            software=SOFTWARE,
            nonce=self.put.nonce,
            withdraws=str(self.withdraws.digest) if self.withdraws else "",
        )


def _signer(actor: Actor, person: Person, role: str, at: datetime) -> dict[str, str]:
    return {
        "id": person.user_id,
        "name": person.name,
        "role": role or ", ".join(ROLES[code].title for code in actor.roles) or "no role",
        "organisation": person.site.legal_entity.name,
        "zone": person.zone,
        "offset": manifest.offset(at, person.zone),
    }


def _write(
    opened: Act, person: Person, what: _What, stored: bytes, period: Period, known_by: dict[str, Any]
) -> Signature:
    return Signature.objects.create(
        record=what.record,
        revision=what.revision,
        step=what.step,
        meaning=what.meaning,
        person=person,
        user_id=what.signer["id"],
        name=what.signer["name"],
        role=what.signer["role"],
        organisation=what.signer["organisation"],
        signed_at=what.put.at,
        zone=what.signer["zone"],
        offset=what.signer["offset"],
        components=",".join(what.used),
        period=period,
        position=period.signings,
        manifest=stored,
        digest=manifest.digest(stored),
        evidence=known_by,
        withdraws=what.withdraws,
        act=opened.id,
    )


def decide_doors(actor: Actor, *, machines: bool, reason: str) -> None:
    """Decides whether anything but the product's own page may carry a signature (decision 0007).

    Refusals: NOT_AUTHORISED (403), a reason's (422).
    """
    with act(actor, DOORS_DECIDE, object="signing", reason=keepable(reason)) as opened:
        check_reason(reason)
        require_still(actor, SECURITY_UNIT, QA_APPROVER)
        Doors.objects.create(machines=machines, decided_by=actor.user_id, decided_at=clock(), act=opened.id)


def record_certification(
    actor: Actor, legal_entity: str, *, signatory: str, route: str, sent_on: date, receipt: str, reason: str
) -> Certification:
    """Records that a company's letter to the agency was sent: by whom signed, by which route (`electronic` or `paper`),
    on which day, and where the proof of receipt lies. From then on its people can sign (21 CFR 11.100(c)).

    Refusals: NOT_AUTHORISED (403), CERTIFICATION_INCOMPLETE (422), a reason's (422).
    """
    with act(
        actor,
        CERTIFICATION_RECORD,
        object=f"legal_entity:{keepable(legal_entity)[:40]}",
        reason=keepable(reason),
    ) as opened:
        check_reason(reason)
        require_still(actor, SECURITY_UNIT, QA_APPROVER, SYSTEM_ADMINISTRATOR)
        entity = identity.legal_entity(keepable(legal_entity))
        now = clock()
        faults = _faults(entity is not None, keepable(signatory), route, sent_on, keepable(receipt), now)
        if entity is None or faults:
            raise Refusal(
                CERTIFICATION_INCOMPLETE,
                "A certification counts with its evidence: " + " ".join(faults.values()),
                faults,
            )
        return Certification.objects.create(
            legal_entity=entity,
            signatory=keepable(signatory),
            route=route,
            sent_on=sent_on,
            receipt=keepable(receipt),
            recorded_by=actor.user_id,
            recorded_at=now,
            act=opened.id,
        )


def _faults(
    entity_known: bool, signatory: str, route: str, sent_on: date, receipt: str, now: datetime
) -> dict[str, str]:
    last_day = (now + timedelta(hours=14)).date()  # it may be tomorrow already where the letter was posted
    checks = {
        "legal_entity": (entity_known, "There is no such legal entity."),
        "signatory": (2 <= len(signatory) <= 120, "Who signed the letter by hand?"),
        "route": (route in {"electronic", "paper"}, "The route is electronic or paper."),
        "sent_on": (sent_on <= last_day, "A letter sent on a future day has not been sent."),
        "receipt": (3 <= len(receipt) <= 400, "Where is the proof of receipt?"),
    }
    return {name: fault for name, (fine, fault) in checks.items() if not fine}
