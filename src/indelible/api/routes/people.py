"""People, their roles and their accounts; each verb under its rules, what needs a second person answers 202."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api.bodies import Body, Day, Instant, day_of, only_known, storable
from indelible.api.service import api, caller, told
from indelible.kernel.access import queries as access
from indelible.kernel.access.types import end_of
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import actions, queries
from indelible.kernel.identity.types import ADMINISTRATION, ROLES, GrantOutcome, Newcomer

Short = Annotated[str, Field(max_length=400)]
Reason = Annotated[str, Field(max_length=10_000)]
_BODY = (404, 409, 413, 415, 422)


class PersonRead(Schema):
    """A person; mail address and staff number are told to those who administer accounts."""

    user_id: str
    name: str
    site: str
    legal_entity: str
    zone: str
    status: Literal["active", "inactive"]
    roles: list[str]
    locked: bool
    identity_verified: bool
    email: str | None = None
    staff_number: str | None = None


class PersonChanged(PersonRead):
    """A person after a change. A move ends every role: two people grant them anew."""

    roles_ended: list[str]
    told: str
    """What followed from the change, in plain words; empty where nothing did."""


class PersonList(Schema):
    """People by name."""

    items: list[PersonRead]
    next: str | None


class PersonAsk(Schema):
    """How a list of people is narrowed."""

    q: Annotated[str, Field(max_length=200)] = ""
    status: Literal["", "active", "inactive"] = ""


class NewPerson(Body):
    """One named individual; the account works once a secret is issued."""

    user_id: Short
    name: Short
    email: Short
    site: Short
    staff_number: Short | None = None
    zone: Short | None = None


class PersonChange(Body):
    """What is to change; what is left out stays."""

    name: Short | None = None
    zone: Short | None = None
    site: Short | None = None
    reason: Reason


class Why(Body):
    """The reason of an act."""

    reason: Reason


class NewGrant(Body):
    """A role for a person; `site` is their own unless given, `*` is every site."""

    user_id: Short
    role: Short
    reason: Reason
    site: Short | None = None
    until: Day | None = None
    """Its last day, to the end of it in UTC."""


class GrantRead(Schema):
    """What became of a grant; `proposed` waits for a second person."""

    id: int
    state: Literal["proposed", "active", "refused", "ended"]


class Proposed(Schema):
    """A role that waits for a second person."""

    id: int
    user_id: str
    name: str
    role: str
    site: str
    proposed_by: str
    proposed_at: datetime
    ends_at: datetime | None


class ProposedList(Schema):
    """Roles that wait for a second person, oldest first."""

    items: list[Proposed]
    next: str | None


class RoleRead(Schema):
    """A shipped role."""

    code: str
    title: str
    kind: Literal["content", "administration", "reading"]


class RoleList(Schema):
    """The shipped roles."""

    items: list[RoleRead]
    next: str | None


class AccessRead(Schema):
    """One right of one person over a span of time: a role, a confidentiality class open to them, or a program they answer for.

    `role` is its code or label; `scope` the code of the site that counted, `*` for all, of a program its processes.
    """

    kind: Literal["role", "class", "program"]
    user_id: str
    name: str
    role: str
    scope: str
    proposed_by: str
    approved_by: str
    began: datetime
    ended: datetime | None


class AccessList(Schema):
    """Who held which right at an instant."""

    as_of: datetime
    items: list[AccessRead]
    next: str | None


class Issued(Schema):
    """A temporary secret: shown once, works once, dies after a day."""

    secret: str


@api.get(
    "/people", summary="Everybody with an account", **told(authority="signed in", answers={200: PersonList})
)
def list_people(request: HttpRequest, ask: Query[PersonAsk]) -> dict[str, Any]:
    """Active and inactive people by name; accounts are never deleted."""
    only_known(request, PersonAsk)
    found = list(queries.people(caller(request), q=ask.q, status=ask.status))
    private = caller(request).holds(*ADMINISTRATION)
    locked = set(queries.locked_accounts().values_list("pk", flat=True))
    verified = queries.verified_among(found)
    items = [_person(p, private=private, locked=p.pk in locked, verified=p.pk in verified) for p in found]
    return {"items": items, "next": None}


@api.post(
    "/people",
    summary="Open an account",
    **told(authority="system administrator", answers={201: PersonRead}, problems_too=_BODY),
)
def create_person(request: HttpRequest, body: NewPerson) -> Status[dict[str, Any]]:
    """Opens an account for one named individual."""
    newcomer = Newcomer(
        user_id=body.user_id,
        name=body.name,
        email=body.email,
        site=body.site,
        staff_number=body.staff_number or "",
        zone=body.zone or "",
    )
    return Status(201, _person(actions.create_person(caller(request), newcomer), private=True))


@api.get(
    "/people/{user_id}",
    summary="One person",
    **told(authority="signed in", answers={200: PersonRead}, problems_too=(404,)),
)
def read_person(request: HttpRequest, user_id: str) -> dict[str, Any]:
    """A person by id, letter case apart."""
    person = queries.person_of(storable(user_id))
    private = caller(request).holds(*ADMINISTRATION)
    return _person(person, private=private, locked=queries.is_account_locked(person))


@api.patch(
    "/people/{user_id}",
    summary="Change a person's printed name, zone or site",
    **told(authority="system administrator", answers={200: PersonChanged}, problems_too=_BODY),
)
def change_person(request: HttpRequest, user_id: str, body: PersonChange) -> dict[str, Any]:
    """What was signed and written before keeps the old name (URS-MAN-02); a move ends the person's roles (URS-ACC-05)."""
    made = actions.change_person(
        caller(request),
        storable(user_id),
        name=body.name,
        zone=body.zone,
        site=body.site,
        reason=body.reason,
    )
    return {
        **_person(made.person, private=True),
        "roles_ended": made.roles_ended,
        "told": _told_of_move(made),
    }


