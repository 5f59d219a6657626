"""Every page there is, desktop and phone: nothing for axe, nothing in the console, no report of the CSP, no sideways scroll."""

from __future__ import annotations

import pytest

from indelible.web.urls import urlpatterns
from tests.browser import stock
from tests.browser.conftest import Windows
from tests.browser.sight import Sight
from tests.conftest import Database
from tests.people import ANA, PETRA, SAM, TOM, UMA
from tests.seen import methods

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOT_PAGES = {
    "healthz",
    "readyz",
    "attended",
    "sso/sign-in",
    "sso/return",
    "sso/signed",
    "records/<str:number>/copy",
    "certifications/letter",
    "certifications/files/<int:file>",
    "records/<str:number>/attachments/<str:sha256>",
}
"""GET addresses that answer with a file, a word, nothing or a way elsewhere; the walkthrough fetches the files."""
PAGES = {
    "": "/",
    "records/<str:number>": "{deviation}",
    "records/<str:number>/edit": "{deviation}/edit",
    "records/<str:number>/steps/<str:name>": "{deviation}/steps/propose",
    "records/<str:number>/audit-trail": "{deviation}/audit-trail",
    "processes/<str:code>": "/processes/deviation",
    "processes/<str:code>/new": "/processes/capa/new",
    "processes/<str:code>/declaration": "/processes/capa/declaration",
    "audit-trail": "/audit-trail",
    "trail-state": "/trail-state",
    "accountability": "/accountability",
    "account/sessions": "/account/sessions",
    "search": "/search?q=freezer",
    "people": "/people",
    "people/<str:user_id>": "/people/ana",
    "about": "/about",
    "certifications": "/certifications",
    "delegations": "/delegations",
    "terminals": "/terminals",
    "account/password": "/account/password",
    "account/credentials": "/account/credentials",
}
ADMINISTRATION = {
    "security": "/security",
    "security/issuances": "/security/issuances",
    "security/access-review": "/security/access-review",
    "people/new": "/people/new",
    "people/access": "/people/access",
    "people/<str:user_id>": "/people/tom",
}
UNCOVERED = {"locked": "/locked", "sign-in": "/sign-in"}
EMPTY_OR_REFUSED = (
    *("/processes/capa?q=no+such+words", "/search?q=no+such+words", "/audit-trail?q=no+such+words"),
    *("/search", "/records/DEV-1999-00001", "/no/such/page", "/audit-trail?from=yesterday"),
    *("{capa}", "{deviation}/steps/raise_capa", "{deviation}/steps/close", "/people/new"),
)


def test_every_address_is_visited() -> None:
    visited = {*PAGES, *ADMINISTRATION, *UNCOVERED, *NOT_PAGES}
    assert {str(p.pattern) for p in urlpatterns if "GET" in methods(p.callback)} <= visited


def look(sight: Sight, paths: tuple[str, ...], **places: str) -> None:
    """Opens and checks each."""
    for path in paths:
        sight.open(path.format(**places))
        sight.check()


@pytest.mark.timeout(400)
def test_every_page_is_clean(window: Windows, stocked: Database, size: dict[str, int]) -> None:
    deviation, capa = stock.investigated()
    ana = window(ANA, size)
    look(ana, (*PAGES.values(), *EMPTY_OR_REFUSED), deviation=deviation, capa=capa)
    ana.open("/about")
    ana.page.locator("summary", has_text="Indelible" if ana.is_phone else ANA.name).click()
    ana.check()
    look(ana, tuple(UNCOVERED.values()))


@pytest.mark.timeout(400)
def test_the_pages_of_administration_are_clean(
    window: Windows, stocked: Database, size: dict[str, int]
) -> None:
    sam = window(SAM, size)
    look(sam, ("/", *ADMINISTRATION.values()))
    sam.page.select_option("#g-role", "qa_approver")
    sam.fill({"g-reason": "joins quality assurance"})
    sam.press("Propose it")
    look(sam, ("/people/tom", "/people", "/audit-trail"))
    look(window(UMA, size), ("/people", "/certifications"))
    look(window(TOM, size), ("/", "/processes/deviation"))


@pytest.mark.timeout(400)
def test_forms_that_are_refused_are_clean(window: Windows, stocked: Database, size: dict[str, int]) -> None:
    deviation = stock.reported()
    window().open("/")
    ana, petra = window(ANA, size), window(PETRA, size)
    ana.open("/processes/deviation/new")
    ana.fill({"f-title": "x" * 400, "f-occurred_at": "yesterday", "f-discovered_at": "2126-01-01 10:00"})
    ana.press("Open the record")
    assert "Nothing was changed" in ana.told()
    ana.check()
    petra.open(f"{deviation}/steps/return_report")
    petra.press("Sign as")
    assert "Nothing was changed" in petra.told()
    petra.check()
    petra.open(f"{deviation}/steps/classify")
    petra.press("Sign as")
    assert "Nothing was changed" in petra.told()
    petra.check()
    visitor = window(size=size)
    visitor.sign_in_as("ana", "not this phrase at all")
    assert "Nothing was changed" in visitor.told()
    visitor.check()
