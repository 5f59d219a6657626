"""The declarations in force."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from indelible.api import shapes
from indelible.api.paging import whole
from indelible.api.service import api, told
from indelible.kernel.audit.types import Refusal
from indelible.kernel.workflow import queries
from indelible.kernel.workflow.events import UNKNOWN_PROCESS


@api.get(
    "/processes",
    summary="The declarations in force",
    **told(programs=True, authority="signed in", answers={200: shapes.ProcessList}, by_alias=True),
)
def list_processes(request: HttpRequest) -> dict[str, Any]:
    """Every process in force, by title."""
    return whole(queries.processes())


@api.get(
    "/processes/{code}",
    summary="One declaration in force",
    **told(
        programs=True,
        authority="signed in",
        answers={200: shapes.Process},
        problems_too=(404,),
        by_alias=True,
    ),
)
def read_process(request: HttpRequest, code: str) -> dict[str, Any]:
    """Fields, states and steps of one process."""
    try:
        return queries.process(code)
    except Refusal as refusal:
        if refusal.rule is UNKNOWN_PROCESS:
            raise Http404 from None
        raise
