"""By what else than a password a signer proved themselves: a device's answer, an identity provider's token; for the signed bytes.

WebAuthn section 7.2, COSE keys (RFC 9053), OpenID Connect ID tokens as JWS (RFC 7515), keys as JWK (RFC 7517).
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from calendar import timegm
from hashlib import sha256
from time import strptime

from verify import ed25519, p256
from verify.faults import Fault

SHA256_OF = bytes.fromhex(
    "3031300d060960864801650304020105000420"
)  # DigestInfo of PKCS #1 (RFC 8017 section 9.2)


def check_proof(name, signed, evidence, digest):
    """What a signature's entry says of its proof, against the digest (hex) of the signed bytes; Fault where it does not fit."""
    proof = evidence.get("proof") or {}
    if "passkey" in signed["components"]:
        _check_passkey(name, proof, bytes.fromhex(digest))
    if "provider" in signed["components"]:
        _check_token(name, proof, digest, signed["at"])


def _check_passkey(name, proof, challenge):
    client, data = plain(proof.get("client_data")), plain(proof.get("authenticator_data"))
    told = json.loads(client)
    fits = {
        "it is no answer to a request to sign": told.get("type") == "webauthn.get",
        "it answers for other bytes": told.get("challenge")
        == urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "it was given on another page": told.get("origin") == proof.get("origin"),
        "it is for another service": data[:32] == sha256(str(proof.get("rp_id")).encode()).digest(),
        "the device did not check its person": len(data) >= 37 and data[32] & 5 == 5,
    }
    for fault, fine in fits.items():
        if not fine:
            raise Fault("%s: the device's answer does not count: %s." % (name, fault))
    key, message = cose(plain(proof.get("public_key"))), data + sha256(client).digest()
    if not _is_signed(key, message, plain(proof.get("signature")), der=True):
        raise Fault("%s: the device's answer is not signed by its key." % name)


def _check_token(name, proof, digest, at):
    parts = str(proof.get("id_token", "")).split(".")
    if len(parts) != 3:
        raise Fault("%s: the identity provider's token is not there." % name)
    head, told = json.loads(plain(parts[0])), json.loads(plain(parts[1]))
    key = jwk(proof["key"], head.get("alg"))
    if key is None or not _is_signed(key, ".".join(parts[:2]).encode(), plain(parts[2]), der=False):
        raise Fault("%s: the token is not signed by the identity provider's key." % name)
    audience = told.get("aud")
    fits = {
        "it was given for other bytes": told.get("nonce") == digest,
        "another provider gave it": told.get("iss") == proof.get("issuer"),
        "it was given to somebody else": proof.get("client_id")
        in (audience if isinstance(audience, list) else [audience]),
        "its person had signed in before": told.get("auth_time", 0)
        >= timegm(strptime(at[:19], "%Y-%m-%dT%H:%M:%S")),
    }
    for fault, fine in fits.items():
        if not fine:
            raise Fault("%s: the identity provider's token does not count: %s." % (name, fault))


def plain(text):
    """The bytes of base64url without its signs of equality; ValueError where it is none."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_signed(key, message, signature, der):
    kind, numbers = key
    if kind == "ES256":
        r, s = _of_der(signature) if der else (signature[:32], signature[32:])
        return p256.is_signed(
            numbers[0], numbers[1], message, int.from_bytes(r, "big"), int.from_bytes(s, "big")
        )
    if kind == "EdDSA":
        return ed25519.is_signed(numbers[0], message, signature)
    modulus, exponent = (int.from_bytes(one, "big") for one in numbers)
    size = (modulus.bit_length() + 7) // 8
    if modulus.bit_length() < 2048 or len(signature) != size or exponent < 3:
        return False
    padded = SHA256_OF + sha256(message).digest()
    wanted = b"\x00\x01" + b"\xff" * (size - len(padded) - 3) + b"\x00" + padded
    return pow(int.from_bytes(signature, "big"), exponent, modulus) == int.from_bytes(wanted, "big")


def _of_der(raw):
    """The two numbers of an ECDSA signature in DER, as bytes."""
    if len(raw) < 8 or raw[0] != 0x30 or raw[1] != len(raw) - 2 or raw[2] != 2:
        raise ValueError("no signature")
    middle = 4 + raw[3]
    if raw[middle] != 2 or middle + 2 + raw[middle + 1] != len(raw):
        raise ValueError("no signature")
    return raw[4:middle], raw[middle + 2 :]


def jwk(key, algorithm):
    """The key of a JWK where it is one for this algorithm, else None."""
    kinds = {"RS256": ("RSA", ("n", "e")), "ES256": ("EC", ("x", "y")), "EdDSA": ("OKP", ("x",))}
    wanted, names = kinds.get(algorithm, ("", ()))
    if key.get("kty") != wanted or key.get("crv") not in (None, "P-256", "Ed25519"):
        return None
    return algorithm, [plain(key[name]) for name in names]


def cose(raw):
    """The key of COSE bytes, for the three algorithms that passkeys have here."""
    told, end = _cbor(raw, 0)
    if end != len(raw) or not isinstance(told, dict):
        raise ValueError("no key")
    kinds = {-7: ("ES256", (-2, -3)), -8: ("EdDSA", (-2,)), -257: ("RS256", (-1, -2))}
    kind, names = kinds[told[3]]
    return kind, [told[name] for name in names]


def _cbor(raw, at):
    """One item of CBOR and where it ends: whole numbers, bytes, text and maps, which is all that a key is made of."""
    major, short = raw[at] >> 5, raw[at] & 31
    at += 1
    size = {24: 1, 25: 2, 26: 4}.get(short, 0)
    if short > 26:
        raise ValueError("no key")
    number, at = (int.from_bytes(raw[at : at + size], "big") if size else short), at + size
    if major in (0, 1):
        return (number if major == 0 else -1 - number), at
    if major in (2, 3):
        return (raw[at : at + number] if major == 2 else raw[at : at + number].decode()), at + number
    if major != 5:
        raise ValueError("no key")
    found = {}
    for _ in range(number):
        name, at = _cbor(raw, at)
        found[name], at = _cbor(raw, at)
    return found, at
