"""What one signature can be testified to with: its bytes, its bond, its signer's evidence, what the company sent (URS-CRT-03)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from indelible.kernel.identity.histories import history_of
from indelible.kernel.identity.models import Person
from indelible.kernel.signatures.models import Acceptance, Certification, Signature
from indelible.kernel.signatures.queries import documents, verify_signature


def facts(found: Signature) -> dict[str, Any]:
    """About this signature and its signer alone; who confirmed or issued something is named by user id. Times RFC 3339."""
    [document] = documents([found])
    differences = verify_signature(found)
    return {
        "signature": {**document, "manifest": b64encode(bytes(found.manifest)).decode()},
        "binding": {"holds": not differences, "differences": [one.detail for one in differences]},
        "evidence": found.evidence,
        "period": {"began_at": found.period.began_at.isoformat(), "position": found.position},
        "signer": {
            "user_id": found.person.user_id,
            "name": found.person.name,
            "status": found.person.status,
            **history_of(found.person),
        },
        "accountability": _acceptances(found.person),
        "certifications": _certifications(found.person),
    }


def _acceptances(person: Person) -> list[dict[str, Any]]:
    accepted = Acceptance.objects.filter(person=person).order_by("id")
    return [
        {
            "version": one.version,
            "digest": one.digest,
            "components": one.components.split(","),
            "at": one.at.isoformat(),
            "act": one.act,
        }
        for one in accepted
    ]


def _certifications(person: Person) -> list[dict[str, Any]]:
    """What the signer's company told the agency (21 CFR 11.100(c)(1))."""
    sent = Certification.objects.filter(legal_entity=person.site.legal_entity).order_by("id")
    return [
        {
            "legal_entity": one.legal_entity.code,
            "signatory": one.signatory,
            "route": one.route,
            "sent_on": one.sent_on.isoformat(),
            "receipt": one.receipt,
            "act": one.act,
        }
        for one in sent
    ]
