"""Verbs of roles: proposing, granting, approving, refusing and ending them (URS-ACC-05, URS-AUT-03, -04, -06)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import known, queries, standing
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.events import (
    DETAILS_WRONG,
    LAST_DAY_PAST,
    OWN_RIGHTS,
    PERSON_INACTIVE,
    PERSON_UNKNOWN,
    ROLE_APPROVE,
    ROLE_CONFLICT,
    ROLE_DECIDED,
    ROLE_END,
    ROLE_HELD,
    ROLE_PROPOSE,
    ROLE_REFUSE,
    ROLE_UNKNOWN,
    SCOPE_MIXED,
    SECOND_PERSON,
)
from indelible.kernel.identity.held import hold_beside
from indelible.kernel.identity.models import Grant, GrantDecision, Person, SmallFirmException
from indelible.kernel.identity.types import (
    ADMINISTRATION,
    POWERFUL,
    QA_APPROVER,
    ROLES,
    GrantOutcome,
    conflict,
)


def propose_grant(
    actor: Actor, user_id: str, role: str, *, reason: str, site: str = "", ends_at: datetime | None = None
) -> GrantOutcome:
    """Proposes a role for a person: it is theirs once a second person of administration approves (URS-ACC-05).

    `site`: empty for the person's own site, a site's code, or `*` for all; `ends_at`: the first instant at which it no longer
    counts, None for no end. Refusals: NOT_AUTHORISED, OWN_RIGHTS (403), PERSON_UNKNOWN (404), ROLE_HELD,
    PERSON_INACTIVE (409), ROLE_CONFLICT, SCOPE_MIXED, ROLE_UNKNOWN, LAST_DAY_PAST, a reason's (422).
    """
    with act(actor, ROLE_PROPOSE, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        require(actor, *ADMINISTRATION)
        person = hold_person(actor, queries.person_of(user_id).user_id)
        _refuse_own(actor, person)
        known.require_known(actor)
        if role not in ROLES:
            raise Refusal(
                ROLE_UNKNOWN, f"The roles are: {', '.join(ROLES)}.", {"role": "There is no such role."}
            )
        exception = _check_fitting(person, role, site, _standing(person))
        grant = _write(opened, person, role, site, exception, _lies_ahead(ends_at))
    return GrantOutcome(grant.pk, "proposed")


def approve_grant(actor: Actor, grant_id: int) -> GrantOutcome:
    """Makes a proposed role active; the approver is neither the proposer nor the person (URS-AUT-04, URS-ACC-05): one of
    administration, or of QA where the role is none of the powerful ones, or where it is one of administration that the other of
    the last two left undecided for days (`may_stand_in`).

    Refusals: NOT_AUTHORISED, OWN_RIGHTS, SECOND_PERSON (403), PERSON_UNKNOWN (404), ROLE_DECIDED, PERSON_INACTIVE (409),
    ROLE_CONFLICT, SCOPE_MIXED (422).
    """
    with act(actor, ROLE_APPROVE, object=_object(grant_id)) as opened:
        grant = _undecided(actor, grant_id)
        if grant.ends_at is not None and grant.ends_at <= clock():
            raise Refusal(
                LAST_DAY_PAST, "The last day of this role has passed. Turn it down, and propose it anew."
            )
        others = [other for other in _standing(grant.person) if other.pk != grant.pk]
        _check_fitting(grant.person, grant.role, queries.scope_of(grant), others)
        decide(opened, grant, GrantDecision.APPROVED)
    return GrantOutcome(grant.pk, "active")


def refuse_grant(actor: Actor, grant_id: int, *, reason: str) -> GrantOutcome:
    """Turns a proposed role down, by somebody other than its proposer and the person; refusals as approve_grant."""
    with act(actor, ROLE_REFUSE, object=_object(grant_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        decide(opened, _undecided(actor, grant_id), GrantDecision.REFUSED)
    return GrantOutcome(grant_id, "refused")


def end_grant(actor: Actor, grant_id: int, *, reason: str) -> GrantOutcome:
    """Takes an active role away from now on; nobody ends their own.

    Refusals: NOT_AUTHORISED, OWN_RIGHTS (403), PERSON_UNKNOWN (404), ROLE_DECIDED (409: not active), LAST_ADMINISTRATORS
    (409), a reason's (422).
    """
    with act(actor, ROLE_END, object=_object(grant_id), reason=keepable(reason)) as opened:
        check_reason(reason)
        require(actor, *ADMINISTRATION)
        with standing.kept(actor, _object(grant_id).removeprefix("person:")):
            grant = _held(actor, grant_id)
            _refuse_own(actor, grant.person)
            if not queries.active_grants(grant.person).filter(pk=grant.pk).exists():
                raise Refusal(ROLE_DECIDED, "This role is not active, so there is nothing to end.")
            decide(opened, grant, GrantDecision.ENDED)
    return GrantOutcome(grant_id, "ended")


def decide(opened: Act, grant: Grant, decision: str) -> None:
    """Inside an act: the row that says what became of a grant."""
    GrantDecision.objects.create(
        grant=grant, decision=decision, by=opened.actor.user_id, at=clock(), act=opened.id
    )


def end_all(opened: Act, person: Person) -> None:
    """Inside an act: ends every active role of a person and turns down what was proposed (deactivation)."""
    for grant in queries.active_grants(person):
        decide(opened, grant, GrantDecision.ENDED)
    for grant in queries.proposed_grants(person):
        decide(opened, grant, GrantDecision.REFUSED)


def write_grant(opened: Act, person: Person, role: str) -> None:
    """Inside the installation's act: a role of one of the first two people, active at once."""
    decide(opened, _write(opened, person, role, ""), GrantDecision.APPROVED)


