"""A passkey in a real browser: enrolled by Ana, confirmed by Uma, then it signs her in and signs (URS-SIG-01 to -03, CRD-04)."""

from __future__ import annotations

import pytest

from tests.browser import stock
from tests.browser.conftest import Windows
from tests.browser.sight import PHONE, Sight
from tests.conftest import Database
from tests.people import ANA, UMA

pytestmark = pytest.mark.browser


def device(sight: Sight, *, verified: bool = True) -> None:
    """A security key that lies beside this window."""
    cdp = sight.context.new_cdp_session(sight.page)
    cdp.send("WebAuthn.enable")
    cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": verified,
                "automaticPresenceSimulation": True,
            }
        },
    )


def enrol(ana: Sight) -> None:
    """Ana names her key and proves herself."""
    ana.open("/account/credentials")
    ana.fill({"k-label": "Blue security key", "k-secret": ANA.password})
    with ana.page.expect_navigation():
        ana.named("Enrol").click()
    assert "waits to be confirmed" in ana.main()


@pytest.mark.urs("URS-SIG-01", "URS-SIG-02", "URS-SIG-03", "URS-CRD-04", "URS-CRD-06")
def test_a_passkey_from_enrolment_to_signature(window: Windows, stocked: Database) -> None:
    record, ana, uma = stock.drafted(), window(ANA), window(UMA)
    device(ana)
    enrol(ana)
    uma.open("/people/ana")
    uma.check()
    uma.press("I saw that it is theirs")
    assert "in use" in uma.main()
    ana.open("/account/credentials")
    ana.press("Test it now")
    ana.page.locator(".who-menu summary").click()
    ana.press("Sign out")
    with ana.page.expect_navigation():
        ana.named("Sign in with a passkey").click()
    ana.page.locator(".who-menu summary").click()
    ana.press("Lock")
    assert ana.page.locator("#secret").count() == 0  # begun by a passkey, it comes back by no less
    with ana.page.expect_navigation():
        ana.named("Go on with a passkey").click()
    ana.open(f"{record}/steps/report")
    ana.named("Sign with a passkey").click()  # without her user id: the first signing of a period wants it
    ana.page.get_by_text("type your user id").first.wait_for()
    ana.fill({"signer": "ana"})
    with ana.page.expect_navigation(url=f"**{record}"):
        ana.named("Sign with a passkey").click()
    assert "Responsibility for the report" in ana.main()
    made = stocked.rows("select components, evidence ->> 'by', position from signatures_signature")
    assert [(row[0], row[1][:8], row[2]) for row in made] == [("user_id,passkey", "passkey ", 1)]
    ana.check()  # last: a page that was looked into so gets no answer of a virtual device any more
    for path in ("/account/credentials", "/people/ana"):
        ana.open(path)
        ana.check()


@pytest.mark.urs("URS-CRD-04")
def test_a_device_that_does_not_know_its_person_is_told_and_nothing_is_done(
    window: Windows, stocked: Database
) -> None:
    ana = window(ANA, PHONE)
    device(ana, verified=False)
    ana.open("/account/credentials")
    ana.fill({"k-label": "Somebody's phone", "k-secret": ANA.password})
    ana.named("Enrol").click()
    ana.page.get_by_text("The device did not answer").wait_for()
    ana.check()
    assert stocked.rows("select count(*) from identity_passkey") == [(0,)]
