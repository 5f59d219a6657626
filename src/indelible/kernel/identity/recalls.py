"""Recalling everything a person proves themselves with: the account stays, and begins with a new secret (21 CFR 11.300(b), (c))."""

from __future__ import annotations

from indelible.kernel.audit.actions import Act
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import verified
from indelible.kernel.identity.models import Credential, OneTimeCode, Passkey, Person, ProviderAccount
from indelible.kernel.identity.queries import open_sessions
from indelible.kernel.identity.sessions import end_sessions

DORMANT = "dormant"


def recall(opened: Act, person: Person) -> None:
    """Inside an act: ends password, passkeys, authenticator, provider account and sessions; what was confirmed ends with them."""
    now, by = clock(), opened.actor.user_id
    Credential.objects.filter(person=person, ended_at=None).update(ended_at=now)
    Passkey.objects.filter(person=person, ended_at=None).update(
        ended_at=now, ended_by=by, ended_cause=DORMANT
    )
    for kind in (OneTimeCode, ProviderAccount):
        kind.objects.filter(person=person, ended_at=None).update(ended_at=now, ended_by=by)
    end_sessions(list(open_sessions(person)), "credentials recalled", now)
    verified.end(opened, person, verified.RECALLED, now)