def hold_person(actor: Actor, user_id: str) -> Person:
    """Inside an act: the person, held, so that two decisions about one account follow each other, and none is kept off by acts.

    Refusals where the actor lost something while this waited: as `held.hold_beside`.
    """
    hold_beside(actor, Person.objects.filter(user_id=user_id).values_list("pk", flat=True))
    return (
        Person.objects.select_for_update(of=("self",), no_key=True)
        .select_related("site__legal_entity")
        .get(user_id=user_id)
    )


def _object(grant_id: int) -> str:
    grant = Grant.objects.select_related("person").filter(pk=_number(grant_id)).first()
    return f"person:{grant.person.user_id}" if grant else "grant:unknown"


def _number(grant_id: int) -> int:
    """The id, or 0 (which no row has) where it is beyond what a key can be."""
    return grant_id if 0 < grant_id < 2**63 else 0


def _held(actor: Actor, grant_id: int) -> Grant:
    grant = Grant.objects.select_related("site", "person").filter(pk=_number(grant_id)).first()
    if grant is None:
        raise Refusal(PERSON_UNKNOWN, "There is no such grant, or it is not yours to know.")
    grant.person = hold_person(actor, grant.person.user_id)
    return grant


def _undecided(actor: Actor, grant_id: int) -> Grant:
    require(actor, *ADMINISTRATION, QA_APPROVER)
    grant = _held(actor, grant_id)
    if grant.role in POWERFUL and not may_stand_in(grant):
        require(actor, *ADMINISTRATION)
    _refuse_own(actor, grant.person)
    if grant.proposed_by == actor.user_id:
        raise Refusal(SECOND_PERSON, "You proposed it; somebody else with this authority decides.")
    known.require_known(actor)
    if grant.decisions.exists():
        raise Refusal(ROLE_DECIDED, "This proposal has been decided already.")
    return grant


def may_stand_in(grant: Grant) -> bool:
    """Whether QA may decide this role of administration, because the other of the last two did not for days (URS-AUT-04)."""
    return grant.role in ADMINISTRATION and standing.may_stand_in(grant.proposed_at)


def _refuse_own(actor: Actor, person: Person) -> None:
    if actor.person_id == person.pk:
        raise Refusal(
            OWN_RIGHTS, "Nobody changes their own rights. Ask another administrator or the security unit."
        )


def _standing(person: Person) -> list[Grant]:
    """What a person has or may soon have: active and proposed grants."""
    ended = Q(decisions__decision__in=[GrantDecision.ENDED, GrantDecision.REFUSED])
    found = Grant.objects.filter(queries.counting(), person=person).exclude(ended)
    return list(found.select_related("site"))


def _check_fitting(person: Person, role: str, site: str, standing: list[Grant]) -> SmallFirmException | None:
    """The exception that the role needs beside those held, None where it needs none; a Refusal where it does not fit."""
    exception: SmallFirmException | None = None
    if person.status != Person.ACTIVE:
        raise Refusal(PERSON_INACTIVE, f"{person.name}'s account is not active.")
    if any(grant.role == role for grant in standing):
        raise Refusal(ROLE_HELD, f"{person.name} has this role already, or it waits for approval.")
    for grant in standing:
        if why := conflict(role, grant.role):
            exception = _excepted(person, role, grant.role)
            if exception is not None:
                continue
            raise Refusal(
                ROLE_CONFLICT,
                f"{ROLES[role].title} does not go with {ROLES[grant.role].title}: {why}.",
            )
    if standing and {_code(person, queries.scope_of(grant)) for grant in standing} != {_code(person, site)}:
        raise Refusal(
            SCOPE_MIXED, "All roles of a person hold for the same sites; end the others first to change that."
        )
    return exception


def _excepted(person: Person, role: str, held: str) -> SmallFirmException | None:
    """The exception in force that lets a person hold both; none ever for QA's approval or for the two of administration."""
    if QA_APPROVER in (role, held) or ROLES[role].kind == ROLES[held].kind:
        return None
    return queries.exception_in_force(person)


def _lies_ahead(ends_at: datetime | None) -> datetime | None:
    if ends_at is not None and ends_at <= clock():
        told = "The last day of a role lies today or ahead, written as YYYY-MM-DD."
        raise Refusal(LAST_DAY_PAST, told, {"until": told})
    return ends_at


def _code(person: Person, scope: str) -> str:
    return scope or person.site.code


def _write(
    opened: Act,
    person: Person,
    role: str,
    site: str,
    exception: SmallFirmException | None = None,
    ends_at: datetime | None = None,
) -> Grant:
    place = queries.site(site) if site not in {"", "*"} else None
    if site not in {"", "*"} and place is None:
        raise Refusal(DETAILS_WRONG, "There is no such site.", {"site": "There is no such site."})
    return Grant.objects.create(
        person=person,
        role=role,
        site=place,
        own_site=person.site if site == "" else None,
        everywhere=site == "*",
        exception=exception,
        ends_at=ends_at,
        proposed_by=opened.actor.user_id,
        proposed_at=clock(),
        act=opened.id,
    )
