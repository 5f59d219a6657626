"""Which words of a provider count: each claim wrong once (URS-ACC-08; OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import openid
from tests.conftest import Database

ISSUER, CLIENT, NONCE = "https://login.acme.example", "indelible", "ab" * 32
KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture(autouse=True)
def known(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    found = replace(settings.CONFIGURATION, sso_issuer=ISSUER, sso_client_id=CLIENT, sso_client_secret="s")
    monkeypatch.setattr(settings, "CONFIGURATION", found)


def word(key: Any = KEY, alg: str = "RS256", **changed: Any) -> openid.Word:
    """A good token, or one with these claims changed (None: left out)."""
    now = int(clock().timestamp())
    claims = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "ana",
        "nonce": NONCE,
        "iat": now,
        "exp": now + 300,
        "auth_time": now,
    }
    claims = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    token = jwt.encode({"alg": alg, "kid": "one"}, claims, key, algorithms=[alg])
    return openid.Word(token, {"keys": [KEY.as_dict(private=False)]})


def test_a_good_one_counts_and_is_evidence() -> None:
    told = openid.judged(word(), nonce=NONCE, asked_at=clock(), anew=True)
    assert told.subject == "ana" and openid.holds(told.evidence, nonce=NONCE, subject="ana") == ""
    assert openid.holds(told.evidence, nonce="cd" * 32, subject="ana")
    assert openid.holds(told.evidence, nonce=NONCE, subject="petra")
    assert openid.holds({}, nonce=NONCE, subject="ana")


@pytest.mark.urs("URS-ACC-08")
@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://login.other.example"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": None},
        {"nonce": "cd" * 32},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": 1_700_000_000},
        {"auth_time": None},
        {"auth_time": 1_700_000_000},
        {"auth_time": True},
    ],
)
def test_each_claim_wrong_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(openid.NotAccepted):
        openid.judged(word(**changed), nonce=NONCE, asked_at=clock(), anew=True)


@pytest.mark.urs("URS-ACC-08")
def test_a_sign_in_of_seconds_ago_is_no_step_up() -> None:
    before = int((clock() - timedelta(seconds=3)).timestamp())
    openid.judged(word(auth_time=before), nonce=NONCE, asked_at=clock(), anew=False)
    with pytest.raises(openid.NotAccepted, match="anew"):
        openid.judged(word(auth_time=before), nonce=NONCE, asked_at=clock(), anew=True)


@pytest.mark.urs("URS-ACC-08")
def test_only_the_providers_own_key_and_kinds_count() -> None:
    secret = OctKey.import_key(b"thirty-two bytes of a shared key")
    for bad in (
        word(OTHER),
        word(secret, "HS256"),
        openid.Word("e30.e30.", {"keys": [KEY.as_dict(private=False)]}),
        openid.Word(word().id_token, {"keys": []}),
        openid.Word(word().id_token, {"nothing": 1}),
        openid.Word("", {}),
    ):
        with pytest.raises(openid.NotAccepted):
            openid.judged(bad, nonce=NONCE, asked_at=clock(), anew=True)
