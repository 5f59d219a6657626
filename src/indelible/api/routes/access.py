"""Machine credentials, terminals and from where operations are allowed (URS-ACC-09, URS-DEV-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api.bodies import Body, Day, Why, day_of, only_known, storable
from indelible.api.paging import PageAsk, answered, newest_first, whole
from indelible.api.service import api, caller, told
from indelible.kernel.access import actions, queries
from indelible.kernel.access.types import Scope, end_of

Short = Annotated[str, Field(max_length=400)]
Words = Annotated[list[Short], Field(max_length=100)]
Reason = Annotated[str, Field(max_length=10_000)]
_ADMINISTRATION = "system administrator or security unit"
_WRITE = (404, 409, 413, 415, 422)


class MachineRead(Schema):
    """A machine credential; its token is told once, to its owner, and never here."""

    id: int
    owner: str = Field(alias="owner.user_id")
    label: str
    processes: list[str]
    operations: list[str]
    networks: list[str]
    allowed_by: str
    allowed_at: datetime
    expires_at: datetime
    drawn_at: datetime | None
    ended_at: datetime | None

    @staticmethod
    def resolve_networks(one: Any) -> list[str]:
        """Those it is bound to; none: the company's bind it."""
        return list(one.networks or [])


class MachineList(Schema):
    """The machine credentials of a person, ended ones too, the newest first."""

    items: list[MachineRead]
    next: str | None


class NewMachine(Body):
    """What a program is allowed beside reading the records of these processes, and to the end of which day (UTC; at most 365 days away).

    `networks` (CIDR) bind it always; none: where the company decided its networks, it works inside those alone."""

    label: Short
    processes: Words
    operations: Words = []
    networks: Words = []
    expires_on: Day
    reason: Reason


class Token(Schema):
    """A machine credential's token, told this once: `Authorization: Bearer TOKEN`."""

    token: str


class TerminalRead(Schema):
    """A registered terminal; one that nobody enrolled at the device proves nothing yet."""

    code: str
    name: str
    site: str = Field(alias="site.code")
    networks: list[str]
    registered_by: str
    registered_at: datetime
    enrolled_by: str
    enrolled_at: datetime | None
    ended_at: datetime | None


class TerminalList(Schema):
    """All terminals, ended ones too, by code."""

    items: list[TerminalRead]
    next: str | None


class NewTerminal(Body):
    """A terminal at a site; `networks` (CIDR) is where it stands, none: anywhere."""

    code: Short
    name: Short
    site: Short
    networks: Words = []
    reason: Reason


class SourceRuleRead(Schema):
    """An operation of a process that is allowed at these terminals or from these networks only."""

    process: str
    operation: str
    terminals: list[str]
    networks: list[str]
    decided_by: str
    decided_at: datetime


class SourceRuleList(Schema):
    """Every such rule in force."""

    items: list[SourceRuleRead]
    next: str | None


class NewSourceRule(Body):
    """`operation` is create, edit, attach, link, step, or `step:NAME`; no terminal and no network lifts the rule."""

    process: Short
    operation: Short
    terminals: Words = []
    networks: Words = []
    reason: Reason


@api.get(
    "/people/{user_id}/machine-credentials",
    summary="The machine credentials of a person",
    **told(
        authority="the person, a system administrator, the security unit, a QA approver or an inspector",
        answers={200: MachineList},
        problems_too=(404,),
    ),
)
def list_machines(request: HttpRequest, user_id: str, ask: Query[PageAsk]) -> dict[str, Any]:
    """Whose programs act for whom, how far, and until when."""
    only_known(request, PageAsk)
    return newest_first("machines", queries.machines(caller(request), storable(user_id)), ask)


