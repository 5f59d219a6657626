"""Credentials of programs: allowed by administration, drawn by the person who answers for them, narrow and ending (URS-ACC-09).

Two people by construction: who allows one never sees its token, and who draws it could not have allowed it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from indelible.kernel.access import queries
from indelible.kernel.access.events import (
    MACHINE_ALLOW,
    MACHINE_DRAW,
    MACHINE_DRAWN,
    MACHINE_END,
    MACHINE_INCOMPLETE,
    MACHINE_REFUSED,
    MACHINE_UNKNOWN,
    MACHINE_USE,
)
from indelible.kernel.access.models import MachineCredential
from indelible.kernel.access.reach import out_of_reach
from indelible.kernel.access.types import (
    ACTOR_PREFIX,
    DEACTIVATE,
    LONGEST,
    MACHINE_ROLES,
    MOST_LABEL,
    OPERATIONS,
    PREFIX,
    Scope,
)
from indelible.kernel.access.whereabouts import MOST_NETWORKS, named_networks, refusal_from
from indelible.kernel.audit.actions import Act, act, refuse
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import EVERY_CLASS, Actor, Refusal, check_reason, nobody
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.events import OWN_RIGHTS, PERSON_INACTIVE
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.networks import TOO_WIDE
from indelible.kernel.identity.types import ADMINISTRATION, is_excepted

_NOT_COUNTED: Final = (
    "This credential is not in force: it is unknown, ended or past its day, or its owner's account is closed."
)


def allow_machine(
    actor: Actor,
    user_id: str,
    *,
    label: str,
    scope: Scope,
    expires_at: datetime,
    reason: str,
    networks: Iterable[str] = (),
) -> MachineCredential:
    """Allows a person a credential for a program of theirs; it works once they drew it.

    `expires_at` is aware and at most LONGEST away; `networks` (CIDR) bind it always, none: the company's do. Refusals: NOT_AUTHORISED, OWN_RIGHTS (403), PERSON_UNKNOWN (404),
    PERSON_INACTIVE (409), MACHINE_INCOMPLETE, a reason's (422).
    """
    with act(actor, MACHINE_ALLOW, object=identity.identifier(user_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        require(actor, *ADMINISTRATION)
        owner = _owner(actor, user_id)
        now = clock()
        named = named_networks(networks)
        faults = _faults(owner, keepable(label), scope, expires_at, now)
        if named is None:
            faults["networks"] = (
                f"A network is written as 10.20.0.0/16 or 2001:db8::/48; at most {MOST_NETWORKS}. {TOO_WIDE}"
            )
        if faults:
            told = "A machine credential has a name, a scope and an end: " + " ".join(faults.values())
            raise Refusal(MACHINE_INCOMPLETE, told, faults)
        return MachineCredential.objects.create(
            owner=owner,
            label=keepable(label),
            processes=sorted(scope.processes),
            operations=sorted(scope.operations),
            networks=named,
            allowed_by=actor.user_id,
            allowed_at=now,
            expires_at=expires_at,
            act=opened.id,
        )


def _owner(actor: Actor, user_id: str) -> Person:
    owner = hold_person(actor, identity.person_of(user_id).user_id)
    if owner.pk == actor.person_id:
        raise Refusal(OWN_RIGHTS, "Nobody allows themselves a credential. Ask another administrator.")
    if owner.status != Person.ACTIVE:
        raise Refusal(PERSON_INACTIVE, f"{owner.name}'s account is not active.")
    return owner


def _faults(owner: Person, label: str, scope: Scope, expires_at: datetime, now: datetime) -> dict[str, str]:
    held = {grant.role for grant in identity.active_grants(owner)}
    fitting, who = (
        (ADMINISTRATION, "The directory's owner is of administration.")
        if scope.is_directory
        else (MACHINE_ROLES, "Its owner is an author or an operator.")
    )
    checks = {
        "owner": (bool(held & set(fitting)), who),
        "label": (3 <= len(label) <= MOST_LABEL, f"Name the program, in 3 to {MOST_LABEL} characters."),
        "processes": (
            _words(scope.processes) and bool(scope.processes) != scope.is_directory,
            "Name the processes it works in; the directory works in none.",
        ),
        "operations": (
            scope.is_directory or set(scope.operations) <= set(OPERATIONS),
            f"It may: {', '.join(OPERATIONS)}; or {DEACTIVATE} alone.",
        ),
        "expires_at": (
            now < expires_at <= now + LONGEST,
            f"It ends at a day to come, at most {LONGEST.days} days from now, written as YYYY-MM-DD.",
        ),
    }
    return {name: fault for name, (fine, fault) in checks.items() if not fine}


def _words(codes: tuple[str, ...]) -> bool:
    return all(0 < len(code) <= 40 and code.isidentifier() for code in codes)


def draw_machine(actor: Actor, credential_id: int) -> str:
    """The token, told this once to its owner, who answers for it from now on. Kept by us as a digest only.

    Refusals: MACHINE_UNKNOWN (404: none, another's, ended or past its day), MACHINE_DRAWN (409).
    """
    with act(actor, MACHINE_DRAW, object=_object(credential_id)):
        found = _held(credential_id)
        if found is None or found.owner_id != actor.person_id or queries.why_over(found, clock()):
            raise Refusal(MACHINE_UNKNOWN, "There is no credential of yours that waits to be drawn.")
        if found.token_digest is not None:
            told = "It was drawn before. A token is shown once; where it is lost, end it and ask for another."
            raise Refusal(MACHINE_DRAWN, told)
        token = PREFIX + secrets.token_urlsafe(32)
        found.token_digest, found.drawn_at = identity.token_digest(token), clock()
        found.save(update_fields=["token_digest", "drawn_at"])
        return token


def end_machine(actor: Actor, credential_id: int, *, reason: str) -> MachineCredential:
    """Ends a credential at once, by its owner or by administration.

    Refusals: NOT_AUTHORISED (403), MACHINE_UNKNOWN (404), a reason's (422).
    """
    with act(actor, MACHINE_END, object=_object(credential_id), reason=keepable(reason)):
        check_reason(reason)
        found = _held_whole(actor, credential_id)
        if found is None or found.owner_id != actor.person_id:
            require(actor, *ADMINISTRATION)
        if found is None or found.ended_at is not None:
            raise Refusal(MACHINE_UNKNOWN, "There is no such credential in use.")
        found.ended_at, found.ended_by = clock(), actor.user_id
        found.save(update_fields=["ended_at", "ended_by"])
        return found


def end_reviewed(opened: Act, credential_id: int, now: datetime) -> None:
    """Inside the act of a review that removes it: ends one credential (signatures.access_reviews)."""
    MachineCredential.objects.filter(pk=credential_id, ended_at=None).update(
        ended_at=now, ended_by=opened.actor.user_id
    )


def end_of_leaver(opened: Act, person: Person, now: datetime) -> None:
    """Inside the act that closes an account: its programs end for ever (identity.recalls)."""
    MachineCredential.objects.filter(owner=person, ended_at=None).update(
        ended_at=now, ended_by=opened.actor.user_id
    )


def _held(credential_id: int) -> MachineCredential | None:
    known = MachineCredential.objects.select_related("owner__site__legal_entity")
    return known.filter(pk=_number(credential_id)).select_for_update(of=("self",)).first()


def _held_whole(actor: Actor, credential_id: int) -> MachineCredential | None:
    """The same after its owner's account, so that what the program does meanwhile comes before its end or not at all."""
    about = MachineCredential.objects.filter(pk=_number(credential_id)).values_list(
        "owner__user_id", flat=True
    )
    for owner in about:
        hold_person(actor, owner)
    return _held(credential_id)


def _number(credential_id: int) -> int:
    """The id, or 0 (which no row has) where it is beyond what a key can be."""
    return credential_id if 0 < credential_id < 2**63 else 0


def _object(credential_id: int) -> str:
    return f"{ACTOR_PREFIX}{credential_id}" if 0 < credential_id < 2**63 else f"{ACTOR_PREFIX}unknown"


def is_machine_token(token: str) -> bool:
    """Whether a bearer token is of the kind of machine credentials, in force or not."""
    return token.startswith(PREFIX)


def enter_by_machine(
    token: str, *, source: str, object: str, device: str = "", reaches: bool = True
) -> Actor:
    """The actor of a program's request, judged anew at each: roles and sites are its owner's of this moment.

    `reaches` is False at an address that is for people only. Refusals MACHINE_REFUSED (401), MACHINE_ELSEWHERE,
    MACHINE_OUT_OF_SCOPE (403), each with its entry: of the credential where it is known, else of nobody.
    """
    found = queries.credential_of(token)
    why = "unknown" if found is None else queries.why_over(found, clock())
    who = actor_of(found, source=source, device=device) if found else nobody(source=source, channel="api")
    if found is None or why:
        refusal = Refusal(MACHINE_REFUSED, _NOT_COUNTED, evidence={"cause": why})
    elif elsewhere := refusal_from(found, source):
        refusal = elsewhere
    elif not reaches:
        refusal = out_of_reach()
    else:
        return who
    refuse(who, MACHINE_USE, refusal, object=object)
    raise refusal


def refuse_over(actor: Actor) -> None:
    """Inside an act, under the lock of its owner's account: Refusal MACHINE_REFUSED (401) where the program's credential no longer
    counts, though it did when the request came in (identity.held.OVER)."""
    if actor.operations is None:
        return
    own = actor.user_id.removeprefix(ACTOR_PREFIX)
    known = MachineCredential.objects.select_related("owner")
    found = known.filter(pk=own).first() if own.isdigit() else None
    if why := "unknown" if found is None else queries.why_over(found, clock()):
        raise Refusal(MACHINE_REFUSED, _NOT_COUNTED, evidence={"cause": why})


def actor_of(found: MachineCredential, *, source: str, device: str = "") -> Actor:
    """Who a program is: itself, for its owner, with what of the owner's authority a program can have."""
    own = identity.actor_of(found.owner, session="", source=source, channel="api")
    return replace(
        own,
        user_id=f"{ACTOR_PREFIX}{found.pk}",
        name=queries.program_name(found),
        # what somebody does who administers, too, waits for a second person: their programs do nothing (URS-AUT-03)
        roles=() if is_excepted(own.roles) else tuple(r for r in own.roles if r in MACHINE_ROLES),
        person_id=None,
        on_behalf_of=found.owner.user_id,
        device=keepable(device)[:300],
        processes=tuple(found.processes),
        classes=() if own.classes == EVERY_CLASS else own.classes,
        operations=tuple(found.operations),
    )
