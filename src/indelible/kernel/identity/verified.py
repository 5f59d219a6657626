"""Whose identity was confirmed, by whom and how, before any element of a signature is theirs (21 CFR 11.100(b), URS-UNQ-02).

It is confirmed before the first secret is issued. Each secret that is issued ends it: who issued it knows it, so somebody else
confirms, once it is replaced, that it is the person who did; then they sign. So no one person ends with a signature of another
(21 CFR 11.200(a)(3), URS-SIG-06).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.events import (
    IDENTITY_UNVERIFIED,
    IDENTITY_VERIFY,
    OWN_RIGHTS,
    PERSON_INACTIVE,
    SECOND_PERSON,
    SECRET_UNREPLACED,
    VERIFICATION_INCOMPLETE,
)
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.models import Credential, IdentityVerification, Person
from indelible.kernel.identity.types import ADMINISTRATION, METHODS

LEFT: Final = "account deactivated"
RESET: Final = "password reset"
CODE_ENDED: Final = "one-time codes ended"
RECALLED: Final = "credentials recalled"
ISSUED: Final = "first secret issued"
RENAMED: Final = "printed name changed"
_EARLIEST: Final = date(1950, 1, 1)


def verify_identity(
    actor: Actor, user_id: str, *, method: str, reference: str, verified_on: date
) -> IdentityVerification:
    """Records how somebody else confirmed who this person is: `method` of METHODS, where the evidence lies, on which day.

    No copy of a document is kept, only the reference. Refusals: NOT_AUTHORISED, OWN_RIGHTS, SECOND_PERSON (403),
    PERSON_UNKNOWN (404), PERSON_INACTIVE, SECRET_UNREPLACED (409), VERIFICATION_INCOMPLETE (422).
    """
    with act(actor, IDENTITY_VERIFY, object=queries.identifier(user_id)) as opened:
        require(actor, *ADMINISTRATION)
        person = hold_person(queries.person_of(user_id).user_id)
        if person.pk == actor.person_id:
            raise Refusal(OWN_RIGHTS, "Nobody confirms their own identity. Ask another administrator.")
        if person.status != Person.ACTIVE:
            raise Refusal(PERSON_INACTIVE, f"{person.name}'s account is not active.")
        _refuse_unreplaced(person)
        refuse_who_issued(actor, person)
        _refuse_who_renamed(actor, person)
        now = clock()
        _check(method, keepable(reference), verified_on, now)
        return IdentityVerification.objects.create(
            person=person,
            kind=IdentityVerification.VERIFIED,
            method=method,
            reference=keepable(reference),
            verified_on=verified_on,
            by=actor.user_id,
            at=now,
            act=opened.id,
        )


def allow_secret(opened: Act, person: Person, now: datetime) -> None:
    """Inside the act that issues a secret: the first one needs a confirmed identity and another person than who confirmed it.

    Each ends what was confirmed, because who issues a secret knows it: the person signs when somebody else has confirmed
    that it is they who replaced it. Refusals: IDENTITY_UNVERIFIED (422), SECOND_PERSON (403).
    """
    left = _ended(person, LEFT)
    if not _is_first(person, left):
        end(opened, person, RESET, now)
        return
    since = _ended(person, LEFT, RENAMED)
    known = person.verifications.filter(
        kind=IdentityVerification.VERIFIED, pk__gt=since.pk if since else 0
    ).last()
    if known is None:
        raise Refusal(
            IDENTITY_UNVERIFIED,
            f"Nobody has confirmed yet who {person.name} is. Let another administrator or the security unit record it "
            "first: how, by which evidence, on which day.",
        )
    if known.by == opened.actor.user_id:
        raise Refusal(
            SECOND_PERSON,
            f"You confirmed who {person.name} is, so somebody else issues the first secret: one person alone must never "
            "be able to sign as another.",
        )
    end(opened, person, ISSUED, now)


def end(opened: Act, person: Person, cause: str, now: datetime) -> None:
    """Inside an act: what was confirmed no longer counts; nothing where nothing does."""
    if queries.is_identity_verified(person):
        _write_end(opened, person, cause, now)


def end_with_name(opened: Act, person: Person, now: datetime) -> None:
    """Inside the act that changes a printed name: whoever was confirmed was confirmed under the other name.

    Written also where nothing counted, because it says who must not be the one that confirms next: one person alone could
    hand an account to another by its name (21 CFR 11.100(a), (b)).
    """
    _write_end(opened, person, RENAMED, now)


def _write_end(opened: Act, person: Person, cause: str, now: datetime) -> None:
    IdentityVerification.objects.create(
        person=person,
        kind=IdentityVerification.ENDED,
        cause=cause,
        by=opened.actor.user_id,
        at=now,
        act=opened.id,
    )


def _ended(person: Person, *causes: str) -> IdentityVerification | None:
    """The last time that what was confirmed ended for one of these causes."""
    ends = person.verifications.filter(kind=IdentityVerification.ENDED, cause__in=causes)
    return ends.order_by("-id").first()


def _is_first(person: Person, left: IdentityVerification | None) -> bool:
    """Whether no secret of this person was ever used since they last came: then there is nothing to reset."""
    since = Credential.objects.filter(person=person)
    if left is not None:
        since = since.filter(issued_at__gt=left.at)
    return (
        not since.exclude(temporary=True, used_at=None).exists()
        and not since.filter(issued_by="installation").exists()
    )


def _refuse_unreplaced(person: Person) -> None:
    if queries.is_change_due(person):
        raise Refusal(
            SECRET_UNREPLACED,
            f"{person.name} has a one-time secret that is not replaced yet. Confirm who they are once they have chosen their "
            "own password: only then is it theirs alone.",
        )


def refuse_unconfirmed(person: Person) -> None:
    """Refusal IDENTITY_UNVERIFIED (422): no element of a signature is anybody's before it is known who they are (URS-UNQ-02)."""
    if not queries.is_identity_verified(person):
        raise Refusal(
            IDENTITY_UNVERIFIED,
            f"Nobody has confirmed yet who {person.name} is. Record that first, how and by which evidence; then confirm this.",
        )


def refuse_who_issued(actor: Actor, person: Person) -> None:
    issued = Credential.objects.filter(person=person, temporary=True).order_by("-id").first()
    if issued is not None and issued.issued_by == actor.user_id:
        raise Refusal(
            SECOND_PERSON,
            f"You issued {person.name}'s last secret, so somebody else confirms that it is they who use it.",
        )


def _refuse_who_renamed(actor: Actor, person: Person) -> None:
    last = queries.last_verification(person)
    if last is not None and last.cause == RENAMED and last.by == actor.user_id:
        raise Refusal(
            SECOND_PERSON,
            f"You changed the printed name of {person.user_id}, so somebody else confirms who {person.name} is.",
        )


def _check(method: str, reference: str, verified_on: date, now: datetime) -> None:
    last_day = (now + timedelta(hours=14)).date()  # it may be tomorrow already where the person was seen
    checks = {
        "method": (method in METHODS, "How was it confirmed? One of: " + ", ".join(METHODS) + "."),
        "reference": (3 <= len(reference) <= 200, "Where does the evidence lie? 3 to 200 characters."),
        "verified_on": (_EARLIEST <= verified_on <= last_day, "On which day? Not a future one."),
    }
    if faults := {name: fault for name, (fine, fault) in checks.items() if not fine}:
        raise Refusal(
            VERIFICATION_INCOMPLETE,
            "A confirmed identity counts with its evidence: " + " ".join(faults.values()),
            faults,
        )
