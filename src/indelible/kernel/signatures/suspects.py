"""What was signed with something that was out of hand, to be looked at again (21 CFR 11.300(c), URS-CRD-04); reads.

`queries.signed_with` finds what names one row. A password is more than its row: who knew one may have set the next, and
signatures of earlier releases name no row at all, so those are found by whose they are and by their time.
"""

from __future__ import annotations

from django.db.models import Q

from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.models import Credential, OneTimeCode
from indelible.kernel.records.queries import visible_to
from indelible.kernel.signatures.models import Signature


def signed_by_password(actor: Actor, reported: Credential) -> list[Signature]:
    """What its person signed by this password, or by one it stood in the place of, from when it was suspect until it was ended,
    oldest first, as far as the actor may know of the records."""
    in_force = Credential.objects.filter(person=reported.person_id, pk__lte=reported.pk)
    rows = in_force.exclude(ended_at__lte=reported.suspect_since).values_list("pk", flat=True)
    named = _unnamed(reported, "password")
    for row in rows:
        named |= Q(evidence__by=f"password {row}") | Q(evidence__by__startswith=f"password {row}, ")
    return _since(actor, reported, named)


def signed_by_code(actor: Actor, ended: OneTimeCode) -> list[Signature]:
    """What its person signed with a code of this authenticator while it was suspect, as `signed_by_password`."""
    named = Q(evidence__by__endswith=f", one-time code {ended.pk}")
    return _since(actor, ended, named | _unnamed(ended, "otp"))


def _unnamed(suspect: Credential | OneTimeCode, component: str) -> Q:
    """Signatures of earlier releases, which name no row: until it ended. One that names a row needs no such end: a signing that
    was under way when it ended may bear a time just after it."""
    said = Q(evidence__by="password") | Q(evidence__isnull=True)
    return said & Q(components__contains=component, signed_at__lte=suspect.ended_at)


def _since(actor: Actor, suspect: Credential | OneTimeCode, named: Q) -> list[Signature]:
    found = Signature.objects.filter(named, person=suspect.person_id, signed_at__gte=suspect.suspect_since)
    found = found.filter(record__in=visible_to(actor)).select_related("record", "revision")
    return list(found.order_by("id"))
