"""Verbs of accounts: people, first passwords, leaving and coming back (URS-ACC-02, -03, UNQ-01, -03)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from django.db import IntegrityError

from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import known, newcomers, passwords, queries, recalls, standing, verified
from indelible.kernel.identity.authority import keepable, require, require_directory, written_down
from indelible.kernel.identity.events import (
    DETAILS_WRONG,
    NEVER_DELETED,
    OWN_RIGHTS,
    PASSWORD_ISSUE,
    PERSON_ACTIVE,
    PERSON_CHANGE,
    PERSON_CREATE,
    PERSON_DEACTIVATE,
    PERSON_DELETE,
    PERSON_INACTIVE,
    PERSON_KNOWN,
    PERSON_REACTIVATE,
)
from indelible.kernel.identity.grants import end_all, hold_person
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.models import Credential, FormerName, Lockout, Person, Site
from indelible.kernel.identity.types import (
    ADMINISTRATION,
    SYSTEM_ADMINISTRATOR,
    TEMPORARY_LIFE,
    Newcomer,
)


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """A person as they are after a change, and the codes of the roles that ended with it."""

    person: Person
    roles_ended: tuple[str, ...]


def create_person(actor: Actor, newcomer: Newcomer) -> Person:
    """Opens an account for one named individual; it cannot be used before a secret is issued.

    Refusals: NOT_AUTHORISED (403), DETAILS_WRONG, SHARED_ACCOUNT, ID_TAKEN, PERSON_KNOWN, NAME_TAKEN (422).
    """
    with act(actor, PERSON_CREATE) as opened:
        require_still(actor, SYSTEM_ADMINISTRATOR)
        site = queries.site(keepable(newcomer.site))
        if site is None:
            raise Refusal(DETAILS_WRONG, "There is no such site.", {"site": "There is no such site."})
        person = open_account(newcomer, site)
        opened.name(object=f"person:{person.user_id}")
    return person


def open_account(newcomer: Newcomer, site: Site) -> Person:
    """Inside an act: the account of a newcomer, not usable yet. Refusals: those of `create_person` about who it is (422)."""
    details = newcomers.checked(newcomer, site)
    try:
        person = Person.objects.create(site=site, **details)
    except IntegrityError as error:  # the same person opened twice at once
        raise Refusal(PERSON_KNOWN, "Somebody is opening this account at this moment.") from error
    Lockout.objects.create(person=person)
    return person


def change_person(
    actor: Actor,
    user_id: str,
    *,
    name: str | None = None,
    zone: str | None = None,
    site: str | None = None,
    reason: str,
) -> PersonChanged:
    """A new printed name, zone or site; what was signed and written before keeps the old ones (URS-MAN-02).

    Under a new name nobody signs until somebody else than the actor confirmed who it is, and the former one stays taken.
    At a new site every role ends and every proposal is turned down: two people grant them anew (URS-ACC-05). Refusals:
    NOT_AUTHORISED, OWN_RIGHTS (403), PERSON_UNKNOWN (404), LAST_ADMINISTRATORS (409), NAME_TAKEN, SHARED_ACCOUNT,
    DETAILS_WRONG, a reason's.
    """
    with act(actor, PERSON_CHANGE, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        require(actor, SYSTEM_ADMINISTRATOR)
        with standing.kept(actor, user_id, otherwise="Give somebody else a role of administration first."):
            return _change(opened, _other(actor, user_id), name=name, zone=zone, site=site)


def _change(opened: Act, person: Person, **asked: str | None) -> PersonChanged:
    changed = newcomers.changes(person, **asked)
    if "name" in changed:
        _end_name(opened, person)
    ended = _end_roles(opened, person) if "site" in changed else ()
    for field, value in changed.items():
        setattr(person, field, value)
    if changed:
        person.save(update_fields=list(changed))
    return PersonChanged(person, ended)


def _end_roles(opened: Act, person: Person) -> tuple[str, ...]:
    """Inside the act of a move: the codes of the roles that end with it. One person moves another, so none moves along."""
    ended = tuple(sorted(queries.active_grants(person).values_list("role", flat=True)))
    end_all(opened, person)
    return ended


def _end_name(opened: Act, person: Person) -> None:
    """Inside an act: the printed name becomes a former one, and what was confirmed under it no longer counts."""
    now = clock()
    FormerName.objects.create(
        person=person, name=person.name, name_skeleton=person.name_skeleton, until=now, act=opened.id
    )
    verified.end(opened, person, verified.RENAMED, now)


def issue_secret(actor: Actor, user_id: str, *, reason: str) -> str:
    """A temporary secret for a person: works once, dies after 24 hours, forces a change; replaces what they had.

    The person's sessions end, and with a reset what was confirmed of their identity: they sign again when somebody else
    than the actor has confirmed it. Handed to nobody, a secret shuts its person out, so it is not issued where that leaves
    one of administration. Refusals: NOT_AUTHORISED, OWN_RIGHTS, SECOND_PERSON (403), PERSON_UNKNOWN (404), PERSON_INACTIVE,
    LAST_ADMINISTRATORS (409), IDENTITY_UNVERIFIED (422).
    """
    with act(actor, PASSWORD_ISSUE, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        require(actor, *ADMINISTRATION)
        with standing.kept(actor, user_id, otherwise=_RESET_LAST):
            person = _other(actor, user_id)
            if person.status != Person.ACTIVE:
                raise Refusal(PERSON_INACTIVE, f"{person.name}'s account is not active.")
            known.require_known(actor)
            now = clock()
            verified.allow_secret(opened, person, now)
            recalls.end_password(person, verified.RESET, now)
            recalls.end_unconfirmed(opened, person, now)
            return issue(opened, person)


_RESET_LAST: Final = f"With a passkey that you confirm, or an account at the provider, they come in without the password. {standing.GIVE_FIRST}"


def issue(opened: Act, person: Person) -> str:
    """Inside an act: a temporary secret of the person, told once and kept as its digest."""
    secret, now = passwords.temporary_secret(), clock()
    Credential.objects.create(
        person=person,
        secret=passwords.digest(secret, of=person.user_id),
        temporary=True,
        issued_by=opened.actor.user_id,
        issued_at=now,
        expires_at=now + TEMPORARY_LIFE,
    )
    return secret


def deactivate_person(actor: Actor, user_id: str, *, reason: str) -> Person:
    """Closes an account at once: sessions, password and roles end; the person stays known for ever (URS-ACC-03).

    Refusals: NOT_AUTHORISED, OWN_RIGHTS (403), PERSON_UNKNOWN (404), PERSON_INACTIVE, LAST_ADMINISTRATORS (409), a reason's (422).
    """
    with act(actor, PERSON_DEACTIVATE, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        require(actor, *ADMINISTRATION)
        with standing.kept(actor, user_id):
            return _close(opened, _other(actor, user_id))


def deactivate_by_directory(actor: Actor, user_id: str) -> Person:
    """The same, by the company's directory with a credential for that alone; it closes accounts and does nothing else.

    A stolen one must not lock out a company: the last LAST_STANDING people of administration stay, and the refusal is an
    urgent notice, so that people let a third one in and close it. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404),
    PERSON_INACTIVE, LAST_ADMINISTRATORS (409).
    """
    why = "The company's directory says that the person left"
    with act(actor, PERSON_DEACTIVATE, object=queries.identifier(user_id), reason=why) as opened:
        require_directory(actor)
        told = f"A person decides this, not the directory. {standing.GIVE_FIRST}"
        with standing.kept(actor, user_id, otherwise=told):
            return _close(opened, hold_person(actor, queries.person_of(user_id).user_id))


def _close(opened: Act, person: Person) -> Person:
    """Inside an act: roles, credentials and sessions end, and the account with them."""
    if person.status != Person.ACTIVE:
        raise Refusal(PERSON_INACTIVE, f"{person.name}'s account is not active.")
    now = clock()
    end_all(opened, person)
    verified.end(opened, person, verified.LEFT, now)
    recalls.end_password(person, verified.LEFT, now)
    recalls.end_others(opened, person, recalls.LEFT, now)
    recalls.end_given(opened, person, now)
    _set_status(person, Person.INACTIVE)
    return person


def delete_person(actor: Actor, user_id: str) -> NoReturn:
    """Refusal NEVER_DELETED (403), whoever asks and whoever is named; the attempt stands in the trail (URS-ACC-03)."""
    with written_down(actor, PERSON_DELETE, object=queries.identifier(user_id)):
        raise Refusal(
            NEVER_DELETED,
            "Nobody is ever deleted: what they signed and wrote stays theirs. Deactivate the account; it ends at once.",
        )
    raise AssertionError("a refusal passed")


def reactivate_person(actor: Actor, user_id: str, *, reason: str) -> Person:
    """The same identity again after a return, with no role and no password of before (URS-UNQ-03).

    Refusals: NOT_AUTHORISED, OWN_RIGHTS (403), PERSON_UNKNOWN (404), PERSON_ACTIVE (409), a reason's (422).
    """
    with act(actor, PERSON_REACTIVATE, object=queries.identifier(user_id), reason=keepable(reason)):
        check_reason(reason)
        require(actor, *ADMINISTRATION)
        person = _other(actor, user_id)
        if person.status == Person.ACTIVE:
            raise Refusal(PERSON_ACTIVE, f"{person.name}'s account is active.")
        known.require_known(actor)
        _set_status(person, Person.ACTIVE)
    return person


def _other(actor: Actor, user_id: str) -> Person:
    """The person, held; never the actor."""
    person = hold_person(actor, queries.person_of(user_id).user_id)
    if person.pk == actor.person_id:
        raise Refusal(OWN_RIGHTS, "Nobody decides about their own account. Ask another administrator.")
    return person


def _set_status(person: Person, status: str) -> None:
    person.status = status
    person.save(update_fields=["status"])
