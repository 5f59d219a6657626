"""The pages in a real browser, desktop and phone, with scripts and without: walked, pressed, and checked by axe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.conftest import Database
from tests.people import ANA, PETRA, SAM
from tests.web.browser import DESKTOP, PHONE, Sight, chromium, served

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
REPORT = {
    "f-title": "Freezer F-7 above -15 °C",
    "f-occurred_at": "2026-02-03 04:10",
    "f-discovered_at": "2026-02-03 06:30",
    "f-area": "Cold store",
    "f-product": "Catheter set CX-20",
    "f-facts": "Alarm at 04:10, door found ajar.",
    "f-immediate_action": "Door closed, logger read.",
    "f-systems": "Freezer F-7",
    "f-documents": "SOP-031",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def base(stocked: Database) -> Iterator[str]:
    with served() as address:
        yield address


def report(sight: Sight) -> str:
    """Opens a deviation by its form; its address."""
    sight.open("/processes/deviation/new")
    if sight.scripts:
        sight.check()
    for name, value in REPORT.items():
        sight.page.fill(f"#{name}", value)
    if sight.scripts:
        sight.page.get_by_role("button", name="Add a row").click()
    else:
        sight.press("Add a row")
        assert sight.page.input_value("#f-title") == REPORT["f-title"]
    sight.page.fill("#f-lots-0-lot", "L-1")
    sight.page.select_option("#f-lots-0-status", "on hold")
    sight.press("Open the record")
    return sight.page.url.removeprefix(sight.base)


def sign(sight: Sight, user_id: str, password: str, button: str) -> None:
    sight.page.fill("#signer", user_id)
    sight.page.fill("#secret", password)
    sight.press(button)


@SIZES
@pytest.mark.urs("URS-MAN-04", "URS-SIG-08", "URS-AUD-06")
def test_a_deviation_is_reported_signed_and_classified(
    browser: Browser, base: str, size: dict[str, int]
) -> None:
    ana = Sight(browser, base, size)
    ana.open("/sign-in")
    ana.check()
    ana.sign_in(ANA.user_id, ANA.password)
    ana.check()
    record = report(ana)
    ana.check()
    ana.open(f"{record}/edit")
    ana.check()
    ana.page.fill("#f-area", "Cold store, room 2")
    ana.page.fill("#reason", "the room was missing")
    ana.press("Save as a new revision")
    ana.page.locator("#field-area summary").click()
    assert ana.page.locator("#field-area s").inner_text() == "Cold store"
    ana.check()
    ana.open(f"{record}/steps/report")
    ana.check()
    focused = ana.page.evaluate("document.activeElement.tagName")
    assert focused == "BODY", "nothing is in focus, least of all the button that signs"
    ana.press("Sign as")
    assert "first signing of this period" in ana.page.inner_text("[role=alert]")
    ana.check()
    sign(ana, ANA.user_id, ANA.password, "Sign as")
    assert "Responsibility for the report" in ana.page.inner_text("section[aria-labelledby=signatures-title]")
    ana.check()
    petra = Sight(browser, base, size)
    petra.sign_in(PETRA.user_id, PETRA.password)
    petra.open(f"{record}/steps/classify")
    petra.page.select_option("#f-classification", "minor")
    petra.page.fill("#f-classification_reason", "No product was in the freezer.")
    sign(petra, PETRA.user_id, PETRA.password, "Sign as")
    assert "Investigation" in petra.page.inner_text("h1")
    petra.check()


@SIZES
def test_every_other_page(browser: Browser, base: str, size: dict[str, int]) -> None:
    sam = Sight(browser, base, size)
    sam.sign_in(SAM.user_id, SAM.password)
    pages = (
        *(
            "/",
            "/processes/capa",
            "/processes/capa/declaration",
            "/audit-trail",
            "/search?q=nothing",
            "/people",
        ),
        *(
            "/people/new",
            "/people/ana",
            "/about",
            "/account/password",
            "/records/DEV-1999-00001",
            "/no/such/page",
        ),
    )
    for path in pages:
        sam.open(path)
        sam.check()
    sam.open("/locked")
    sam.check()


def test_a_list_is_filtered_in_place_and_by_its_address(browser: Browser, base: str) -> None:
    ana = Sight(browser, base, DESKTOP)
    ana.sign_in(ANA.user_id, ANA.password)
    record = report(ana).rpartition("/")[2]
    ana.open("/processes/deviation")
    ana.page.fill("#p-q", "no such words")
    ana.page.get_by_role("button", name="Filter").click()
    ana.page.wait_for_selector("text=No records here")
    assert "q=no+such+words" in ana.page.url and ana.page.locator("html").count() == 1
    ana.check()
    ana.page.reload()
    assert ana.page.locator("text=No records here").count() == 1
    ana.page.go_back()
    ana.page.wait_for_selector(f"text={record}")


def test_forms_work_without_scripts(browser: Browser, base: str) -> None:
    ana = Sight(browser, base, PHONE, scripts=False)
    ana.sign_in(ANA.user_id, ANA.password)
    record = report(ana)
    ana.open(f"{record}/steps/report")
    sign(ana, ANA.user_id, ANA.password, "Sign as")
    assert "Responsibility for the report" in ana.page.inner_text("main")


@pytest.mark.urs("URS-ACC-04")
def test_a_page_left_alone_is_covered_and_keeps_what_was_written(browser: Browser, base: str) -> None:
    ana = Sight(browser, base, DESKTOP)
    ana.sign_in(ANA.user_id, ANA.password)
    record = report(ana)
    ana.open(f"{record}/edit")
    ana.page.fill("#f-area", "Half a thought")
    with ana.page.expect_navigation():
        ana.page.evaluate("lockPage()")
    assert "Locked" in ana.page.inner_text("h1") and "Half a thought" not in ana.page.content()
    ana.check()
    ana.page.fill("#user", ANA.user_id)
    ana.page.fill("#secret", ANA.password)
    ana.press("Go on")
    assert ana.page.input_value("#f-area") == "Half a thought"
    ana.page.fill("#reason", "the room was missing")
    ana.press("Save as a new revision")
    assert "Half a thought" in ana.page.inner_text("#field-area")
