"""What one signature can be testified to with: its bytes, its bond, its signer's evidence, what the company sent (URS-CRT-03)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from django.db.models import Q, QuerySet

from indelible.kernel.identity.histories import history_of
from indelible.kernel.signatures.models import Acceptance, Certification, Signature
from indelible.kernel.signatures.queries import documents, verify_signature

_ACCEPTED: Final = ("version", "digest", "components", "at", "act")
_SENT: Final = ("legal_entity__code", "signatory", "route", "sent_on", "receipt", "act")


def facts(found: Signature) -> dict[str, Any]:
    """About this signature and its signer alone; who confirmed or issued something is named by user id. Times are aware."""
    [document] = documents([found])
    differences = verify_signature(found)
    return {
        "signature": {**document, "manifest": b64encode(bytes(found.manifest)).decode()},
        "binding": {"holds": not differences, "differences": [one.detail for one in differences]},
        "withdrawn_by": _withdrawal(found),
        "evidence": found.evidence,
        "period": {"began_at": found.period.began_at, "position": found.position},
        "signer": {
            "user_id": found.person.user_id,
            "name": found.person.name,
            "status": found.person.status,
            **history_of(found.person),
        },
        "accountability": _rows(Acceptance.objects.filter(person=found.person), *_ACCEPTED),
        "certifications": _rows(Certification.objects.filter(_companies_of(found)), *_SENT),
    }


def _companies_of(found: Signature) -> Q:
    """The company the signature names, the record's, and the signer's of today: who moved on signed for the former one."""
    return Q(legal_entity__name=found.organisation) | Q(
        legal_entity__in=[found.record.legal_entity, found.person.site.legal_entity]
    )


def _withdrawal(found: Signature) -> dict[str, Any] | None:
    """The signature by which the same person took this one back (URS-LNK-04)."""
    by = Signature.objects.filter(withdraws=found).first()
    return {"id": by.pk, "digest": by.digest, "at": by.signed_at, "act": by.act} if by else None


def _rows(found: QuerySet[Any], *columns: str) -> list[dict[str, Any]]:
    return list(found.order_by("id").values(*columns))
