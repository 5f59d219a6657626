"""Notices and passkeys over the API: told, acknowledged, confirmed, ended (URS-CRD-04, -05, -06)."""

from __future__ import annotations

import pytest

from indelible.jobs import notices as clockwork
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from tests.api.calling import Caller
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.people import ANA, PETRA, RAJ, SAM, UMA
from tests.signatures.keys import enrolled


@pytest.mark.urs("URS-CRD-05")
def test_a_notice_is_told_and_acknowledged(stocked: Database) -> None:
    for _ in range(3):
        with pytest.raises(Refusal):
            identity.sign_in("petra", "nine slow herons wade past", source="203.0.113.77", channel="web")
    clockwork.watch_for_misuse(0)
    uma = Caller(UMA)
    (notice,) = uma.get("/notices?waiting=true").body["items"]
    assert (notice["kind"], notice["subject"], notice["source"]) == ("guessing", "petra", "203.0.113.77")
    at = f"/notices/{notice['id']}/acknowledgement"
    said = {"answer": "called her, it was she herself"}
    assert Caller(RAJ).get("/notices").status == 403
    assert Caller(PETRA).post(at, said).is_problem(403, "URS-CRD-05")
    assert uma.post(at, {"answer": ""}).status == 422
    assert uma.post(at, said).body["acknowledged_by"] == "uma"
    assert uma.post(at, said).is_problem(409, "URS-CRD-05")
    assert uma.post("/notices/999/acknowledgement", said).is_problem(404, "URS-CRD-05")
    assert uma.get("/notices?waiting=true").body["items"] == []
    assert uma.get("/notices?waiting=perhaps").status == 400


@pytest.mark.urs("URS-CRD-04", "URS-SIG-06")
def test_a_passkey_is_confirmed_by_another_and_ended_when_lost(stocked: Database) -> None:
    made = enrolled(ANA, SecurityKey(), confirmed=False)
    at = f"/people/ana/passkeys/{made.pk}"
    uma, sam = Caller(UMA), Caller(SAM)
    assert Caller(RAJ).post(f"{at}/confirmation").is_problem(403, "URS-AUT-01")
    assert sam.post(f"{at}/confirmation").is_problem(403, "URS-AUT-04")
    assert uma.post(f"{at}/confirmation").body["confirmed_by"] == "uma"
    assert uma.post(f"{at}/confirmation").is_problem(409, "URS-CRD-04")
    (told,) = uma.get("/people/ana/passkeys").body["items"]
    assert told["label"] == "Blue key" and "public_key" not in told
    lost = {"cause": "lost", "reason": "left in the train", "suspect_since": "2026-01-05"}
    assert uma.post(f"{at}/end", {**lost, "cause": "mislaid"}).status == 422
    ended = uma.post(f"{at}/end", lost).body
    assert ended["ended_cause"] == "lost" and ended["suspect_since"].startswith("2026-01-05")
    assert uma.post(f"{at}/end", lost).is_problem(404, "URS-CRD-04")
