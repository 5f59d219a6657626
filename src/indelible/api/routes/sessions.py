"""Signing in and out, unlocking, and one's own password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema, Status
from pydantic import Field

from indelible.api import callers
from indelible.api.bodies import Body, only_known, storable
from indelible.api.paging import whole
from indelible.api.service import SignedIn, api, bearer_token, caller, told
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import actions, queries

Secret = Annotated[str, Field(max_length=1_000, json_schema_extra={"format": "password"})]
_EITHER = SignedIn(change_due_allowed=True)


class SignIn(Body):
    """Who signs in; `otp` is the one-time code of whoever has an authenticator."""

    user_id: Annotated[str, Field(max_length=200)]
    password: Secret
    otp: Annotated[str, Field(max_length=40)] | None = None


class Unlocking(Body):
    """The person's own password; `otp` is the one-time code of whoever has an authenticator."""

    password: Secret
    otp: Annotated[str, Field(max_length=40)] | None = None


class NewPassword(Body):
    """The password in force and the one to replace it."""

    password: Secret
    new_password: Secret


class Me(Schema):
    """The person a session belongs to, with the roles and sites of this moment."""

    user_id: str
    name: str
    roles: list[str]
    site: str
    sites: list[str]
    zone: str
    change_due: bool


class SessionRead(Schema):
    """An open session: from where and by what, since when, used last when; `current` is the one that asks."""

    id: str
    kind: Literal["cookie", "bearer"]
    source: str
    device: str
    began_at: datetime
    last_used_at: datetime
    expires_at: datetime
    locked: bool
    current: bool


class SessionList(Schema):
    """Open sessions, the newest first."""

    items: list[SessionRead]
    next: str | None


class SessionAsk(Schema):
    """Whose sessions; the caller's own unless an administrator names somebody."""

    user_id: Annotated[str, Field(max_length=200)] = ""


class Ending(Body):
    """Why; needed for somebody else's session."""

    reason: Annotated[str, Field(max_length=10_000)] = ""


class Begun(Me):
    """A session that began: send `token` as `Authorization: Bearer`."""

    token: str


@api.post(
    "/sessions",
    auth=None,
    summary="Sign in",
    **told(authority="everyone", answers={201: Begun}, problems_too=(413, 415, 422)),
)
def sign_in(request: HttpRequest, body: SignIn) -> Status[dict[str, Any]]:
    """Begins a session; signing in never counts as a signing (URS-SIG-02)."""
    token, actor = actions.sign_in(
        body.user_id,
        body.password,
        source=callers.source(request),
        channel="api",
        device=callers.device(request),
        otp=body.otp or None,
    )
    return Status(201, {**_told(actor), "token": token})


@api.get(
    "/sessions/current",
    auth=_EITHER,
    summary="Who is signed in",
    **told(authority="signed in, also while a password has to be set", answers={200: Me}),
)
def current_session(request: HttpRequest) -> dict[str, Any]:
    """The caller, with roles and sites of this moment."""
    return _told(caller(request))


@api.delete(
    "/sessions/current",
    auth=_EITHER,
    summary="Sign out",
    **told(authority="signed in, also while a password has to be set", answers={204: None}),
)
def sign_out(request: HttpRequest) -> Status[None]:
    """Ends the session, and with it its signing period."""
    actions.sign_out(caller(request))
    return Status(204, None)


@api.post(
    "/sessions/current/lock",
    summary="Lock the session",
    **told(authority="signed in", answers={204: None}),
)
def lock_session(request: HttpRequest) -> Status[None]:
    """Locks the session until the same person proves themselves again."""
    actions.lock_session(caller(request))
    return Status(204, None)


@api.delete(
    "/sessions/current/lock",
    auth=None,
    summary="Unlock the session",
    **told(
        authority="the person of a locked session, by no less than what began it",
        answers={200: Me},
        problems_too=(413, 415, 422),
    ),
)
def unlock_session(request: HttpRequest, body: Unlocking) -> dict[str, Any]:
    """Gives a locked session back to its person; a failure counts like a failed sign-in. One begun by a passkey or the
    identity provider takes the password and a one-time code here (URS-ACC-08)."""
    actor = actions.unlock_session(
        bearer_token(request),
        body.password,
        source=callers.source(request),
        channel="api",
        otp=body.otp or None,
    )
    return _told(actor)


@api.put(
    "/credentials/password",
    auth=_EITHER,
    summary="Set one's own password",
    **told(
        authority="signed in, also while a password has to be set",
        answers={204: None},
        problems_too=(413, 415, 422),
    ),
)
def change_password(request: HttpRequest, body: NewPassword) -> Status[None]:
    """Replaces the caller's password; their other sessions end."""
    actions.change_password(caller(request), body.password, body.new_password)
    return Status(204, None)


def _told(actor: Actor) -> dict[str, Any]:
    session = queries.session_of(actor)
    return {
        "user_id": actor.user_id,
        "name": actor.name,
        "roles": list(actor.roles),
        "site": actor.site,
        "sites": list(actor.sites),
        "zone": actor.zone,
        "change_due": session is not None and queries.is_change_due_in(session),
    }


@api.get(
    "/sessions",
    summary="Open sessions",
    **told(
        authority="signed in; other people's for system administrator or security unit",
        answers={200: SessionList},
        problems_too=(404,),
    ),
)
def list_sessions(request: HttpRequest, ask: Query[SessionAsk]) -> dict[str, Any]:
    """One's own, or another person's for who administers accounts."""
    only_known(request, SessionAsk)
    actor = caller(request)
    found = queries.sessions_told(actor, storable(ask.user_id))
    return whole(_open(one, actor) for one in found)


@api.post(
    "/sessions/{session_id}/end",
    summary="End a session from elsewhere",
    **told(
        authority="signed in; other people's for system administrator or security unit",
        answers={204: None},
        problems_too=(404, 413, 415, 422),
    ),
)
def end_session(request: HttpRequest, session_id: str, body: Ending) -> Status[None]:
    """At once, and its signing period with it (URS-CRD-04)."""
    actions.end_session(caller(request), storable(session_id), reason=body.reason)
    return Status(204, None)


def _open(session: Any, actor: Actor) -> dict[str, Any]:
    return {
        "id": session.public_id,
        "kind": session.kind,
        "source": session.source,
        "device": session.device,
        "began_at": session.began_at,
        "last_used_at": session.seen.at,
        "expires_at": session.expires_at,
        "locked": queries.is_locked(session),
        "current": session.public_id == actor.session,
    }