@api.post(
    "/people/{user_id}/machine-credentials",
    summary="Allow a person a machine credential",
    **told(authority=f"{_ADMINISTRATION}, not the person", answers={201: MachineRead}, problems_too=_WRITE),
)
def allow_machine(request: HttpRequest, user_id: str, body: NewMachine) -> Status[object]:
    """It works once the person drew it; who allows it never sees its token."""
    scope = Scope(processes=tuple(body.processes), operations=tuple(body.operations))
    made = actions.allow_machine(
        caller(request),
        storable(user_id),
        label=body.label,
        scope=scope,
        networks=body.networks,
        expires_at=end_of(day_of(body.expires_on, "expires_on")),
        reason=body.reason,
    )
    return Status(201, made)


@api.post(
    "/machine-credentials/{credential_id}/token",
    summary="Draw one's machine credential",
    **told(authority="the person it was allowed to", answers={200: Token}, problems_too=(404, 409)),
)
def draw_machine(request: HttpRequest, credential_id: int) -> dict[str, str]:
    """The token, this once."""
    return {"token": actions.draw_machine(caller(request), credential_id)}


@api.post(
    "/machine-credentials/{credential_id}/end",
    summary="End a machine credential",
    **told(
        authority=f"the person it belongs to, or {_ADMINISTRATION}",
        answers={200: MachineRead},
        problems_too=(404, 413, 415, 422),
    ),
)
def end_machine(request: HttpRequest, credential_id: int, body: Why) -> object:
    """At once; the next request with it is refused."""
    return actions.end_machine(caller(request), credential_id, reason=body.reason)


@api.get(
    "/terminals",
    summary="The registered terminals",
    **told(authority="signed in", answers={200: TerminalList}),
)
def list_terminals(request: HttpRequest, ask: Query[PageAsk]) -> dict[str, Any]:
    """Ended ones too."""
    only_known(request, PageAsk)
    return answered(queries.BY_CODE.page(queries.terminals(), ask.cursor, ask.limit))


@api.post(
    "/terminals",
    summary="Register a terminal",
    **told(authority=_ADMINISTRATION, answers={201: TerminalRead}, problems_too=(409, 413, 415, 422)),
)
def register_terminal(request: HttpRequest, body: NewTerminal) -> Status[object]:
    """Another administrator enrols it at the device, in its browser or by the next call."""
    place = actions.Place(code=body.code, name=body.name, site=body.site, networks=tuple(body.networks))
    return Status(201, actions.register_terminal(caller(request), place, reason=body.reason))


@api.post(
    "/terminals/{code}/token",
    summary="Enrol a terminal at the device",
    **told(
        authority=f"{_ADMINISTRATION}, another than who registered it",
        answers={200: Token},
        problems_too=(404, 409),
    ),
)
def enrol_terminal(request: HttpRequest, code: str) -> dict[str, str]:
    """The token that the device sends as `Indelible-Terminal`, this once."""
    return {"token": actions.enrol_terminal(caller(request), storable(code))}


@api.post(
    "/terminals/{code}/end",
    summary="End a terminal",
    **told(authority=_ADMINISTRATION, answers={200: TerminalRead}, problems_too=(404, 413, 415, 422)),
)
def end_terminal(request: HttpRequest, code: str, body: Why) -> object:
    """The device is none any more, at once."""
    return actions.end_terminal(caller(request), storable(code), reason=body.reason)


@api.get(
    "/source-rules",
    summary="From where operations are allowed",
    **told(authority="signed in", answers={200: SourceRuleList}),
)
def list_source_rules(request: HttpRequest) -> dict[str, Any]:
    """Operations without a rule are allowed from anywhere."""
    return whole(queries.rules_in_force())


@api.post(
    "/source-rules",
    summary="Bind an operation to terminals or networks",
    **told(
        authority="QA approver or security unit", answers={201: SourceRuleRead}, problems_too=(413, 415, 422)
    ),
)
def decide_source(request: HttpRequest, body: NewSourceRule) -> Status[object]:
    """From now on; what was entered before stays."""
    made = actions.decide_source(
        caller(request),
        storable(body.process),
        storable(body.operation),
        terminals=body.terminals,
        networks=body.networks,
        reason=body.reason,
    )
    return Status(201, made)
