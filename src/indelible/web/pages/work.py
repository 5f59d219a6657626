"""My work: what waits for the person, how much is open, what they own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import TESTED_FOR
from indelible.kernel.records import queries as records
from indelible.kernel.records.types import RecordFilter
from indelible.kernel.workflow import mandates, processes
from indelible.kernel.workflow import queries as workflow
from indelible.web import authenticators, lists, shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.pages.processes import may_create

SHOWN = 15


@open_to("signed in")
@require_GET
def show(request: DoorRequest) -> HttpResponse:
    """The first page after sign-in."""
    waiting = workflow.my_work(request.actor)
    latest = workflow.list_records(request.actor, RecordFilter(sort="updated"), limit=8)
    context = {
        **shell.alarm(request.actor),
        "waiting": lists.rows(waiting[:SHOWN]),
        "devices": [
            {"key": one, "due": one.tested_at + TESTED_FOR} for one in people.devices_to_test(request.actor)
        ],
        "code_test_due": authenticators.due(request.actor),
        "delegations_waiting": mandates.waiting_for(request.actor),
        "more_waiting": max(0, len(waiting) - SHOWN),
        "figures": _figures(request, waiting),
        "may_create": [
            {"code": d.process, "title": d.title}
            for d in processes.known().values()
            if may_create(request.actor, d)
        ],
        "records": lists.rows(latest["items"]),
    }
    return shell.page(request, "work/show.html", context)


def _figures(request: DoorRequest, waiting: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """How much waits, and how many records of each process are open at the sites the person may see."""
    overdue = sum(1 for row in waiting if row["overdue"])
    figures = [
        {"label": "Waits for you", "value": len(waiting), "more": f"{overdue} overdue", "href": "#waiting"}
    ]
    counted = records.counts_by_state(request.actor)
    for declaration in processes.known().values():
        own = {state: n for (code, state), n in counted.items() if code == declaration.process}
        ended = sum(n for state, n in own.items() if state in declaration.final)
        total = sum(own.values())
        figures.append(
            {
                "label": f"{declaration.title}, open",
                "value": total - ended,
                "more": f"{ended} ended, {total} in all",
                "href": f"/processes/{declaration.process}",
            }
        )
    return figures
