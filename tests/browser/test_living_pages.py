"""What pages do by themselves: lists filtered in place, rows added and taken away, a page left alone covers itself."""

from __future__ import annotations

import pytest

from tests.browser import stock
from tests.browser.conftest import Windows
from tests.browser.entries import LOT
from tests.conftest import Database
from tests.people import ANA

pytestmark = pytest.mark.browser


def test_a_list_is_filtered_in_place_and_by_its_address(window: Windows, stocked: Database) -> None:
    number = stock.drafted().rpartition("/")[2]
    ana = window(ANA)
    ana.open("/processes/deviation")
    ana.page.fill("#p-q", "no such words")
    ana.page.get_by_role("button", name="Filter").click()
    ana.page.wait_for_selector("text=No records here")
    assert "q=no+such+words" in ana.page.url and ana.page.locator("html").count() == 1
    ana.check()
    ana.page.reload()
    assert ana.page.locator("text=No records here").count() == 1
    ana.back()
    ana.page.wait_for_selector(f"text={number}")


def test_rows_are_added_and_taken_away_in_place(window: Windows, stocked: Database) -> None:
    ana = window(ANA)
    ana.open("/processes/deviation/new")
    lots = ana.page.locator("#f-lots")
    for _ in range(3):
        lots.get_by_role("button", name="Add a row").click()
    assert ana.focus()["id"] == "f-lots-2-lot", "the new row begins where one types"
    ana.fill(LOT)
    ana.fill({"f-lots-2-lot": "L-2209", "f-lots-2-status": "released"})
    lots.locator(".row-card").nth(1).get_by_role("button", name="Remove").click()
    assert lots.locator("[data-row-label]").all_inner_texts() == ["Row 1", "Row 2"]
    ana.check()
    ana.fill({"f-title": "Two lots"})
    ana.press("Open the record")
    rows = ana.page.locator("#field-lots tbody tr")
    assert [("L-2207" in t, "L-2209" in t) for t in rows.all_inner_texts()] == [(True, False), (False, True)]


def test_a_slash_goes_to_the_search_field(window: Windows, stocked: Database) -> None:
    number = stock.drafted().rpartition("/")[2]
    ana = window(ANA)
    ana.page.keyboard.press("/")
    assert ana.focus()["id"] == "find"
    ana.page.keyboard.type("door ajar")
    ana.enter()
    assert number in ana.main()


@pytest.mark.urs("URS-ACC-04")
def test_a_page_left_alone_is_covered_and_keeps_what_was_written(window: Windows, stocked: Database) -> None:
    record = stock.drafted()
    ana = window(ANA)
    ana.open(f"{record}/edit")
    ana.page.fill("#f-area", "Half a thought")
    with ana.page.expect_navigation():
        ana.page.evaluate("lockPage()")
    assert "Locked" in ana.page.inner_text("h1") and "Half a thought" not in ana.page.content()
    ana.check()
    ana.fill({"user": ANA.user_id, "secret": ANA.password})
    ana.press("Go on")
    assert ana.page.input_value("#f-area") == "Half a thought"
    ana.check()
    ana.fill({"reason": "the room was missing"})
    ana.press("Save as a new revision")
    assert "Half a thought" in ana.page.inner_text("#field-area")
