"""Errors as RFC 9457 problem details: a refusal of the kernel with its rule and clause, a malformed request without."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse, JsonResponse

from indelible.kernel.audit.types import Refusal

CONTENT_TYPE: Final = "application/problem+json"
MALFORMED: Final = "Malformed request"
UNFIT: Final = "The request does not fit its schema"


class Malformed(Exception):  # noqa: N818  (it is the client's fault, not ours)
    """The request cannot be read at all (400), is too large (413), lacks its precondition (428) ...

    `fields` maps a place in the request to what is wrong there; it never repeats what was sent, which may be a secret.
    """

    def __init__(
        self, detail: str, *, status: int = 400, title: str = "", fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail, self.status = detail, status
        self.title = title or (MALFORMED if status == 400 else HTTPStatus(status).phrase)
        self.fields = dict(fields or {})


def problem(status: int, title: str, detail: str, **members: Any) -> HttpResponse:
    """One problem document; empty members are left out."""
    kind = members.pop("type", "about:blank")
    body = {"type": kind, "title": title, "status": status, "detail": detail}
    body |= {name: value for name, value in members.items() if value}
    response = JsonResponse(body, status=status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="indelible"'
    return response


def refused(refusal: Refusal) -> HttpResponse:
    """A refusal with its rule (URS id), clause and code; what goes into the trail alone stays there."""
    rule = refusal.rule
    response = problem(
        rule.status,
        rule.title,
        refusal.detail,
        type=f"urn:indelible:rule:{rule.code}",
        rule=rule.urs,
        clause=rule.clause,
        code=rule.code,
        fields=dict(refusal.fields),
    )
    if rule.status in (429, 503):
        response["Retry-After"] = "5"
    return response


def malformed(error: Malformed) -> HttpResponse:
    """A request that no rule of the trade refuses: it could not be read."""
    return problem(error.status, error.title, error.detail, fields=error.fields)


def unfit(errors: list[dict[str, Any]]) -> HttpResponse:
    """What a schema found wrong, by place: 400 in path, query or header, 422 in a body; values are not repeated."""
    fields = {_place(error["loc"]): str(error["msg"]).removeprefix("Value error, ") for error in errors}
    in_body = any(error["loc"] and error["loc"][0] in ("body", "form", "file") for error in errors)
    detail = "; ".join(f"{place}: {message}" for place, message in list(fields.items())[:5])
    return problem(422 if in_body else 400, UNFIT if in_body else MALFORMED, detail, fields=fields)


def _place(location: tuple[str | int, ...]) -> str:
    """`("body", "data", "fields", "x")` as `fields.x`: ninja's own names for the whole body are dropped."""
    parts = [str(part) for part in location]
    if parts and parts[0] in ("body", "query", "path", "header", "form", "file"):
        parts = parts[1:]
    if parts and parts[0] == "body":
        parts = parts[1:]
    return ".".join(parts) or "body"
