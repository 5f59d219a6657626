"""Recalling everything a person proves themselves with: the account stays, and begins with a new secret (21 CFR 11.300(b), (c))."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from indelible.kernel.audit.actions import Act
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import verified
from indelible.kernel.identity.models import (
    ClassGrant,
    Credential,
    OneTimeCode,
    Passkey,
    Person,
    ProviderAccount,
    Session,
    SmallFirmException,
)
from indelible.kernel.identity.sessions import end_sessions

LEAVING: Final[list[Callable[[Act, Person, datetime], None]]] = []
"""What upper rooms end, inside the act, when an account is closed: what they gave a person does not come back with them."""
DORMANT, LEFT, UNCONFIRMED = "dormant", "account deactivated", "never confirmed"


def end_given(opened: Act, person: Person, now: datetime) -> None:
    """Inside an act: ends the confidentiality classes of a leaver, their exceptions for a very small firm, declared or
    approved (URS-AUT-03), and what upper rooms gave them (URS-UNQ-03)."""
    for kind in (ClassGrant, SmallFirmException):
        kind.objects.filter(person=person, ended_at=None).update(ended_at=now, ended_by=opened.actor.user_id)
    for end in LEAVING:
        end(opened, person, now)


def recall(opened: Act, person: Person) -> None:
    """Inside an act: ends password, passkeys, authenticator, provider account and sessions; what was confirmed ends with them."""
    now = clock()
    end_password(person, "credentials recalled", now)
    end_others(opened, person, DORMANT, now)
    verified.end(opened, person, verified.RECALLED, now)


def end_password(person: Person, cause: str, now: datetime) -> None:
    """Inside an act: ends the password and the open sessions of a person."""
    Credential.objects.filter(person=person, ended_at=None).update(ended_at=now)
    end_sessions(list(Session.objects.filter(person=person, ended_at=None)), cause, now)


def end_others(opened: Act, person: Person, cause: str, now: datetime) -> None:
    """Inside an act: ends every other credential: after a return none of before works (URS-UNQ-03)."""
    by = opened.actor.user_id
    keys = Passkey.objects.filter(person=person, ended_at=None)
    keys.update(ended_at=now, ended_by=by, ended_cause=cause)
    for kind in (OneTimeCode, ProviderAccount):
        kind.objects.filter(person=person, ended_at=None).update(ended_at=now, ended_by=by)


def end_unconfirmed(opened: Act, person: Person, now: datetime) -> None:
    """Inside an act: ends what was enrolled and not confirmed yet. Whoever issued a secret before may have come in by it and
    enrolled a device of their own; with the next secret, by another, they would be free to confirm it (URS-SIG-06)."""
    by = opened.actor.user_id
    keys = Passkey.objects.filter(person=person, ended_at=None, confirmed_at=None)
    keys.update(ended_at=now, ended_by=by, ended_cause=UNCONFIRMED)
    codes = OneTimeCode.objects.filter(person=person, ended_at=None, confirmed_at=None)
    codes.update(ended_at=now, ended_by=by)