def _told_of_move(made: actions.PersonChanged) -> str:
    if not made.roles_ended:
        return ""
    titles = ", ".join(ROLES[role].title for role in made.roles_ended)
    return (
        f"With the move to {made.person.site.name} these roles ended: {titles}. Two people grant them anew."
    )


@api.delete(
    "/people/{user_id}",
    summary="Refused always: nobody is ever deleted",
    **told(authority="signed in", answers={}),
)
def delete_person(request: HttpRequest, user_id: str) -> None:
    """The attempt stands in the audit trail; what is meant by it is a deactivation (URS-ACC-03)."""
    actions.delete_person(caller(request), storable(user_id))


@api.post(
    "/people/{user_id}/deactivation",
    summary="Close an account",
    **told(authority="system administrator or security unit", answers={200: PersonRead}, problems_too=_BODY),
)
def deactivate_person(request: HttpRequest, user_id: str, body: Why) -> dict[str, Any]:
    """Ends sessions, password and roles at once; the person stays known (URS-ACC-03)."""
    person = actions.deactivate_person(caller(request), storable(user_id), reason=body.reason)
    return _person(person, private=True)


@api.post(
    "/people/{user_id}/reactivation",
    summary="Open an account again",
    **told(authority="system administrator or security unit", answers={200: PersonRead}, problems_too=_BODY),
)
def reactivate_person(request: HttpRequest, user_id: str, body: Why) -> dict[str, Any]:
    """The same identity after a return, without role or password (URS-UNQ-03)."""
    person = actions.reactivate_person(caller(request), storable(user_id), reason=body.reason)
    return _person(person, private=True)


@api.post(
    "/people/{user_id}/unlock",
    summary="Lift the lock of failed attempts",
    **told(authority="system administrator or security unit", answers={204: None}, problems_too=_BODY),
)
def unlock_account(request: HttpRequest, user_id: str, body: Why) -> Status[None]:
    """By an authorised other person who confirmed the identity (URS-ACC-07)."""
    actions.unlock_account(caller(request), storable(user_id), reason=body.reason)
    return Status(204, None)


@api.post(
    "/people/{user_id}/credentials",
    summary="Issue a temporary secret",
    **told(authority="system administrator or security unit", answers={201: Issued}, problems_too=_BODY),
)
def issue_secret(request: HttpRequest, user_id: str, body: Why) -> Status[dict[str, str]]:
    """Works for one sign-in within a day and forces a change (URS-CRD-03)."""
    secret = actions.issue_secret(caller(request), storable(user_id), reason=body.reason)
    return Status(201, {"secret": secret})


