"""Search over every record the reader may see."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from indelible.kernel.records.types import RecordFilter
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.addresses import asked
from indelible.web.pages.processes import found_records


@open_to("signed in")
@require_GET
def show(request: DoorRequest) -> HttpResponse:
    """Records by number or by words; nothing is listed before something is asked."""
    query = asked(request.GET, ("q",))
    context = (
        found_records(request, "/search", RecordFilter(q=query["q"]), query)
        if query["q"]
        else {"query": query}
    )
    context |= {"q": query["q"], "any_filter": bool(query["q"])}
    if shell.is_part(request):
        return shell.part(request, "processes/_records.html", context)
    return shell.page(request, "search/show.html", context)
