"""The access list: who held which right at an instant (URS-ACC-05)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema

from indelible.api.bodies import Instant, only_known
from indelible.api.paging import PageAsk, answered
from indelible.api.service import api, caller, told
from indelible.kernel.access import queries as access


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


class AccessAsk(PageAsk):
    """The instant of an access list; now unless said otherwise."""

    as_of: Instant | None = None


class AccessList(Schema):
    """Who held which right at an instant."""

    as_of: datetime
    items: list[AccessRead]
    next: str | None


@api.get(
    "/access",
    summary="Who held which right at an instant",
    **told(
        authority="system administrator, security unit, QA approver or inspector",
        answers={200: AccessList},
        operation_id="indelible_api_routes_people_access_list",
    ),
)
def access_list(request: HttpRequest, ask: Query[AccessAsk]) -> dict[str, Any]:
    """One page of the access list of a past moment, by user id (URS-ACC-05); all its pages are of the same moment."""
    only_known(request, AccessAsk)
    moment, page = access.access_page(caller(request), ask.as_of, cursor=ask.cursor, limit=ask.limit)
    return {"as_of": moment, **answered(page)}
