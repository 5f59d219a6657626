"""RFC 3161 time stamps over a checkpoint: asked for, and checked against the authority's root certificate.

What is stamped is the signed note, byte for byte, as the database keeps it; `openssl ts -verify -data checkpoint` agrees.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from indelible.ledger.faults import Malformed, Mismatch

MOST_ANSWER: Final = 16_384
"""Bytes of an authority's answer: with its whole chain of certificates it has about 6 000, and an entry's image must stay
below 30 000 characters to stand in the ledger whole."""
REQUEST_TYPE: Final = "application/timestamp-query"


def root_certificates(pem: str) -> list[Certificate]:
    """The certificates an operator trusts; raises Malformed where the text holds none."""
    try:
        found = load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise Malformed("The certificate of the time-stamp authority is not a PEM certificate.") from error
    return found


def request(note: bytes) -> TimeStampRequest:
    """A request for this checkpoint, SHA-256, with a nonce, asking for the certificates so that the token stands alone."""
    return TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()


def check(token: bytes, note: bytes, pem: str, *, nonce: int | None = None) -> datetime:
    """The moment (UTC) the authority states for exactly this checkpoint.

    `token` is the DER answer of the authority; `nonce` that of the request, where it is fresh. Raises Malformed, or Mismatch
    for another checkpoint, an unknown authority, a wrong signature or a refusal.
    """
    if len(token) > MOST_ANSWER:
        raise Malformed("The time stamp is larger than any real one.")
    roots = root_certificates(pem)
    try:
        answer = decode_timestamp_response(token)
    except ValueError as error:
        raise Malformed("This is not a time stamp (RFC 3161).") from error
    try:
        builder = VerifierBuilder(roots=roots, nonce=nonce)
        builder.build().verify_message(answer, note)
        moment = answer.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise Mismatch(f"The time stamp is not valid for this checkpoint ({_reason(error)}).") from error
    return moment


def _reason(error: Exception) -> str:
    """What the library says, without the stack of the system's own library behind it."""
    return str(error).split(": ErrorStack")[0].splitlines()[0][:200].rstrip(".") or type(error).__name__
