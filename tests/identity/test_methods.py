"""Which words of a provider are more than one factor (RFC 8176, URS-ACC-08); the wrong ones first."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import openid
from indelible.kernel.identity.factor_rules import why_due
from indelible.kernel.identity.methods import are_several, said_by
from tests.conftest import Database
from tests.identity.test_openid import NONCE, known, word

__all__ = ["known"]
OUTSIDE = "203.0.113.9"
REFEDS = "https://refeds.org/profile/mfa"


@pytest.mark.urs("URS-ACC-08")
@pytest.mark.parametrize(
    ("claims", "several"),
    [
        ({"amr": ["pwd"]}, False),
        ({"amr": ["otp"]}, False),
        ({"amr": ["pwd", "pin", "kba"]}, False),
        ({"amr": ["sms", "otp"]}, False),
        ({"amr": ["pwd", "geo", "rba", "user", "mca", "wia"]}, False),
        ({"amr": []}, False),
        ({"amr": "mfa"}, False),
        ({"amr": None}, False),
        ({"amr": [["mfa"], 7, "MFA", "mfa\n"]}, False),
        ({"amr": ["pwd"], "acr": REFEDS}, False),
        ({}, None),
        ({"acr": "1"}, None),
        ({"acr": ["mfa"]}, None),
        ({"acr": "mfa"}, None),
        ({"amr": ["mfa"]}, True),
        ({"amr": ["pwd", "otp"]}, True),
        ({"amr": ["hwk", "pin"]}, True),
        ({"amr": ["fpt", "swk"], "acr": "0"}, True),
        ({"acr": REFEDS}, True),
        ({"acr": "phr"}, True),
    ],
)
def test_what_is_said_of_the_factors(claims: dict[str, Any], several: bool | None) -> None:
    assert are_several(said_by(claims)) is several


@pytest.mark.urs("URS-ACC-08")
def test_silence_counts_only_where_it_was_decided_and_one_factor_never() -> None:
    asked = {"administrators": True, "networks": ["10.20.0.0/16"], "provider_asks": False}
    for said in (None, {}, {"acr": "1"}, {"amr": ["pwd"]}):
        told = why_due(asked, "provider 3", ["system_administrator"], OUTSIDE, said)
        assert "administrators" in told and "identity provider did not say" in told
        assert "outside" in why_due(asked, "provider 3", ["author"], OUTSIDE, said)
        assert why_due(asked, "provider 3", ["author"], "10.20.1.7", said) == ""
    for decided in (True, None):  # None: before it was asked whether the provider does
        rule = {**asked, "provider_asks": decided}
        assert why_due(rule, "provider 3", ["author"], OUTSIDE, {}) == ""
        assert why_due(rule, "provider 3", ["author"], OUTSIDE, {"amr": ["pwd"]})
    assert why_due(asked, "provider 3", ["author"], OUTSIDE, {"amr": ["pwd", "otp"]}) == ""
    assert why_due(asked, "passkey 3", ["author"], OUTSIDE) == ""


@pytest.mark.urs("URS-ACC-08")
def test_a_judged_token_tells_what_it_says_and_keeps_little_of_it(database: Database) -> None:
    many = [f"m{number}" for number in range(300)]
    told = openid.judged(word(amr=many, acr="a" * 500), nonce=NONCE, asked_at=clock(), anew=True)
    assert told.said == {"amr": many[:20]}
    assert openid.judged(word(), nonce=NONCE, asked_at=clock(), anew=True).said == {}
