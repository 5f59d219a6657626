"""Which inputs a form gives for a table of which only some columns are open: rows to be planned, rows to be finished."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from indelible.catalogue.loading import shipped
from indelible.web.forms import Form, Input

CAPA = shipped()["capa"]
PLANNED = {"what": "Replace the spring", "owner": "ana", "due": "2026-03-31"}
PLANNING = frozenset({"actions.what", "actions.kind", "actions.owner", "actions.due"})
FINISHING = frozenset({"actions.done", "actions.evidence"})


def table(open_paths: frozenset[str], *rows: dict[str, Any]) -> Input:
    return Form(CAPA, open_paths).inputs({"actions": list(rows)})[0]


@pytest.mark.urs("URS-OPS-01")
def test_rows_are_planned_before_the_day_they_are_done_is_open() -> None:
    empty = table(PLANNING)
    assert empty.grows and empty.shrinks and [cell.closed for cell in empty.blank] == [False] * 4 + [True] * 2
    posted = QueryDict("f.actions.0.what=Replace+the+spring&f.actions.0.owner=ana&f.actions.0.due=2026-03-31")
    (row,) = Form(CAPA, PLANNING).values(posted, {})["actions"]
    assert {name: value for name, value in row.items() if value is not None} == PLANNED


def test_a_row_that_is_done_is_not_taken_away_and_a_finished_plan_gets_no_rows() -> None:
    done = {**PLANNED, "done": "2026-03-20"}
    planning, finishing = table(PLANNING, done), table(FINISHING, PLANNED)
    assert planning.grows and not planning.shrinks
    assert not finishing.grows and not finishing.shrinks
    asked = QueryDict("remove_row=actions.0&f.actions.0.what=Replace+the+spring&f.actions.0.owner=ana")
    assert Form(CAPA, PLANNING).values(asked, {"actions": [done]})["actions"][0]["done"] == "2026-03-20"
    assert Form(CAPA, PLANNING).values(asked, {"actions": [PLANNED]})["actions"] is None
