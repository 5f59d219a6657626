"""The dated check of all codes and passwords in use, dormant ones recalled (21 CFR 11.300(b), URS-CRD-02).

Signed with all components by the security unit at least every ninety days: an interval that no setting lengthens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import rfc8785
from django.db.models import Max

from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import challenges, proofs, recalls
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.held import hold_rights
from indelible.kernel.identity.models import OneTimeCode, Passkey, Person, ProviderAccount, Session
from indelible.kernel.identity.openid import Word
from indelible.kernel.identity.types import SECURITY_UNIT
from indelible.kernel.signatures import gates, manifest, proving, putting
from indelible.kernel.signatures.events import ISSUANCE_CHECK, ISSUANCES_CHANGED
from indelible.kernel.signatures.models import IssuanceCheck
from indelible.kernel.signatures.types import Components, Prepared

PURPOSE: Final = "check of issuances"
EVERY: Final = timedelta(days=90)
"""Between two checks, at most; and so long unused, a credential is recalled."""


@dataclass(frozen=True, slots=True)
class Issuance:
    """What one active person has to prove themselves with; `used_at` their last sign-in (None: never), `dormant` for 90 days."""

    person: Person
    credentials: str
    issued_at: datetime | None
    used_at: datetime | None
    dormant: bool


@dataclass(frozen=True, slots=True)
class Due:
    """How the check stands: the last one, until when the next has to be made, whether that is over."""

    last: IssuanceCheck | None
    before: datetime | None
    overdue: bool


def issuances(actor: Actor) -> list[Issuance]:
    """Everybody active who has a credential in use, by name. Refusal NOT_AUTHORISED (403)."""
    require(actor, *identity.ANSWERING)
    now = clock()
    people = list(Person.objects.filter(status=Person.ACTIVE).order_by("name", "pk"))
    used = dict(Session.objects.values_list("person_id").annotate(last=Max("began_at")))
    found = [_issuance(person, used.get(person.pk), now) for person in people]
    return [one for one in found if one.credentials]


def _issuance(person: Person, used_at: datetime | None, now: datetime) -> Issuance:
    password = identity.credential_in_force(person)
    dates = [
        *([password.issued_at] if password else []),
        *Passkey.objects.filter(person=person, ended_at=None).values_list("enrolled_at", flat=True),
        *OneTimeCode.objects.filter(person=person, ended_at=None).values_list("enrolled_at", flat=True),
        *ProviderAccount.objects.filter(person=person, ended_at=None).values_list("entered_at", flat=True),
    ]
    newest = max(dates, default=None)
    touched = [one for one in (used_at, newest) if one is not None]
    dormant = bool(touched) and now - max(touched) >= EVERY
    return Issuance(person, identity.credentials_now(person), newest, used_at, dormant)


def digest_of(listed: list[Issuance]) -> str:
    """SHA-256, in hex, of what is listed: who checks it signs exactly that."""
    rows = [[one.person.user_id, one.credentials, str(one.dormant)] for one in listed]
    return sha256(bytes(rfc8785.dumps(rows))).hexdigest()


def due() -> Due:
    """When the next check has to be made: ninety days after the last, or after the first account was opened."""
    last = IssuanceCheck.objects.order_by("-id").first()
    first = Session.objects.order_by("id").values_list("began_at", flat=True).first()
    since = last.at if last else first
    before = since + EVERY if since else None
    return Due(last, before, before is not None and clock() >= before)


def check_issuances(actor: Actor, components: Components, *, digest: str) -> IssuanceCheck:
    """Signs the check of the list with this digest and recalls what is dormant in it, all in one act.

    The checker's own dormant credentials cannot be among them: they have just signed in. Refusals: NOT_AUTHORISED (403),
    NOT_A_SIGNER, DOOR_CLOSED (403), NOT_SIGNED_IN (401), ISSUANCES_CHANGED (409), those of the gates of every signing and of a first one's components.
    Raises Put where it is only put before the checker's device or identity provider.
    """
    with act(actor, ISSUANCE_CHECK, object="issuances") as opened:
        require(hold_rights(actor), SECURITY_UNIT)
        person = proving.signer(actor)
        gates.pass_all(gates.Signing(actor=actor, person=person, named="the check of issuances"))
        session = proving.held(actor)
        listed = issuances(actor)
        if digest_of(listed) != keepable(digest):
            raise Refusal(
                ISSUANCES_CHANGED, "The list is another than the one you saw. Look at it again, then sign."
            )
        used, put = proving.components_of(components, session, first=True), putting.prepared_of(components)
        checked = _checked(digest, person, put)
        signed = manifest.digest(checked)
        putting.stop_if_put(components, put, signed)
        proven = proving.proved(actor, person, components, signed)
        proofs.clear_failures(person)
        recalled = [_recalled(opened, one) for one in listed if one.dormant]
        return IssuanceCheck.objects.create(
            by=person,
            components=",".join(used),
            listed=len(listed),
            recalled=recalled,
            digest=digest,
            evidence={"by": proven.by, "checked": checked.decode(), "proof": dict(proven.evidence)},
            at=clock(),
            act=opened.id,
        )


def _checked(digest: str, person: Person, put: Prepared) -> bytes:
    """What a device or the identity provider answers for: that this person checked this list, now (RFC 8785 JSON)."""
    told = {"checks": digest, "signer": person.user_id, "at": manifest.instant(put.at), "nonce": put.nonce}
    return bytes(rfc8785.dumps(told))


def put_check(actor: Actor, components: Components, *, digest: str) -> putting.Asked:
    """Puts the check before the checker's device or identity provider; refuses like `check_issuances`."""
    with putting.only_put() as put:
        check_issuances(actor, components, digest=digest)
    return putting.keep(actor, PURPOSE, components, put[0], {"listed": digest})


def check_put(
    actor: Actor, handle: str, *, passkey: Mapping[str, Any] | None = None, provider: Word | None = None
) -> IssuanceCheck:
    """Signs the check that was put before the actor in this session, with the answer. Refusals: CHALLENGE_OVER (409),
    `check_issuances`'s."""
    with written_down(actor, ISSUANCE_CHECK, object="issuances"):
        kept = challenges.take(handle, PURPOSE, session=actor.session)
    return check_issuances(actor, putting.answered(kept, passkey, provider), digest=kept["listed"])


def _recalled(opened: Act, one: Issuance) -> str:
    recalls.recall(opened, one.person)
    return str(one.person.user_id)
