"""What whoever acts still holds once their act has its locks: rights end while a request waits (URS-AUT-01, 21 CFR 11.10(g)).

One lock is common to both sides, that of the account (account_locks): who ends a role or closes the account holds it alone
(grants.hold_person), who acts shares it, so that two who act do not wait for each other. An ending that came first is seen; one
that comes later waits for the act, and for none that begins after it. The order of locks is: records, accounts by key, their
rows, session, the count of failures.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from django.db.models import Exists, OuterRef

from indelible.kernel.audit.types import EVERY_CLASS, EVERY_SITE, Actor, Refusal
from indelible.kernel.identity import account_locks
from indelible.kernel.identity.actors import actor_of
from indelible.kernel.identity.authority import require
from indelible.kernel.identity.events import NOT_AUTHORISED, NOT_SIGNED_IN
from indelible.kernel.identity.models import Person, Session

OVER: Final[list[Callable[[Actor], None]]] = []
"""What upper rooms refuse under the lock: a request that came in by something of theirs which no longer counts."""


def hold_rights(actor: Actor) -> Actor:
    """Inside an act, after its records are locked: the actor with the roles, sites and classes of their request that still hold.

    Held to the act's end are the account (of a program its owner's) and that of the person acted for. Nothing is added to what
    was held when the request came in. Refusals: NOT_SIGNED_IN (401: the account was closed or the session ended meanwhile),
    MACHINE_REFUSED (401: the program's credential was).
    """
    if actor.person_id is None and actor.operations is None:
        return actor  # a job or the installation has no account
    own = actor.user_id if actor.person_id is not None else actor.on_behalf_of
    account_locks.share({own, actor.on_behalf_of} - {""})
    person = _still_in(actor, own)
    now = actor_of(person, session=actor.session, source=actor.source, channel=actor.channel)
    return replace(
        actor,
        roles=tuple(role for role in actor.roles if role in now.roles),
        sites=_both(actor.sites, now.sites, EVERY_SITE),
        classes=_both(actor.classes, now.classes, EVERY_CLASS),
    )


def _still_in(actor: Actor, own: str) -> Person:
    """The person of this id while the account is open, and what the request came in by, a session or a credential, counts."""
    begun = Session.objects.filter(public_id=actor.session, person=OuterRef("pk"), ended_at=None)
    known = Person.objects.select_related("site__legal_entity").filter(status=Person.ACTIVE, user_id=own)
    person = known.annotate(signed_in=Exists(begun)).first()
    if person is None:
        raise Refusal(NOT_SIGNED_IN, "The account was closed while this waited, so nothing was done.")
    if actor.session and not person.signed_in:
        raise Refusal(
            NOT_SIGNED_IN, "The session was ended while this waited, so nothing was done. Sign in again."
        )
    for refuse_over in OVER:
        refuse_over(actor)
    return person


def hold_people(actor: Actor, ending: Collection[int]) -> Actor:
    """The same where the act also ends rights of others, by the keys of their accounts: all are held in one order, so that two
    who review each other do not block each other."""
    account_locks.hold(ending, acting=_keys(actor))
    return hold_rights(actor)


def hold_beside(actor: Actor, ending: Collection[int]) -> None:
    """Inside an act of administration, before accounts are decided about, by their keys: both sides are held, and who decides about
    another holds all they held when the request came in. Refusals: as `hold_rights`, NOT_AUTHORISED (403) where a role ended."""
    lost = hold_people(actor, ending).roles != actor.roles
    if lost and set(ending) != {actor.person_id}:  # what is one's own is ended without any role
        raise Refusal(
            NOT_AUTHORISED,
            "A role of yours ended while this waited, so nothing was done. Look at what you may still do, then do it again.",
        )


def require_still(actor: Actor, *roles: str) -> None:
    """Inside an act that decides about no account: `authority.require` of what the actor still holds, to the act's end."""
    require(hold_rights(actor), *roles)


def _keys(actor: Actor) -> Collection[int]:
    """The keys of the accounts an act is answered for by."""
    if actor.person_id is not None and not actor.on_behalf_of:
        return (actor.person_id,)
    return Person.objects.filter(user_id__in=actor.answering).values_list("pk", flat=True)


def _both(then: tuple[str, ...], now: tuple[str, ...], every: tuple[str, ...]) -> tuple[str, ...]:
    if now == every:
        return then
    return now if then == every else tuple(one for one in then if one in now)
