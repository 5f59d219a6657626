"""Rows of a list of records: the colour of the state, and the day at its site on which a record is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from indelible.kernel.identity import queries as people
from indelible.kernel.workflow import processes
from indelible.kernel.workflow.declaration import Declaration
from indelible.web.times import zoned


def rows(documents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `workflow.queries` with what the list draws beside them."""
    zones = {site.code: site.zone for site in people.sites()}
    declarations = processes.known()
    return [_row(document, zones, declarations) for document in documents]


def _row(
    document: Mapping[str, Any], zones: Mapping[str, str], declarations: Mapping[str, Declaration]
) -> dict[str, Any]:
    due = document["due"]
    day = zoned(due, zones.get(str(document["site"]), "UTC")).date() if due else None
    declared = declarations.get(str(document["process"]))
    return {**document, "due": day, "tag": state_colour(declared, str(document["state"]))}


def state_colour(declaration: Declaration | None, state: str) -> str:
    """Green for the ordinary end, grey for other ends and the beginning, blue on the way."""
    if declaration is None or (
        state != declaration.final[0] and state in (*declaration.final, declaration.initial)
    ):
        return "pill-plain"
    return "pill-good" if state == declaration.final[0] else "pill-note"
