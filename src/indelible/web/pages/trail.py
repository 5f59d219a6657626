"""The audit trail for people: filtered, sorted, paged, across records and of one record (URS-AUD-11)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from indelible.kernel.audit import events as audit_events
from indelible.kernel.audit.types import Refusal
from indelible.kernel.files import events as file_events
from indelible.kernel.identity import events as identity_events
from indelible.kernel.records import actions as records
from indelible.kernel.records import events as record_events
from indelible.kernel.records import trail
from indelible.kernel.records.types import TrailFilter
from indelible.kernel.signatures import events as signature_events
from indelible.kernel.workflow import events as workflow_events
from indelible.kernel.workflow import processes
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import API, address, asked, end_of, start_of, unreadable_days
from indelible.web.pages import refusals
from indelible.web.trail_page import OUTCOMES, told
from indelible.web.trail_people import named

FILTERS = ("q", "person", "record", "process", "field", "action", "outcome", "from", "to", "sort")
ROOMS = (workflow_events, record_events, signature_events, file_events, identity_events, audit_events)
ACTIONS = sorted((a for room in ROOMS for a in room.ACTIONS), key=lambda action: action.title)
LATEST = 10
"""Entries shown at the foot of the record's own page."""
SORTS = (
    ("newest", "newest first"),
    ("oldest", "oldest first"),
    ("person", "person"),
    ("record", "record"),
    ("action", "action"),
    ("field", "field"),
)


@open_to("signed in")
@require_GET
def show(request: DoorRequest) -> HttpResponse:
    """The trail of everything the reader may see."""
    context = listed(request, "/audit-trail", asked(request.GET, FILTERS))
    context["process_choices"] = processes.in_force()
    return _drawn(request, "trail/show.html", context)


@open_to("signed in")
@require_GET
def of_record(request: DoorRequest, number: str) -> HttpResponse:
    """The trail of one record."""
    record = records.open_record(request.actor, number)
    if request.GET.get("latest") and shell.is_part(request):
        found = trail.page(
            request.actor, TrailFilter(record=record.number), limit=LATEST, labels=processes.label
        )
        return shell.part(
            request,
            "trail/_table.html",
            {"trail": told(named(request.actor, found.items)), "one_record": True},
        )
    query = {**asked(request.GET, FILTERS), "record": record.number, "process": ""}
    context = listed(request, f"/records/{record.number}/audit-trail", query)
    return _drawn(request, "records/audit_trail.html", {**context, "record": record, "one_record": True})


def _drawn(request: DoorRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    if shell.is_part(request):
        return shell.part(request, "trail/_results.html", context)
    return shell.page(request, template, context)


def listed(request: DoorRequest, path: str, query: dict[str, str]) -> dict[str, Any]:
    """One page of entries with the addresses of the next page and of the same question as CSV."""
    refusal = None
    try:
        found = trail.page(
            request.actor,
            _filter(query, request.actor.zone),
            cursor=request.GET.get("cursor", ""),
            labels=processes.label,
        )
        items, following = told(named(request.actor, found.items)), found.next
    except Refusal as refused:
        refusal, items, following = refused, [], None
    return {
        **refusals.words(refusal),
        "trail": items,
        "query": query,
        "path": path,
        "action_choices": ACTIONS,
        "outcome_choices": OUTCOMES,
        "sort_choices": SORTS,
        "not_days": unreadable_days(query, ("from", "to")),
        "csv_href": address(f"{API}/audit-trail", query, format="csv"),
        "next_href": address(path, {**query, "record": request.GET.get("record", "")}, cursor=following or "")
        if following
        else "",
    }


def _filter(query: dict[str, str], zone: str) -> TrailFilter:
    sort: Any = query["sort"] if query["sort"] in dict(SORTS) else "newest"
    return TrailFilter(
        person=query["person"],
        since=start_of(query["from"], zone),
        until=end_of(query["to"], zone),
        process=query["process"],
        record=query["record"],
        field=query["field"],
        action=query["action"],
        outcome=query["outcome"],
        q=query["q"],
        sort=sort,
    )
