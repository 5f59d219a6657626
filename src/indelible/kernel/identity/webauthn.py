"""The ceremony of WebAuthn, held by its library: what is asked of a device, and whether its answer is one of this key's.

Only answers given on our own address and with the person verified by the device (PIN, finger, face) count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

_VERIFIED: Final = UserVerificationRequirement.REQUIRED
ALGORITHMS: Final = (-7, -8, -257)
"""ES256, EdDSA, RS256 (COSE): what devices make, and what the offline check of a bundle can verify by itself."""
_FAULTS: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError)
"""What the library raises for an answer that is none; each means the same: not accepted."""


class NotAccepted(Exception):  # noqa: N818  (an answer that was judged, not a fault of ours)
    """The device's answer does not count; the message says why, for the trail alone."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new key as the device told it; texts are base64url."""

    credential_id: str
    public_key: str
    algorithm: int
    aaguid: str
    attestation: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that the key gave to the challenge; `evidence` is all that anybody needs to check it again, as text."""

    sign_count: int
    evidence: dict[str, str]


def origin() -> str:
    """The only address on which an answer may have been given."""
    parts = urlsplit(settings.CONFIGURATION.address)
    return f"{parts.scheme}://{parts.netloc}"


def rp_id() -> str:
    """The name that keys are bound to: the host of that address."""
    return urlsplit(settings.CONFIGURATION.address).hostname or "localhost"


def _server() -> Fido2Server:
    entity = PublicKeyCredentialRpEntity(id=rp_id(), name="Indelible")
    server = Fido2Server(entity, verify_origin=lambda given: given == origin())
    server.allowed_algorithms = [one for one in server.allowed_algorithms if one.alg in ALGORITHMS]
    return server


def enrolment(
    handle: bytes, user_id: str, name: str, known: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What to ask a device for a new key, as JSON, and what to keep until it answers; `known` are the ids of keys it may have."""
    options, state = _server().register_begin(
        PublicKeyCredentialUserEntity(id=handle, name=user_id, display_name=name),
        credentials=_descriptors(known),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=_VERIFIED,
    )
    return _json(dict(options)["publicKey"]), _json(state)


def enrolled(state: Mapping[str, Any], answer: Mapping[str, Any]) -> Enrolled:
    """The new key of an answer to `enrolment`; NotAccepted where it is none."""
    try:
        data = _server().register_complete(state, answer)
        told = RegistrationResponse.from_dict(answer)
        credential = data.credential_data
        if credential is None:
            raise NotAccepted("no key in the answer")
        return Enrolled(
            credential_id=websafe_encode(credential.credential_id),
            public_key=websafe_encode(cbor.encode(dict(credential.public_key))),
            algorithm=int(credential.public_key[3]),
            aaguid=str(Aaguid(credential.aaguid)),
            attestation=websafe_encode(bytes(told.response.attestation_object)),
            sign_count=data.counter,
        )
    except _FAULTS as error:
        raise NotAccepted(_why(error)) from error


def question(challenge: bytes | None, known: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What to ask a device about this challenge (None: a random one), as JSON, and what to keep; `known` may be empty."""
    options, state = _server().authenticate_begin(
        credentials=_descriptors(known) or None, user_verification=_VERIFIED, challenge=challenge
    )
    return _json(dict(options)["publicKey"]), _json(state)


def credential_of(answer: Mapping[str, Any]) -> str:
    """The id of the key that an answer says it is by, as base64url; "" where it says none."""
    said = answer.get("rawId") or answer.get("id")
    return said if isinstance(said, str) and len(said) <= 1400 else ""


def answered(
    state: Mapping[str, Any], answer: Mapping[str, Any], *, credential_id: str, public_key: str
) -> Answered:
    """Whether this key answered what was asked; NotAccepted where not."""
    try:
        key = _key(public_key)
        known = AttestedCredentialData.create(Aaguid.NONE, websafe_decode(credential_id), key)
        _server().authenticate_complete(state, [known], answer)
        told = AuthenticationResponse.from_dict(answer).response
        return Answered(
            told.authenticator_data.counter,
            {
                "credential_id": credential_id,
                "public_key": public_key,
                "rp_id": rp_id(),
                "origin": origin(),
                "client_data": websafe_encode(bytes(told.client_data)),
                "authenticator_data": websafe_encode(bytes(told.authenticator_data)),
                "signature": websafe_encode(told.signature),
            },
        )
    except _FAULTS as error:
        raise NotAccepted(_why(error)) from error


def holds(evidence: Mapping[str, Any], challenge: bytes) -> str:
    """Why kept evidence does not show that its key answered this challenge, or "" where it does (URS-LNK-01)."""
    try:
        server = Fido2Server(
            PublicKeyCredentialRpEntity(id=str(evidence["rp_id"]), name=""),
            verify_origin=lambda given: given == evidence["origin"],
        )
        key = _key(evidence["public_key"])
        known = AttestedCredentialData.create(Aaguid.NONE, websafe_decode(evidence["credential_id"]), key)
        state = {"challenge": websafe_encode(challenge), "user_verification": _VERIFIED}
        server.authenticate_complete(state, [known], _as_answer(evidence))
    except _FAULTS as error:
        return _why(error)
    return ""


def _key(public_key: str) -> CoseKey:
    read = cbor.decode(websafe_decode(public_key))
    if not isinstance(read, Mapping):
        raise ValueError("no key")
    return CoseKey.parse(read)


def _as_answer(evidence: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": evidence["credential_id"],
        "rawId": evidence["credential_id"],
        "type": "public-key",
        "response": {
            "clientDataJSON": evidence["client_data"],
            "authenticatorData": evidence["authenticator_data"],
            "signature": evidence["signature"],
        },
        "clientExtensionResults": {},
    }


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=websafe_decode(one))
        for one in known
    ]


def _json(value: Any) -> Any:
    """The library's values as plain JSON: bytes as base64url, words as text."""
    if isinstance(value, Mapping):
        return {str(key): _json(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return websafe_encode(bytes(value))
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, bool | int) else str(value)


def _why(error: Exception) -> str:
    return str(error)[:120] or type(error).__name__
