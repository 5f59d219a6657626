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
from indelible.kernel.identity import known, queries
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
from indelible.kernel.identity.types import ADMINISTRATION, METHODS, QA_APPROVER

LEFT: Final = "account deactivated"
RESET: Final = "password reset"
CODE_ENDED: Final = "one-time codes ended"
RECALLED: Final = "credentials recalled"
ISSUED: Final = "first secret issued"
RENAMED: Final = known.RENAMED
_ANEW: Final = (LEFT, RECALLED, RESET, ISSUED)
"""With these the password of before is over, so that nobody knows it who lowered something earlier."""
_EARLIEST: Final = date(1950, 1, 1)


def verify_identity(
    actor: Actor, user_id: str, *, method: str, reference: str, verified_on: date
) -> IdentityVerification:
    """Records how somebody else confirmed who this person is: `method` of METHODS, where the evidence lies, on which day.

    Of people of administration QA records it, too (identity.known). No copy of a document is kept, only the reference. Refusals: NOT_AUTHORISED, OWN_RIGHTS, SECOND_PERSON (403),
    PERSON_UNKNOWN (404), PERSON_INACTIVE, SECRET_UNREPLACED (409), VERIFICATION_INCOMPLETE, IDENTITY_UNVERIFIED (422: the actor's).
    """
    with act(actor, IDENTITY_VERIFY, object=queries.identifier(user_id)) as opened:
        require(actor, *ADMINISTRATION, QA_APPROVER)
        person = hold_person(actor, queries.person_of(user_id).user_id)
        if not known.may_confirm(actor, person):
            require(actor, *ADMINISTRATION)
        known.require_known(actor)
        if person.pk == actor.person_id:
            raise Refusal(OWN_RIGHTS, "Nobody confirms their own identity. Ask another administrator.")
        if person.status != Person.ACTIVE:
            raise Refusal(PERSON_INACTIVE, f"{person.name}'s account is not active.")
        _refuse_unreplaced(person)
        if not _is_confirmed_since_issued(person):
            refuse_who_issued(actor, person)
        _refuse_who_ended(actor, person)
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
    confirmed = person.verifications.filter(
        kind=IdentityVerification.VERIFIED, pk__gt=since.pk if since else 0
    ).last()
    if confirmed is None:
        raise Refusal(
            IDENTITY_UNVERIFIED,
            f"Nobody has confirmed yet who {person.name} is. Let another administrator or the security unit record it "
            "first: how, by which evidence, on which day.",
        )
    if confirmed.by == opened.actor.user_id:
        raise Refusal(
            SECOND_PERSON,
            f"You confirmed who {person.name} is, so somebody else issues the first secret: one person alone must never "
            "be able to sign as another.",
        )
    end(opened, person, ISSUED, now)


def end(opened: Act, person: Person, cause: str, now: datetime) -> None:
    """Inside an act: what was confirmed no longer counts.

    Written also where nothing counted, because it says who must not be the one that confirms next: one person alone could
    hand an account to another by its name, or sign by the one factor they left (21 CFR 11.100(a), (b), 11.200(a)(3)).
    """
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


def _is_confirmed_since_issued(person: Person) -> bool:
    """Whether somebody, and never the issuer, saw since the last secret that it was its person who replaced it: then who issued
    it knows nothing more, and two of administration are enough to settle what ends later."""
    issued = Credential.objects.filter(person=person, temporary=True).order_by("-id").first()
    confirmed = person.verifications.filter(kind=IdentityVerification.VERIFIED)
    return issued is not None and confirmed.filter(at__gt=issued.issued_at).exists()


def _refuse_who_ended(actor: Actor, person: Person) -> None:
    """Whoever ended what was confirmed, or lowered what is asked of the person, does not confirm it anew: else one person alone
    takes an account over, by its name or by the one factor they know (21 CFR 11.200(a)(3))."""
    for one in _answered_for(person):
        if one.by == actor.user_id:
            raise Refusal(
                SECOND_PERSON,
                f"You wrote that it no longer counts who {person.name} is ({one.cause}), so somebody else confirms it anew.",
            )


def _answered_for(person: Person) -> list[IdentityVerification]:
    """What ended since it was last confirmed: each new name, and from the last time all else began anew, everything."""
    confirmed = person.verifications.filter(kind=IdentityVerification.VERIFIED).order_by("-id").first()
    ended = list(person.verifications.filter(pk__gt=confirmed.pk if confirmed else 0).order_by("id"))
    anew = max((place for place, one in enumerate(ended) if one.cause in _ANEW), default=0)
    return [one for place, one in enumerate(ended) if place >= anew or one.cause == RENAMED]


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
