"""Reads of authenticators: which a person has or had, when each was tested last, and until when that counts (URS-CRD-06)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.models import OneTimeCode
from indelible.kernel.identity.queries import told_of
from indelible.kernel.identity.types import REMINDED_BEFORE, TESTED_FOR

UNTESTED: Final = "authenticator not tested for a year"
"""Why a right code does not sign; it signs in, so that its person can come and test it."""
AGAIN: Final = "one-time code used before"
BACK: Final = "the authenticator's codes went back: it was copied, or an older code was seen"


def one_time_codes(actor: Actor, user_id: str = "") -> QuerySet[OneTimeCode]:
    """The authenticators of the actor, or of somebody else for those who answer for people, ended ones too, the newest first.

    Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404).
    """
    return OneTimeCode.objects.filter(person=told_of(actor, user_id)).order_by("-pk")


def last_test(code: OneTimeCode) -> datetime:
    """When it was tested last (aware); its enrolment by a right code was the first time (21 CFR 11.300(e))."""
    return code.tested_at or code.enrolled_at


def test_due(code: OneTimeCode) -> datetime:
    """Before when it has to be tested again (aware)."""
    return last_test(code) + TESTED_FOR


def is_overdue(code: OneTimeCode) -> bool:
    """Whether its test lapsed, so that nobody signs by it until it is tested."""
    return clock() >= test_due(code)


def code_to_test(actor: Actor) -> OneTimeCode | None:
    """The actor's authenticator in use whose test is due soon or was missed, as queries.devices_to_test tells passkeys."""
    own = OneTimeCode.objects.filter(person=actor.person_id, ended_at=None).exclude(confirmed_at=None).first()
    return own if own is not None and clock() >= test_due(own) - REMINDED_BEFORE else None
