"""One CAPA signed by three people in three ways: password, identity provider, passkey; its bundle proves each offline (issue 4)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from indelible.kernel.identity import actions as identity
from indelible.kernel.workflow import actions as workflow
from tests import people
from tests.browser.conftest import Windows
from tests.browser.sight import Sight
from tests.browser.test_passkeys import device
from tests.conftest import Database
from tests.exports.bundles import checked, made, sealed
from tests.people import ANA, PETRA, RAJ, SAM, UMA
from tests.provider import running
from tests.signatures.signing import capa

pytestmark = pytest.mark.browser
PLAN = {
    "root_cause": "The scale was not levelled.",
    "risk": "low",
    "actions": [{"what": "Level the scale", "owner": "omar", "due": "2026-12-20"}],
    "no_harm": "Levelling changes nothing else.",
    "criterion": {"measure": "underweight vials", "target": "none", "source": "fill logs", "window": 90},
}


@pytest.mark.urs("URS-SIG-01", "URS-SIG-02", "URS-ACC-08", "URS-CPY-03")
def test_password_provider_and_passkey_on_one_capa(
    window: Windows, stocked: Database, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = capa(people.signed_in(ANA)).number
    record = f"/records/{number}"
    ana = window(ANA)
    ana.open(f"{record}/steps/submit")
    ana.sign(ANA, first=True)
    workflow.reassign(people.signed_in(ANA), number, "raj", reason="Raj knows the scale")
    with running.provider(f"{base}/sso/return", f"{base}/sso/signed") as provider:
        _know(provider, base, monkeypatch)
        raj = window()
        raj.known = (*raj.known, provider.issuer, "https://fonts.googleapis.com")  # its own page wants it
        _by_provider(raj, record)
    petra = window(PETRA)
    device(petra)
    _by_passkey(petra, record, window(UMA))
    made_by = stocked.rows("select user_id, components from signatures_signature order by id")
    assert made_by == [("ana", "user_id,password"), ("raj", "user_id,provider"), ("petra", "user_id,passkey")]
    petra.open(record)
    petra.check()
    sealed(stocked, tmp_path / "sealer")
    path = made(people.signed_in(ANA), tmp_path / "capa.zip", numbers=[number])
    code, words = checked(path)
    assert code == 0 and "3 signatures" in words, words


def _know(provider: running.Running, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "sso_issuer": provider.issuer,
        "sso_client_id": running.CLIENT,
        "sso_client_secret": running.SECRET,
    }
    monkeypatch.setattr(settings, "CONFIGURATION", replace(settings.CONFIGURATION, **known))
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    monkeypatch.setitem(policy, "form-action", ["'self'", settings.CONFIGURATION.sso_origin])
    identity.enter_account(people.signed_in(SAM), "raj", "raj@directory")
    identity.confirm_account(people.signed_in(UMA), "raj")


def _by_provider(raj: Sight, record: str) -> None:
    """Raj comes in through the provider, writes the plan, and signs: the provider asks him again."""
    raj.open("/sign-in")
    raj.named("Sign in with your account").click()
    _at_the_provider(raj, consents=True)
    raj.page.wait_for_url(f"{raj.base}/")
    number = record.rpartition("/")[2]
    workflow.edit_record(people.signed_in(RAJ), number, PLAN, revision=1, reason="the plan as agreed")
    raj.open(f"{record}/steps/propose")
    raj.fill({"signer": "raj"})
    raj.named("Sign at localhost").click()
    _at_the_provider(raj)
    raj.page.wait_for_url(f"**{record}")
    assert "Authorship of the plan" in raj.main()
    raj.check()


def _at_the_provider(raj: Sight, *, consents: bool = False) -> None:
    raj.page.locator("input[name=login]").fill("raj@directory")
    raj.page.locator("input[name=password]").fill("any")
    raj.page.locator("button[type=submit]").click()
    if consents:
        raj.page.get_by_text("Continue", exact=True).click()


def _by_passkey(petra: Sight, record: str, uma: Sight) -> None:
    petra.open("/account/credentials")
    petra.fill({"k-label": "Key of the QA office", "k-secret": PETRA.password})
    petra.press("Enrol")
    uma.open("/people/petra")
    uma.press("I saw that it is theirs")
    petra.open(f"{record}/steps/approve_plan")
    petra.fill({"signer": "petra"})
    with petra.page.expect_navigation(url=f"**{record}"):
        petra.named("Sign with a passkey").click()
