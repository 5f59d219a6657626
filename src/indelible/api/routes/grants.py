"""Roles, and who is given or loses one; what needs a second person answers 202."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api.bodies import Body, Day, Why, day_of, only_known
from indelible.api.paging import PageAsk, oldest_first, whole
from indelible.api.service import api, caller, told
from indelible.kernel.access.types import end_of
from indelible.kernel.identity import actions, queries
from indelible.kernel.identity.types import ROLES, GrantOutcome

Short = Annotated[str, Field(max_length=400)]
Reason = Annotated[str, Field(max_length=10_000)]
_BODY = (404, 409, 413, 415, 422)


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


@api.get(
    "/roles",
    summary="The shipped roles",
    **told(
        authority="signed in", answers={200: RoleList}, operation_id="indelible_api_routes_people_list_roles"
    ),
)
def list_roles(request: HttpRequest) -> dict[str, Any]:
    """Each role; granting any of them needs a second person."""
    return whole(map(_role, ROLES))


@api.get(
    "/grants",
    summary="Roles that wait for a second person",
    **told(
        authority="signed in",
        answers={200: ProposedList},
        operation_id="indelible_api_routes_people_list_grants",
    ),
)
def list_grants(request: HttpRequest, ask: Query[PageAsk]) -> dict[str, Any]:
    """One page of proposed roles, oldest first."""
    only_known(request, PageAsk)
    return oldest_first("grants", queries.proposed_grants(), ask, _proposed)


@api.post(
    "/grants",
    summary="Propose a role for a person",
    **told(
        authority="system administrator or security unit",
        answers={202: GrantRead},
        problems_too=_BODY,
        operation_id="indelible_api_routes_people_propose_grant",
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
        operation_id="indelible_api_routes_people_approve_grant",
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
        operation_id="indelible_api_routes_people_refuse_grant",
    ),
)
def refuse_grant(request: HttpRequest, grant_id: int, body: Why) -> dict[str, Any]:
    """A proposal that never becomes active."""
    return _outcome(actions.refuse_grant(caller(request), grant_id, reason=body.reason))


@api.post(
    "/grants/{grant_id}/end",
    summary="Take a role away",
    **told(
        authority="system administrator or security unit",
        answers={200: GrantRead},
        problems_too=_BODY,
        operation_id="indelible_api_routes_people_end_grant",
    ),
)
def end_grant(request: HttpRequest, grant_id: int, body: Why) -> dict[str, Any]:
    """Ends an active role from now on; nobody ends their own."""
    return _outcome(actions.end_grant(caller(request), grant_id, reason=body.reason))


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
