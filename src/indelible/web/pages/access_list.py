"""The access list: who held which right at the end of a past day, or now (URS-ACC-05)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from indelible.kernel.access import queries as access
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import ROLES, Access
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import address
from indelible.web.times import end_of_day

KINDS = {"role": "Role", "class": "Confidentiality class", "program": "Program"}
SHOWN = 200
"""Rights on one page."""
NO_DAY = "This is no day: write it as YYYY-MM-DD, for example 2026-01-05."


@open_to("signed in")
@require_GET
def show(request: DoorRequest) -> HttpResponse:
    """The list in one table; a day still running, or none, is answered for now."""
    asked, now = request.GET.get("as_of", "").strip(), clock()
    end = end_of_day(asked) if asked else now
    fault = NO_DAY if end == datetime.min.replace(tzinfo=UTC) else ""
    moment = now if fault else min(end, now)
    cursor = request.GET.get("cursor", "")
    moment, page = access.access_page(request.actor, None if cursor else moment, cursor=cursor, limit=SHOWN)
    rows = page.items
    named = people.names_of({one for row in rows for one in (row.proposed_by, row.approved_by)})
    context = {
        "rows": [_row(row, named) for row in rows],
        "moment": moment,
        "as_of": asked[:40],
        "fault": fault,
        "first": not cursor,
        "more_href": address("/people/access", {"as_of": asked[:40]}, cursor=page.next) if page.next else "",
    }
    return shell.page(request, "people/access.html", context, status=422 if fault else 200)


def _row(row: Access, named: dict[str, str]) -> dict[str, Any]:
    return {
        "right": row,
        "kind": KINDS[row.kind],
        "title": ROLES[row.role].title if row.kind == "role" and row.role in ROLES else row.role,
        "where": {"*": "all sites", "": "where the roles hold"}.get(row.scope, row.scope),
        "by": [named.get(one, one) for one in dict.fromkeys((row.proposed_by, row.approved_by))],
    }
