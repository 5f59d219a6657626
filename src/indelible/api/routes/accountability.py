"""The accountability statement: what a person answers for when they sign, who accepted it, and its versions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api.bodies import Body, only_known
from indelible.api.paging import PageAsk, answered
from indelible.api.service import api, caller, told
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import queries as identity
from indelible.kernel.signatures import acceptances, accountability
from indelible.kernel.signatures.types import Components


class StatementRead(Schema):
    """The statement in force, and how the caller stands to it; `due` says why they must accept anew, empty while they need not;
    `until` is from when on, while a newer version waits and its grace still runs."""

    version: int
    text: str
    digest: str
    grace_until: datetime | None
    accepted_version: int | None
    accepted_at: datetime | None
    due: str
    until: datetime | None


class NewAcceptance(Body):
    """All components, and the version that was read."""

    version: int
    user_id: Annotated[str, Field(max_length=400)]
    password: Annotated[str, Field(max_length=4_096)]


class NewStatement(Body):
    """A new version; under the one before people may sign on for `grace_days`."""

    text: Annotated[str, Field(max_length=20_000)]
    grace_days: int = 14
    reason: Annotated[str, Field(max_length=10_000)]


class MissingRead(Schema):
    """An active person who has not accepted the newest version: why they sign no more, or until when they still do."""

    user_id: str
    name: str
    accepted_version: int | None
    due: str
    until: datetime | None


class MissingList(Schema):
    """Who is missing, by name."""

    items: list[MissingRead]
    next: str | None


@api.get(
    "/accountability",
    summary="The accountability statement and the caller's acceptance",
    **told(authority="signed in", answers={200: StatementRead}),
)
def read_statement(request: HttpRequest) -> dict[str, Any]:
    """Without an acceptance in force nobody signs (URS-POL-01, -02)."""
    return _stands(request)


@api.post(
    "/accountability",
    summary="Accept the statement with all components",
    **told(authority="signed in", answers={201: StatementRead}, problems_too=(409, 413, 415, 422)),
)
def accept_statement(request: HttpRequest, body: NewAcceptance) -> Status[dict[str, Any]]:
    """The person's own act, for nobody else."""
    components = Components(body.user_id, body.password)
    acceptances.accept(caller(request), components, version=body.version)
    return Status(201, _stands(request))


@api.get(
    "/accountability/missing",
    summary="Who has not accepted it",
    **told(
        authority="system administrator, security unit, QA approver or inspector", answers={200: MissingList}
    ),
)
def list_missing(request: HttpRequest, ask: Query[PageAsk]) -> dict[str, Any]:
    """Active people who cannot sign until they accept, and those whose grace still runs."""
    only_known(request, PageAsk)
    page = accountability.missing(caller(request), cursor=ask.cursor, limit=ask.limit)
    return answered(page, _missing)


@api.post(
    "/accountability/statements",
    summary="Publish a new version",
    **told(
        authority="QA approver or security unit", answers={201: StatementRead}, problems_too=(413, 415, 422)
    ),
)
def publish_statement(request: HttpRequest, body: NewStatement) -> Status[dict[str, Any]]:
    """Everybody is asked anew."""
    accountability.publish(caller(request), body.text, grace_days=body.grace_days, reason=body.reason)
    return Status(201, _stands(request))


def _missing(found: tuple[Any, accountability.Standing]) -> dict[str, Any]:
    person, stands = found
    return {
        "user_id": person.user_id,
        "name": person.name,
        "accepted_version": stands.accepted.version if stands.accepted else None,
        "due": stands.due,
        "until": stands.until,
    }


def _stands(request: HttpRequest) -> dict[str, Any]:
    current = accountability.in_force()
    stands = accountability.standing(identity.person_of(caller(request).user_id), clock())
    return {
        "version": current.version,
        "text": current.text,
        "digest": current.digest,
        "grace_until": current.grace_until,
        "accepted_version": stands.accepted.version if stands.accepted else None,
        "accepted_at": stands.accepted.at if stands.accepted else None,
        "due": stands.due,
        "until": stands.until,
    }
