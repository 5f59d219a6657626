"""What a person proves themselves with: password, passkeys, one-time codes, accounts at the provider; reads."""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.db.models import QuerySet

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.accounts import told_of
from indelible.kernel.identity.models import Credential, OneTimeCode, Passkey, Person, ProviderAccount
from indelible.kernel.identity.types import REMINDED_BEFORE, TESTED_FOR


def credential_in_force(person: Person) -> Credential | None:
    """The password a person has now, temporary ones included."""
    return Credential.objects.filter(person=person, kind=Credential.PASSWORD, ended_at=None).first()


def credentials_now(person: Person) -> str:
    """All that the person could prove themselves with now, as words: a signing period does not outlive a change of it (SIG-04)."""
    with connection.cursor() as cursor:
        cursor.execute(_CREDENTIALS, {"person": person.pk})
        named = [row[0] for row in cursor.fetchall()]
    return ", ".join(named)[:400]


def passkeys(actor: Actor, user_id: str = "") -> QuerySet[Passkey]:
    """The passkeys of the actor, or of somebody else for those who answer for people, ended ones too, the newest first.

    Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404).
    """
    return Passkey.objects.filter(person=told_of(actor, user_id)).order_by("-pk")


def devices_to_test(actor: Actor) -> QuerySet[Passkey]:
    """The actor's passkeys in use whose test is due soon or was missed, the most urgent first (URS-CRD-06)."""
    since = clock() - (TESTED_FOR - REMINDED_BEFORE)
    own = Passkey.objects.filter(person=actor.person_id, ended_at=None, confirmed_at__isnull=False)
    return own.filter(tested_at__lte=since).order_by("tested_at", "pk")


def provider_accounts(actor: Actor, user_id: str = "") -> QuerySet[ProviderAccount]:
    """The accounts at the identity provider of the actor, or of somebody else, as `passkeys`."""
    return ProviderAccount.objects.filter(person=told_of(actor, user_id)).order_by("-pk")


def one_time_code(actor: Actor, user_id: str = "") -> OneTimeCode | None:
    """The authenticator that is not ended, confirmed or waiting, of the actor or of somebody else, as `passkeys`."""
    return OneTimeCode.objects.filter(person=told_of(actor, user_id), ended_at=None).first()


def is_change_due(person: Person) -> bool:
    """Whether the person still has to replace a temporary secret."""
    return Credential.objects.filter(person=person, ended_at=None, temporary=True).exists()


_CREDENTIALS: Final = """
    select 'password ' || id from identity_credential
     where person_id = %(person)s and kind = 'password' and ended_at is null
    union all (select 'passkey ' || id from identity_passkey
     where person_id = %(person)s and ended_at is null and confirmed_at is not null order by id)
    union all select 'provider ' || id from identity_provider_account
     where person_id = %(person)s and ended_at is null and confirmed_at is not null
    union all select 'one-time code ' || id from identity_one_time_code
     where person_id = %(person)s and ended_at is null and confirmed_at is not null
"""
