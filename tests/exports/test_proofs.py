"""The offline check of a device's answer and a provider's token: the right ones pass, each wrong one is named (URS-CPY-03)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256, RS256, EdDSA
from fido2.utils import websafe_encode
from hypothesis import given, settings
from hypothesis import strategies as some
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.authenticator import ORIGIN, SecurityKey
from tests.exports.bundles import OFFLINE

DIGEST, AT, WHEN = "ab" * 32, "2026-11-27T10:00:00.500000Z", 1_795_773_600
PASSKEY, TOKEN = {"components": ["user_id", "passkey"], "at": AT}, {"components": ["provider"], "at": AT}


@pytest.fixture(scope="module")
def proofs() -> Iterator[Any]:
    """The module as the bundle carries it."""
    sys.path.insert(0, str(OFFLINE))
    yield importlib.import_module("verify.proofs")
    sys.path.remove(str(OFFLINE))
    for name in [name for name in sys.modules if name.partition(".")[0] == "verify"]:
        del sys.modules[name]


def answer(key: SecurityKey | None = None) -> dict[str, Any]:
    """The evidence of a device's answer for DIGEST."""
    key = key or SecurityKey()
    given = key.get({"rpId": "localhost", "challenge": websafe_encode(bytes.fromhex(DIGEST))})["response"]
    return {
        "public_key": websafe_encode(cbor.encode(dict(ES256.from_cryptography_key(key.key.public_key())))),
        "rp_id": "localhost",
        "origin": ORIGIN,
        "client_data": given["clientDataJSON"],
        "authenticator_data": given["authenticatorData"],
        "signature": given["signature"],
    }


def token(key: Any, alg: str, **changed: Any) -> dict[str, Any]:
    """The evidence of a provider's token for DIGEST."""
    claims = {
        "iss": "https://idp.example",
        "aud": "indelible",
        "nonce": DIGEST,
        "sub": "a",
        "auth_time": WHEN,
    }
    made = jwt.encode({"alg": alg}, {**claims, **changed}, key, algorithms=[alg])
    return {"id_token": made, "key": key.as_dict(private=False), "issuer": "https://idp.example", "client_id": "indelible"}  # fmt: skip


def test_what_was_answered_passes(proofs: Any) -> None:
    proofs.check_proof("It", PASSKEY, {"proof": answer()}, DIGEST)
    keys = ((RSAKey.generate_key(2048), "RS256"), (ECKey.generate_key("P-256"), "ES256"), (OKPKey.generate_key("Ed25519"), "EdDSA"))  # fmt: skip
    for key, alg in keys:
        proofs.check_proof("It", TOKEN, {"proof": token(key, alg)}, DIGEST)
    proofs.check_proof("It", {"components": ["password"], "at": AT}, {}, DIGEST)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"origin": "https://elsewhere.example"}, "another page"),
        ({"rp_id": "elsewhere.example"}, "another service"),
        ({"public_key": answer()["public_key"]}, "not signed by its key"),
        ({"signature": answer()["signature"]}, "not signed by its key"),
        ({"client_data": websafe_encode(b'{"type":"webauthn.create"}')}, "no answer"),
    ],
)
def test_each_wrong_part_of_an_answer_is_named(proofs: Any, wrong: dict[str, str], said: str) -> None:
    with pytest.raises(Exception, match=said):
        proofs.check_proof("It", PASSKEY, {"proof": {**answer(), **wrong}}, DIGEST)


def test_an_answer_without_its_person_or_for_other_bytes_or_missing_is_named(proofs: Any) -> None:
    with pytest.raises(Exception, match="did not check its person"):
        proofs.check_proof("It", PASSKEY, {"proof": answer(SecurityKey(verified=False))}, DIGEST)
    with pytest.raises(Exception, match="other bytes"):
        proofs.check_proof("It", PASSKEY, {"proof": answer()}, "cd" * 32)
    with pytest.raises((ValueError, TypeError)):  # which the program tells as a part not built as it must be
        proofs.check_proof("It", PASSKEY, {}, DIGEST)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"nonce": "cd" * 32}, "other bytes"),
        ({"iss": "https://other.example"}, "another provider"),
        ({"aud": ["another"]}, "somebody else"),
        ({"auth_time": WHEN - 1}, "signed in before"),
    ],
)
def test_each_wrong_claim_of_a_token_is_named(proofs: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception, match=said):
        proofs.check_proof("It", TOKEN, {"proof": token(RSAKey.generate_key(2048), "RS256", **wrong)}, DIGEST)


def test_a_token_by_another_key_or_none_is_named(proofs: Any) -> None:
    good = token(RSAKey.generate_key(2048), "RS256")
    for key in (RSAKey.generate_key(2048), ECKey.generate_key("P-256")):
        with pytest.raises(Exception, match="not signed by the identity provider"):
            proofs.check_proof("It", TOKEN, {"proof": {**good, "key": key.as_dict(private=False)}}, DIGEST)
    with pytest.raises(Exception, match="is not there"):
        proofs.check_proof("It", TOKEN, {"proof": {}}, DIGEST)


@settings(deadline=None, max_examples=40)
@given(message=some.binary(max_size=80), flip=some.integers(0, 511))
def test_p256_agrees_with_a_library(proofs: Any, message: bytes, flip: int) -> None:
    p256 = importlib.import_module("verify.p256")
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_numbers()
    x, y = public.x.to_bytes(32, "big"), public.y.to_bytes(32, "big")
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    assert p256.is_signed(x, y, message, r, s)
    assert not p256.is_signed(x, y, message + b"!", r, s)
    spoiled = (r ^ (1 << flip), s) if flip < 256 else (r, s ^ (1 << (flip - 256)))
    assert not p256.is_signed(x, y, message, *spoiled)
    assert not p256.is_signed(y, x, message, r, s)
    assert not p256.is_signed(x, y, message, 0, s) and not p256.is_signed(x, y, message, r, 0)


def test_keys_of_all_three_kinds_are_read_from_cose(proofs: Any) -> None:
    message = b"the signed bytes"
    one, two = ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)
    for made, signature in (
        (EdDSA.from_cryptography_key(one.public_key()), one.sign(message)),
        (RS256.from_cryptography_key(two.public_key()), two.sign(message, padding.PKCS1v15(), SHA256())),
    ):
        key = proofs.cose(cbor.encode(dict(made)))
        assert proofs._is_signed(key, message, signature, True)
        assert not proofs._is_signed(key, message + b"!", signature, True)
    for raw in (b"", b"\xa0\x00", b"\x9f", b"\xa1\x03\x18\x63"):
        with pytest.raises((ValueError, KeyError, IndexError)):
            proofs.cose(raw)
