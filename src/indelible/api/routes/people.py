"""People and their accounts; nobody is ever deleted, what is signed keeps the name it was signed under."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api.bodies import Body, Why, only_known, storable
from indelible.api.paging import PageAsk, answered
from indelible.api.service import api, caller, told
from indelible.kernel.identity import actions, queries
from indelible.kernel.identity.types import ADMINISTRATION, BY_NAME, ROLES, Newcomer

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


class PersonAsk(PageAsk):
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


@api.get(
    "/people", summary="Everybody with an account", **told(authority="signed in", answers={200: PersonList})
)
def list_people(request: HttpRequest, ask: Query[PersonAsk]) -> dict[str, Any]:
    """One page of active and inactive people, by name; accounts are never deleted. Follow `next`."""
    only_known(request, PersonAsk)
    found = BY_NAME.page(queries.people(caller(request), q=ask.q, status=ask.status), ask.cursor, ask.limit)
    private = caller(request).holds(*ADMINISTRATION)
    roles, locked = queries.roles_of(found.items), queries.locked_among(found.items)
    verified = queries.verified_among(found.items)
    return answered(
        found,
        lambda p: _told(p, roles[p.pk], private=private, locked=p.pk in locked, verified=p.pk in verified),
    )


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


def _person(person: Any, *, private: bool, locked: bool = False) -> dict[str, Any]:
    roles = queries.roles_of([person])[person.pk]
    verified = queries.is_identity_verified(person)
    return _told(person, roles, private=private, locked=locked, verified=verified)


def _told(
    person: Any, roles: Sequence[str], *, private: bool, locked: bool, verified: bool
) -> dict[str, Any]:
    told_to_few = {"email": person.email, "staff_number": person.staff_number} if private else {}
    return {
        "user_id": person.user_id,
        "name": person.name,
        "site": person.site.code,
        "legal_entity": person.site.legal_entity.code,
        "zone": person.zone,
        "status": person.status,
        "roles": list(roles),
        "locked": locked,
        "identity_verified": verified,
        **told_to_few,
    }
