"""Answers that more than one route gives: a whole record with its ETag, the trail as page or table, bytes to save."""

from __future__ import annotations

import re
from typing import Any, Final

from django.http import FileResponse, HttpRequest, HttpResponse

from indelible.api.problems import Malformed
from indelible.api.service import caller
from indelible.kernel.audit.types import Actor
from indelible.kernel.files.types import headers
from indelible.kernel.workflow import actions
from indelible.kernel.workflow.showing import show_record

_REVISION: Final = re.compile(r'^"?([1-9][0-9]{0,8})"?$')


def whole_record(request: HttpRequest, response: HttpResponse, number: str) -> dict[str, Any]:
    """The record as it stands now, its revision as ETag; notes that this session was shown it (URS-SIG-05)."""
    document = show_record(caller(request), number)
    response["ETag"] = f'"{document["revision"]}"'
    return document


def expected_revision(request: HttpRequest) -> int | None:
    """The revision of `If-Match`, None where there is no such header; Malformed for one that names no revision."""
    given = request.headers.get("If-Match")
    if given is None:
        return None
    match = _REVISION.match(given.strip())
    if match is None:
        raise Malformed(
            'If-Match holds the revision you read, as its ETag: "3".', fields={"If-Match": "no revision"}
        )
    return int(match[1])


def refuse_without_revision(actor: Actor, number: str, fields: dict[str, Any], reason: str) -> None:
    """What an edit without `If-Match` hears: what comes before it in the order of failures, else 428."""
    if not actions.read_record(actor, number)["editable"]:
        actions.edit_record(actor, number, fields, revision=0, reason=reason)
    raise Malformed(
        "Send If-Match with the revision you read (its ETag), so that nobody's change is overwritten unseen.",
        status=428,
    )


def download(content: bytes, name: str, media: str) -> HttpResponse:
    """Bytes of ours to save under a name."""
    response = HttpResponse(content, headers=headers(name, media, inline=False))
    response["Content-Type"] = media
    return response


def stream(content: Any, name: str, media: str) -> FileResponse:
    """An open file of ours to save under a name; closed when it is sent."""
    response = FileResponse(content)
    for header, value in headers(name, media, inline=False).items():
        response[header] = value
    response["Content-Type"] = media
    return response
