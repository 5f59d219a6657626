"""What a page costs: queries do not grow with the number of records or entries (issue 2, measured b)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indelible.web.pages import people
from tests.conftest import Database
from tests.people import CAST, PETRA
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


def test_a_record_page_costs_at_most_twelve_queries(stocked: Database) -> None:
    petra = signed_in(PETRA)
    record = open_deviation(petra)
    api = f"/api/v1{record}"
    for path in (record, api):
        petra.get(path)
        said = queries(path, petra)
        assert len(said) <= 12, said


def test_the_list_of_people_costs_the_same_however_many(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    petra = signed_in(PETRA)
    petra.get("/people")
    one, all_of_them = queries("/people?q=Petra", petra), queries("/people", petra)
    assert len(all_of_them) <= len(one), all_of_them
    monkeypatch.setattr(people, "SHOWN", 4)
    seen, path, pages = [], "/people", 0
    while path:
        text = petra.text(petra.get(path))
        seen += re.findall(r'data-label="User id" class="number">([^<]+)<', text)
        following = re.search(r'href="([^"]+)"[^>]*>More', text)
        path, pages = (unescape(following[1]) if following else ""), pages + 1
    assert pages == -(-len(CAST) // 4) and sorted(seen) == sorted(p.user_id for p in CAST)
    assert petra.get("/people?page=zero").status_code == petra.get("/people?page=99").status_code == 200
    assert 'page=1"' in petra.text(petra.get("/people?page=2"))