@api.get("/roles", summary="The shipped roles", **told(authority="signed in", answers={200: RoleList}))
def list_roles(request: HttpRequest) -> dict[str, Any]:
    """Each role; granting any of them needs a second person."""
    return {"items": [_role(code) for code in ROLES], "next": None}


@api.get(
    "/grants",
    summary="Roles that wait for a second person",
    **told(authority="signed in", answers={200: ProposedList}),
)
def list_grants(request: HttpRequest) -> dict[str, Any]:
    """Proposed roles, oldest first."""
    return {"items": [_proposed(grant) for grant in queries.proposed_grants()], "next": None}


@api.post(
    "/grants",
    summary="Propose a role for a person",
    **told(
        authority="system administrator or security unit",
        answers={202: GrantRead},
        problems_too=_BODY,
    ),
)
def propose_grant(request: HttpRequest, body: NewGrant) -> Status[dict[str, Any]]:
    """It is active once a second person of administration has approved it (URS-ACC-05, URS-AUT-04)."""
    made = actions.propose_grant(
        caller(request),
        body.user_id,
        body.role,
        reason=body.reason,
        site=body.site or "",
        ends_at=end_of(day_of(body.until, "until")) if body.until else None,
    )
    return Status(202, _outcome(made))


@api.post(
    "/grants/{grant_id}/approval",
    summary="Approve a proposed role",
    **told(
        authority="system administrator or security unit, QA approver for a role without power; neither proposer nor grantee",
        answers={200: GrantRead},
        problems_too=_BODY,
    ),
)
def approve_grant(request: HttpRequest, grant_id: int) -> dict[str, Any]:
    """Makes a proposed role active."""
    return _outcome(actions.approve_grant(caller(request), grant_id))


@api.post(
    "/grants/{grant_id}/refusal",
    summary="Turn a proposed role down",
    **told(
        authority="system administrator or security unit, QA approver for a role without power; neither proposer nor grantee",
        answers={200: GrantRead},
        problems_too=_BODY,
    ),
)
def refuse_grant(request: HttpRequest, grant_id: int, body: Why) -> dict[str, Any]:
    """A proposal that never becomes active."""
    return _outcome(actions.refuse_grant(caller(request), grant_id, reason=body.reason))


@api.post(
    "/grants/{grant_id}/end",
    summary="Take a role away",
    **told(authority="system administrator or security unit", answers={200: GrantRead}, problems_too=_BODY),
)
def end_grant(request: HttpRequest, grant_id: int, body: Why) -> dict[str, Any]:
    """Ends an active role from now on; nobody ends their own."""
    return _outcome(actions.end_grant(caller(request), grant_id, reason=body.reason))


@api.get(
    "/access",
    summary="Who held which right at an instant",
    **told(
        authority="system administrator, security unit, QA approver or inspector", answers={200: AccessList}
    ),
)
def access_list(request: HttpRequest, as_of: Instant | None = None) -> dict[str, Any]:
    """The access list of a past moment (URS-ACC-05); now unless `as_of` says otherwise."""
    moment = as_of or clock()
    rows = access.access_list(caller(request), moment)
    return {"as_of": moment, "items": rows, "next": None}


def _role(code: str) -> dict[str, Any]:
    role = ROLES[code]
    return {"code": role.code, "title": role.title, "kind": role.kind}


def _outcome(made: GrantOutcome) -> dict[str, Any]:
    return {"id": made.id, "state": made.state}


def _proposed(grant: Any) -> dict[str, Any]:
    return {
        "id": grant.pk,
        "user_id": grant.person.user_id,
        "name": grant.person.name,
        "role": grant.role,
        "site": queries.scope_of(grant) or grant.person.site.code,
        "proposed_by": grant.proposed_by,
        "proposed_at": grant.proposed_at,
        "ends_at": grant.ends_at,
    }


def _person(
    person: Any, *, private: bool, locked: bool = False, verified: bool | None = None
) -> dict[str, Any]:
    roles = sorted({grant.role for grant in queries.active_grants(person)})
    told_to_few = {"email": person.email, "staff_number": person.staff_number} if private else {}
    return {
        "user_id": person.user_id,
        "name": person.name,
        "site": person.site.code,
        "legal_entity": person.site.legal_entity.code,
        "zone": person.zone,
        "status": person.status,
        "roles": roles,
        "locked": locked,
        "identity_verified": queries.is_identity_verified(person) if verified is None else verified,
        **told_to_few,
    }
