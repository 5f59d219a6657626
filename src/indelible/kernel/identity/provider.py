"""The company's identity provider (OpenID Connect): whose account there is whose, and what its word proves (URS-ACC-08).

An account is entered by one administrator and confirmed by another, and leads to one person. A token counts where the
provider signed it, for us, in answer to what we asked now; at a signing its person must have signed in anew for it.
"""

from __future__ import annotations

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import known, queries, standing, verified
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.events import (
    OWN_RIGHTS,
    PROVIDER_ABSENT,
    PROVIDER_CONFIRM,
    PROVIDER_END,
    PROVIDER_ENTER,
    PROVIDER_TAKEN,
    PROVIDER_UNKNOWN,
    SECOND_PERSON,
)
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.models import Person, ProviderAccount
from indelible.kernel.identity.openid import Told, issuer
from indelible.kernel.identity.sessions import end_sessions
from indelible.kernel.identity.types import ADMINISTRATION, Proven


def enter_account(actor: Actor, user_id: str, subject: str) -> ProviderAccount:
    """Enters which account at the provider is this person's; of no use until another administrator confirmed it.

    Refusals: NOT_AUTHORISED, OWN_RIGHTS (403), PERSON_UNKNOWN (404), PROVIDER_ABSENT (409), PROVIDER_TAKEN (422).
    """
    with act(actor, PROVIDER_ENTER, object=queries.identifier(user_id)):
        person = _decided_on(actor, user_id)
        known.require_known(actor)
        named = keepable(subject)
        if not issuer():
            raise Refusal(
                PROVIDER_ABSENT, "No identity provider is set up; the operator does it by sso_issuer."
            )
        if not 1 <= len(named) <= 255 or named != subject.strip():
            raise Refusal(PROVIDER_TAKEN, "The subject is the text that the provider's tokens name in `sub`.")
        others = ProviderAccount.objects.filter(issuer=issuer(), subject=named).exclude(person=person)
        if others.exists():
            raise Refusal(PROVIDER_TAKEN, "This account belongs, or belonged, to another person: for ever.")
        if ProviderAccount.objects.filter(person=person, ended_at=None).exists():
            raise Refusal(PROVIDER_TAKEN, f"{person.name} has an account there. Take it away first.")
        return ProviderAccount.objects.create(
            person=person, issuer=issuer(), subject=named, entered_by=actor.user_id, entered_at=clock()
        )


def confirm_account(actor: Actor, user_id: str) -> ProviderAccount:
    """Another administrator than who entered it confirms that the account is this person's.

    Refusals: NOT_AUTHORISED, OWN_RIGHTS, SECOND_PERSON (403), PERSON_UNKNOWN, PROVIDER_UNKNOWN (404), IDENTITY_UNVERIFIED (422).
    """
    with act(actor, PROVIDER_CONFIRM, object=queries.identifier(user_id)):
        person = _decided_on(actor, user_id)
        found = ProviderAccount.objects.filter(person=person, ended_at=None, confirmed_at=None).first()
        if found is None:
            raise Refusal(PROVIDER_UNKNOWN, f"No account of {person.name} waits for a confirmation.")
        if found.entered_by == actor.user_id:
            raise Refusal(
                SECOND_PERSON,
                "You entered it, so somebody else confirms it: one person alone must never be able to sign as another.",
            )
        known.require_known(actor)
        verified.refuse_unconfirmed(person)
        found.confirmed_by, found.confirmed_at = actor.user_id, clock()
        found.save(update_fields=["confirmed_by", "confirmed_at"])
        return found


def end_account(actor: Actor, user_id: str, *, reason: str) -> ProviderAccount:
    """The account no longer leads to this person, and what was begun with it is over. Refusals: as `confirm_account`, a
    reason's, LAST_ADMINISTRATORS (409: one of the last of administration has nothing else)."""
    with act(actor, PROVIDER_END, object=queries.identifier(user_id), reason=keepable(reason)):
        require(actor, *ADMINISTRATION)
        standing.hold(actor, queries.person_of(user_id).user_id)
        person = _decided_on(actor, user_id)
        check_reason(reason)
        found = ProviderAccount.objects.filter(person=person, ended_at=None).first()
        if found is None:
            raise Refusal(PROVIDER_UNKNOWN, f"{person.name} has no account at the identity provider.")
        now = clock()
        with standing.kept(actor, person.user_id, otherwise="First let them have a password or a passkey."):
            found.ended_at, found.ended_by = now, actor.user_id
            found.save(update_fields=["ended_at", "ended_by"])
        begun = queries.open_sessions(person).filter(begun_by=f"provider {found.pk}")
        end_sessions(list(begun), "provider account taken away", now)
        return found


def _decided_on(actor: Actor, user_id: str) -> Person:
    require(actor, *ADMINISTRATION)
    person = hold_person(actor, queries.person_of(user_id).user_id)
    if person.pk == actor.person_id:
        raise Refusal(OWN_RIGHTS, "Nobody decides about their own account. Ask another administrator.")
    return person


def prove(person: Person | None, told: Told) -> tuple[str, ProviderAccount | None]:
    """Why the subject does not prove the person ("" when it does), and the account; `person` None: whoever it leads to."""
    found = (
        ProviderAccount.objects.select_related("person__site__legal_entity")
        .filter(issuer=issuer(), subject=told.subject, ended_at=None)
        .first()
    )
    if found is None:
        return "account leads to nobody", None
    if person is not None and found.person_id != person.pk:
        return "another person signed in at the provider", None
    if found.confirmed_at is None:
        return "account not confirmed", found
    if found.person.status != Person.ACTIVE:
        return "account not active", found
    return ("account locked" if queries.is_account_locked(found.person) else ""), found


def proven(found: ProviderAccount, told: Told) -> Proven:
    """What this account's word proves, with the token as evidence."""
    return Proven(f"provider {found.pk}", "provider", found.confirmed_at or found.entered_at, told.evidence)
