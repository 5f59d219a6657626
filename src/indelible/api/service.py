"""The API object: strict parsing, who calls, and how every failure is told; routes hang themselves onto it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from indelible.api import callers, problems
from indelible.api.bodies import StrictParser
from indelible.api.problems import Malformed
from indelible.exports.pdf import CopyFailed
from indelible.kernel.access import actions as access
from indelible.kernel.audit.actions import refuse
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.files.events import RECEIVE, TOO_LARGE
from indelible.kernel.files.types import LIMIT
from indelible.kernel.identity import sessions

VERSION: Final = "1"
COOKIE: Final = "session"
"""The cookie of the pages' door; a browser may call with it, under CSRF protection."""
ENVELOPE: Final = 1024**2
"""What a multipart body may have around its file, in bytes."""
_log: Final = logging.getLogger("indelible.api")


class Call(HttpRequest):
    """A request after sign-in: `auth` is who calls."""

    auth: Actor


class SignedIn(AuthBase):
    """A person's session: `Authorization: Bearer TOKEN`, or the pages' cookie with CSRF protection (URS-ACC-01); where
    `programs` may call, the token of a machine credential, too (URS-ACC-09)."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, *, change_due_allowed: bool = False, programs: bool = False) -> None:
        self.change_due_allowed, self.programs = change_due_allowed, programs
        super().__init__()

    def __call__(self, request: HttpRequest) -> Actor:
        """The caller; raises Refusal (401, or 403 while a temporary secret has to be replaced)."""
        actor = callers.at_terminal(request, self._actor(request))
        _refuse_huge(request, actor)
        return actor

    def _actor(self, request: HttpRequest) -> Actor:
        bearer, asked = bearer_token(request), f"{request.method} {request.path}"[:200]
        source, device = callers.source(request), callers.device(request)
        if access.is_machine_token(bearer):
            return access.enter_by_machine(
                bearer, source=source, object=asked, device=device, reaches=self.programs
            )
        cookie = "" if bearer else request.COOKIES.get(COOKIE, "")
        if cookie and request.method not in ("GET", "HEAD") and check_csrf(request):
            raise Malformed("The browser's cross-site check failed; reload the page.", status=403)
        return sessions.enter(
            bearer or cookie,
            source=source,
            channel="api",
            object=asked,
            attended=request.method not in _POLLING,
            change_due_allowed=self.change_due_allowed,
            device=device,
        )


def _refuse_huge(request: HttpRequest, actor: Actor) -> None:
    """Refuses, recorded, an upload that announces more than any file may have, before a byte of it is read."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > LIMIT + ENVELOPE:
        told = f"The request has more than {LIMIT // 1024**2} MiB, the most a record's file may have."
        refusal = Refusal(TOO_LARGE, told)
        refuse(actor, RECEIVE, refusal, object=request.path[:200])
        raise refusal


def bearer_token(request: HttpRequest) -> str:
    """The token of the Authorization header, or empty."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def caller(request: HttpRequest) -> Actor:
    """Who calls, as the door found out."""
    return cast(Call, request).auth


class Problem(Schema):
    """RFC 9457 problem details; `rule`, `clause` and `code` come with a refusal, `fields` with faults by place."""

    type: str
    title: str
    status: int
    detail: str
    rule: str | None = None
    clause: str | None = None
    code: str | None = None
    fields: dict[str, str] | None = None


_ALWAYS: Final = (400, 401, 403, 429, 503)


def told(
    *,
    authority: str,
    answers: Mapping[int, Any],
    problems_too: tuple[int, ...] = (),
    media: tuple[str, ...] = (),
    programs: bool = False,
    **extra: Any,
) -> dict[str, Any]:
    """What a route says of itself: its authority in words, its good answers and the problems it may tell.

    `media` are the types of bytes it answers with beside, or instead of, JSON. `programs`: machine credentials reach it, within
    their scope; no other route lets them in.
    """
    responses: dict[int, Any] = dict(answers)
    for status in sorted({*_ALWAYS, *problems_too}):
        responses[status] = Problem
    said: dict[str, Any] = {"x-authority": authority, **({"x-media": list(media)} if media else {})}
    if programs:
        said["x-machine-credentials"] = True
        extra["auth"] = [SignedIn(programs=True)]
    extra["openapi_extra"] = {**said, **extra.get("openapi_extra", {})}
    return {"response": responses, **extra}


_POLLING: Final = ("GET", "HEAD")
"""What a program asks again and again with a person's token: it keeps no session from its lock (URS-ACC-04)."""
api: Final = NinjaAPI(
    title="Indelible",
    version=VERSION,
    description="Quality records under 21 CFR Part 11. Times are RFC 3339; numbers are decimal strings with their unit.",
    auth=[SignedIn()],
    parser=StrictParser(),
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)


def _handler(kind: type[Exception]) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    def register(function: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        api.add_exception_handler(kind, function)
        return function

    return register


@_handler(Refusal)
def _refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    return problems.refused(error)


@_handler(Malformed)
def _malformed(request: HttpRequest, error: Malformed) -> HttpResponse:
    return problems.malformed(error)


@_handler(ValidationError)
def _unfit(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.unfit(error.errors)


@_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problems.problem(413, "Content too large", "The request is larger than this address takes.")


@_handler(SuspiciousOperation)
@_handler(MultiPartParserError)
def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.problem(400, problems.MALFORMED, "The request cannot be read.")


@_handler(Http404)
def _unknown(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.problem(404, "Not there", "There is nothing at this address.")


@_handler(HttpError)
def _told_by_ninja(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja raises this around what our parser said of the body."""
    if isinstance(error.__cause__, Malformed):
        return problems.malformed(error.__cause__)
    if isinstance(error.__cause__, RequestDataTooBig):
        return _too_big(request, error.__cause__)
    return problems.problem(error.status_code, problems.MALFORMED, "The request cannot be read.")


@_handler(CopyFailed)
def _copy_failed(request: HttpRequest, error: CopyFailed) -> HttpResponse:
    _log.error("a copy failed: %s", error)
    return problems.problem(
        503, "The copy could not be made", "Nothing was handed out. Tell an administrator."
    )


@_handler(DataError)
def _unkeepable(request: HttpRequest, error: DataError) -> HttpResponse:
    """A value that passed every check and that no column can hold: the client's, but a check of ours is missing."""
    _log.warning("a value that no column holds reached the database", exc_info=error)
    return problems.problem(400, problems.MALFORMED, "A value in the request is beyond what can be kept.")


@_handler(DatabaseError)
def _database(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    _log.exception("the database failed under a read", exc_info=error)
    detail = "The database does not answer; nothing was changed. Try again."
    return problems.problem(503, "The database does not answer", detail)


@_handler(Exception)
def _fault(request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: logged whole, told without a trace."""
    _log.exception("a fault in %s %s", request.method, request.path, exc_info=error)
    detail = "A fault of the service, now in its log. Nothing was changed unless the record shows it."
    return problems.problem(500, "A fault of the service", detail)
