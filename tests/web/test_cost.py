"""What a page costs: queries do not grow with the number of records or entries (issue 2, measured b)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Database
from tests.people import PETRA
from tests.web.conftest import Visitor, signed_in
from tests.web.test_walk import open_deviation


def queries(path: str, person: Visitor) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        assert person.get(path).status_code == 200
    return [query["sql"][:160] for query in caught.captured_queries]


@pytest.mark.parametrize("path", ["/", "/processes/deviation", "/search?q=freezer", "/audit-trail"])
def test_lists_cost_the_same_whatever_their_length(stocked: Database, path: str) -> None:
    petra = signed_in(PETRA)
    open_deviation(petra)
    few = queries(path, petra)
    for _ in range(4):
        open_deviation(petra)
    assert len(queries(path, petra)) <= len(few) + 1


def test_a_record_page_costs_few_queries(stocked: Database) -> None:
    petra = signed_in(PETRA)
    record = open_deviation(petra)
    petra.get(record)
    said = queries(record, petra)
    assert len(said) <= 16, said
