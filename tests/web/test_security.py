"""The security unit's desk as a page: what waits, what failed, and the answer (URS-CRD-05)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings

from indelible.jobs import notices as clockwork
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.notices.models import Notice
from tests.conftest import Database
from tests.people import ANA, PETRA, UMA
from tests.web.conftest import signed_in


@pytest.mark.urs("URS-CRD-05")
def test_the_desk_shows_what_waits_and_takes_the_answer(stocked: Database) -> None:
    for _ in range(3):
        with pytest.raises(Refusal):
            identity.sign_in("raj", "nine slow herons wade past", source="203.0.113.77", channel="web")
    clockwork.watch_for_misuse(0)
    ana, petra, uma = signed_in(ANA), signed_in(PETRA), signed_in(UMA)
    assert ana.get("/security").status_code == 403 and "/security" not in ana.text(ana.get("/"))
    assert "to be acknowledged" in petra.text(petra.get("/"))
    shown = uma.text(uma.get("/security"))
    assert "Failed proofs from a new place" in shown and "203.0.113.77" in shown and "wrong password" in shown
    assert "on this page only: neither mail nor webhook is set up" in shown
    notice = Notice.objects.get(kind="guessing")
    at = f"/security/notices/{notice.pk}"
    refused = uma.post(at, {"answer": ""}, page="/security")
    assert refused.status_code == 422 and 'role="alert"' in uma.text(refused)
    assert ana.post(at, {"answer": "nothing to see here"}, page="/").status_code == 403
    assert uma.post(at, {"answer": "called him, it was he himself"}, page="/security").status_code == 302
    assert "called him" in uma.text(uma.get("/security"))
    assert (
        uma.post("/security/notices/999999", {"answer": "called him again"}, page="/security").status_code
        == 404
    )


@pytest.mark.urs("URS-CRD-05")
@pytest.mark.parametrize(
    ("mail", "webhook", "told"),
    [
        ("", "", "do not leave this page"),
        ("mail.acme.example", "", "by mail alone"),
        ("", "https://hooks.acme.example/indelible", "by webhook alone"),
        ("mail.acme.example", "https://hooks.acme.example/indelible", ""),
    ],
)
def test_the_desk_says_where_notices_go_nowhere_or_one_way(
    stocked: Database, monkeypatch: pytest.MonkeyPatch, mail: str, webhook: str, told: str
) -> None:
    known = replace(settings.CONFIGURATION, smtp_host=mail, notice_webhook=webhook)
    monkeypatch.setattr(settings, "CONFIGURATION", known)
    uma = signed_in(UMA)
    shown = uma.text(uma.get("/security"))
    assert told in shown if told else "leave this page" not in shown
