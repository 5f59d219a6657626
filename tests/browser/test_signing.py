"""Signing from the wrong side: pressed twice, in two tabs, on a page gone stale, by the back button, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser import stock
from tests.browser.conftest import Windows
from tests.conftest import Database
from tests.people import ANA, PETRA

pytestmark = pytest.mark.browser
NOTED = {
    "f-classification": "major",
    "f-classification_reason": "Typed at length before the other tab changed it.",
}


def signings(database: Database) -> int:
    """How many signatures stand in the database."""
    return int(database.rows("select count(*) from signatures_signature")[0][0])


@pytest.mark.urs("URS-SIG-02")
def test_sign_pressed_twice_makes_one_signature(window: Windows, stocked: Database) -> None:
    record = stock.drafted()
    ana = window(ANA)
    ana.open(f"{record}/steps/report")
    ana.fill({"signer": ANA.user_id, "secret": ANA.password})
    with ana.page.expect_navigation(url=f"**{record}"):
        ana.named("Sign as").dblclick()
    assert "Responsibility for the report" in ana.main()
    assert signings(stocked) == 1
    assert stocked.rows("select count(*) from audit.act where outcome = 'denied'") == [(0,)], (
        "one press was sent"
    )


@pytest.mark.urs("URS-SIG-02", "URS-OPS-02")
def test_two_tabs_at_the_same_step_make_one_signature(window: Windows, stocked: Database) -> None:
    record = stock.drafted()
    ana = window(ANA)
    ana.open(f"{record}/steps/report")
    other = ana.tab()
    other.goto(ana.page.url)
    ana.sign(ANA, first=True)
    ana.page = other
    ana.sign(ANA, first=True)
    assert "Nothing was changed" in ana.told() and signings(stocked) == 1


@pytest.mark.urs("URS-OPS-04", "URS-LNK-02")
def test_what_is_typed_over_a_change_is_kept_and_not_signed(window: Windows, stocked: Database) -> None:
    record = stock.reported()
    petra = window(PETRA)
    petra.open(f"{record}/steps/classify")
    petra.fill(NOTED)
    first, petra.page = petra.page, petra.tab()
    petra.open(f"{record}/edit")
    petra.fill({"f-classification": "minor"})
    petra.press("Save as a new revision")
    petra.page = first
    petra.sign(PETRA, first=True)
    assert "Nothing was changed" in petra.told() and signings(stocked) == 1
    assert petra.typed(NOTED) == NOTED and petra.page.input_value("#secret") == ""
    petra.check()


@pytest.mark.urs("URS-OPS-04")
def test_a_stale_form_says_what_changed_and_keeps_what_was_typed(
    window: Windows, stocked: Database, size: dict[str, int]
) -> None:
    record = stock.drafted()
    ana = window(ANA, size)
    ana.open(f"{record}/edit")
    ana.fill({"f-facts": "My longer account of it.", "reason": "more is known"})
    first, ana.page = ana.page, ana.tab()
    ana.open(f"{record}/edit")
    ana.fill({"f-area": "Cold store, room 2", "reason": "the room was missing"})
    ana.press("Save as a new revision")
    ana.page = first
    ana.press("Save as a new revision")
    changed = ana.page.locator("section[aria-labelledby=stale-title]").inner_text()
    assert "Area" in changed and "Cold store, room 2" in changed and "opened revision 1" in changed
    assert ana.typed({"f-facts": "", "reason": ""}) == {
        "f-facts": "My longer account of it.",
        "reason": "more is known",
    }
    ana.check()
    ana.fill({"f-area": "Cold store, room 2"})
    ana.press("Save as a new revision")
    assert "My longer account of it." in ana.main() and "Cold store, room 2" in ana.main()


@pytest.mark.urs("URS-SIG-02", "URS-ACC-01")
def test_the_back_button_signs_nothing_again_and_shows_nothing_after_sign_out(
    window: Windows, stocked: Database
) -> None:
    record = stock.drafted()
    ana = window(ANA)
    ana.open(f"{record}/steps/report")
    ana.sign(ANA, first=True)
    ana.back()
    assert ana.path == f"{record}/steps/report"
    assert ana.page.locator("#secret").count() == 0 and ana.named("Sign as").count() == 0
    assert "not open to you now" in ana.main()
    ana.check()
    ana.page.go_forward()
    ana.page.locator("summary", has_text=ANA.name).click()
    ana.press("Sign out")
    ana.back()
    assert "Freezer F-7" not in ana.page.content() and ana.page.locator("#secret").count() == 1
    assert signings(stocked) == 1


@pytest.mark.urs("URS-SIG-08")
def test_from_sign_in_to_signature_by_keyboard_alone(
    window: Windows, stocked: Database, size: dict[str, int]
) -> None:
    record = stock.drafted()
    ana = window(size=size)
    ana.open(record)
    assert ana.focus()["id"] == "user", "the sign-in page begins where one types"
    ana.page.keyboard.type(ANA.user_id)
    ana.tab_to("secret")
    ana.page.keyboard.type(ANA.password)
    ana.enter()
    assert ana.path == record, "signing in leads to where one wanted to go"
    ana.settle()
    ana.tab_to("Skip to the content")
    ana.page.keyboard.press("Enter")
    ana.tab_to("Sign: Report")
    ana.enter()
    assert ana.path == f"{record}/steps/report"
    assert ana.focus()["tag"] in ("BODY", "H1"), "nothing that acts has the focus when the page opens"
    ana.tab_to("signer")
    ana.page.keyboard.type(ANA.user_id)
    ana.tab_to("secret")
    ana.page.keyboard.type(ANA.password)
    ana.tab_to("Sign as")
    ana.enter()
    assert ana.path == record and "Responsibility for the report" in ana.main()
    assert signings(stocked) == 1


def test_a_link_that_is_always_in_sight_does_not_scroll_the_page_when_it_gets_the_focus(
    window: Windows, stocked: Database
) -> None:
    """It did, to its end, and the next key's focus then stayed out of sight."""
    record = stock.drafted()
    ana = window(ANA)
    ana.open(f"{record}/steps/report")
    ana.settle()
    assert ana.page.evaluate("() => document.documentElement.scrollHeight > innerHeight + 100")
    ana.page.locator("a", has_text="What that means").focus()
    ana.page.wait_for_timeout(500)
    assert ana.page.evaluate("() => scrollY") == 0


@pytest.mark.urs("URS-LNK-04")
def test_a_signature_is_taken_back_before_anybody_went_on(
    window: Windows, stocked: Database, size: dict[str, int]
) -> None:
    record = stock.reported()
    petra = window(PETRA, size)
    petra.open(f"{record}/steps/classify")
    petra.fill(NOTED)
    petra.sign(PETRA, first=True)
    petra.press("Withdraw this signature")
    petra.check()
    petra.sign(PETRA, first=False)
    assert "Say in a few words why" in petra.told() and signings(stocked) == 2
    petra.fill({"reason": "the class of another deviation was entered"})
    petra.sign(PETRA, first=False)
    petra.check()
    assert "Withdrawal of ‘Classification’" in petra.main() and "its signer took it back" in petra.main()
    assert petra.named("Sign: Classify").count() == 1 and signings(stocked) == 3
