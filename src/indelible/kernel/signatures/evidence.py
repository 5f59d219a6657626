"""By what a signer was known at the moment of signing, kept beside the signature for testimony (URS-CRT-03, 21 CFR 11.100(c)(2))."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit import timekeeping
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.models import Person, Session
from indelible.kernel.identity.types import Proven
from indelible.kernel.signatures import accountability
from indelible.kernel.signatures.models import Acceptance, Period


def evidence_of(person: Person, session: Session, period: Period, proven: Proven) -> dict[str, Any]:
    """Session and its beginning, place of the period, confirmed identity and accepted statement, as they stand.

    `by` names the credentials by their rows (`password 12, one-time code 3`) and `proof` holds what a device or the identity provider
    answered for the manifest's digest. `statement` is the SHA-256 of the accountability statement that the signer accepted,
    `statement_in_force` of the one that counted for newcomers then: during a grace they differ.

    `identity` and `accountability` name rows by their acts, so that whoever testifies finds them in the ledger.
    """
    verified = identity.last_verification(person)
    accepted = Acceptance.objects.filter(person=person).order_by("-id").first()
    return {
        "session": session.public_id,
        "signed_in_at": session.began_at.isoformat(),
        "signed_in_by": session.begun_by or "password",
        **({} if session.said is None else {"signed_in_said": session.said}),
        "by": proven.by,
        "credential_issued_at": proven.since.isoformat(),
        "proof": dict(proven.evidence),
        "period_began_at": period.began_at.isoformat(),
        "source": period.source,
        "device": period.device,
        "roles": period.roles,
        "identity": {"act": str(verified.act), "method": verified.method} if verified else {},
        "accountability": {"act": str(accepted.act), "version": str(accepted.version)} if accepted else {},
        "clock": _clock(),
        "statement": accepted.digest if accepted else "",
        "statement_in_force": accountability.in_force().digest,
    }


def _clock() -> dict[str, str]:
    """How far the clock was from its source when that was measured last."""
    found = timekeeping.measured_last()
    measured = found.at.isoformat() if found.at else ""
    offset = "" if found.offset is None else f"{found.offset:.3f}"
    return {"source": found.source, "offset": offset, "measured_at": measured}
