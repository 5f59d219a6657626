"""A person accepts the accountability statement, by a signing like any other (URS-POL-01, 21 CFR 11.10(j), 11.100(c)(2))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import rfc8785

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import challenges, proofs
from indelible.kernel.identity.authority import written_down
from indelible.kernel.identity.held import hold_rights
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.openid import Word
from indelible.kernel.signatures import gates, manifest, proving, putting
from indelible.kernel.signatures.accountability import InForce, in_force
from indelible.kernel.signatures.events import ACCOUNTABILITY_ACCEPT, STATEMENT_STALE
from indelible.kernel.signatures.models import Acceptance
from indelible.kernel.signatures.types import Components, Prepared

PURPOSE: Final = "accountability"


def accept(actor: Actor, components: Components, *, version: int) -> Acceptance:
    """The person's own acceptance of the version they were shown, by all components (URS-POL-01).

    It is a signing like any other: by the page, or where the installation lets programs carry a signature. Refusals:
    NOT_A_SIGNER, DOOR_CLOSED (403), NOT_SIGNED_IN (401), CLOCK_DOUBTFUL, NOT_CERTIFIED, IDENTITY_UNVERIFIED (422),
    STATEMENT_STALE (409), COMPONENTS_FIRST, SIGNING_FAILED and the rest of a first signing's. Raises Put where it is only put before the person's device.
    """
    with act(actor, ACCOUNTABILITY_ACCEPT, object=f"person:{actor.user_id}") as opened:
        person = proving.signer(hold_rights(actor))
        gates.pass_before_statement(
            gates.Signing(actor=actor, person=person, named="the accountability statement")
        )
        current = in_force()
        if version != current.version:
            raise Refusal(
                STATEMENT_STALE, f"Version {current.version} counts now. Read it, then accept that one."
            )
        session = proving.held(actor)
        used = proving.components_of(components, session, first=True)
        put = putting.prepared_of(components)
        accepted = _accepted(current, person, put)
        putting.stop_if_put(components, put, manifest.digest(accepted))
        proven = proving.proved(actor, person, components, manifest.digest(accepted))
        proofs.clear_failures(person)
        return Acceptance.objects.create(
            person=person,
            version=current.version,
            digest=current.digest,
            components=",".join(used),
            evidence={"by": proven.by, "accepted": accepted.decode(), "proof": dict(proven.evidence)},
            at=clock(),
            act=opened.id,
        )


def _accepted(current: InForce, person: Person, put: Prepared) -> bytes:
    """What a device or the identity provider answers for: that this person accepts this text, now (RFC 8785 JSON)."""
    return bytes(
        rfc8785.dumps(
            {
                "accepts": current.digest,
                "version": str(current.version),
                "signer": person.user_id,
                "at": manifest.instant(put.at),
                "nonce": put.nonce,
            }
        )
    )


def put_statement(actor: Actor, components: Components, *, version: int) -> putting.Asked:
    """Puts the statement before the person's device or identity provider, as `components.means` says; refuses like `accept`."""
    with putting.only_put() as put:
        accept(actor, components, version=version)
    return putting.keep(actor, PURPOSE, components, put[0], {"version": version})


def accept_put(
    actor: Actor, handle: str, *, passkey: Mapping[str, Any] | None = None, provider: Word | None = None
) -> Acceptance:
    """Accepts what was put before the actor in this session, with the answer. Refusals: CHALLENGE_OVER (409), `accept`'s."""
    with written_down(actor, ACCOUNTABILITY_ACCEPT, object=f"person:{actor.user_id}"):
        kept = challenges.take(handle, PURPOSE, session=actor.session)
    return accept(actor, putting.answered(kept, passkey, provider), version=kept["version"])
