"""The company's directory closes the accounts of leavers, in the words of SCIM 2.0 (RFC 7644); it opens and changes none (URS-ACC-03)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import ConfigDict, Field

from indelible.api.bodies import Body, only_known, storable
from indelible.api.problems import Malformed
from indelible.api.service import api, caller, told
from indelible.kernel.identity import actions, queries
from indelible.kernel.identity.authority import require_directory

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
_LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_ONE: Final = re.compile(r'^userName eq "([^"\\]{1,200})"$', re.IGNORECASE)
_WHO: Final = "who may close accounts: a machine credential for that alone"
_ONLY: Final = "A directory closes accounts here: set `active` to false, or delete the user. Accounts are opened by people."


class User(Schema):
    """A person as a directory knows them; `id` is their user id."""

    schemas: list[str]
    id: str
    userName: str  # noqa: N815  (RFC 7643's word)
    active: bool


class UserList(Schema):
    """What a filter found: one user, or none."""

    schemas: list[str]
    totalResults: int  # noqa: N815  (RFC 7644's word)
    Resources: list[User]


class UserAsk(Schema):
    """The one filter there is: `userName eq "ana"`."""

    filter: Annotated[str, Field(max_length=300)] = ""


class Operation(Body):
    """One operation of a PATCH; `value` is false, or an object that says so."""

    op: Annotated[str, Field(max_length=20)]
    path: Annotated[str, Field(max_length=100)] | None = None
    value: Any = None


class Patch(Body):
    """A SCIM PATCH."""

    model_config = ConfigDict(extra="ignore", strict=True)

    Operations: Annotated[list[Operation], Field(min_length=1, max_length=20)]


def _user(person: Any) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "id": person.user_id,
        "userName": person.user_id,
        "active": person.status == "active",
    }


@api.get(
    "/directory/Users",
    summary="Find a user (SCIM)",
    **told(programs=True, authority=_WHO, answers={200: UserList}),
)
def find_user(request: HttpRequest, ask: Query[UserAsk]) -> dict[str, Any]:
    """By exact user name; whoever asks for all of them is not answered."""
    only_known(request, UserAsk)
    require_directory(caller(request))
    named = _ONE.match(ask.filter)
    if named is None:
        raise Malformed('Ask for one user: filter=userName eq "ana".', fields={"filter": "not known here"})
    person = queries.find_person(storable(named[1]))
    found = [_user(person)] if person else []
    return {"schemas": [_LIST], "totalResults": len(found), "Resources": found}


@api.get(
    "/directory/Users/{user_id}",
    summary="One user (SCIM)",
    **told(programs=True, authority=_WHO, answers={200: User}, problems_too=(404,)),
)
def read_user(request: HttpRequest, user_id: str) -> dict[str, Any]:
    """Whether the account is active; nothing else of it."""
    require_directory(caller(request))
    return _user(queries.person_of(storable(user_id)))


@api.patch(
    "/directory/Users/{user_id}",
    summary="Close an account (SCIM)",
    **told(
        programs=True,
        authority=_WHO,
        answers={200: User},
        problems_too=(404, 409, 413, 415, 422),
    ),
)
def patch_user(request: HttpRequest, user_id: str, body: Patch) -> dict[str, Any]:
    """`active` to false: sessions, credentials, programs and roles end at once; the person stays known for ever."""
    require_directory(caller(request))
    if not all(_closes(one) for one in body.Operations):
        raise Malformed(_ONLY, status=422, fields={"Operations": "only active, and only false"})
    return _user(actions.deactivate_by_directory(caller(request), storable(user_id)))


def _closes(one: Operation) -> bool:
    value = one.value
    if one.path is None and isinstance(value, dict):
        if set(value) != {"active"}:
            return False
        value = value["active"]
    elif one.path != "active":
        return False
    return one.op.lower() == "replace" and (value is False or value in ("False", "false"))


@api.delete(
    "/directory/Users/{user_id}",
    summary="Delete a user: closes the account (SCIM)",
    **told(programs=True, authority=_WHO, answers={204: None}, problems_too=(404, 409)),
)
def delete_user(request: HttpRequest, user_id: str) -> Status[None]:
    """Nobody is ever deleted; what a directory means by it is done (URS-ACC-03)."""
    actions.deactivate_by_directory(caller(request), storable(user_id))
    return Status(204, None)
