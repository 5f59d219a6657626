"""Manifest v1: the canonical bytes a signature covers (ledger.md 2; RFC 8785 JSON without numbers)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import rfc8785


def build(
    *,
    record: str,
    revision: int,
    declaration: str,
    step: str,
    meaning: str,
    content: Mapping[str, Any],
    links: Sequence[Mapping[str, str]],
    signer: Mapping[str, str],
    at: datetime,
    components: Sequence[str],
    software: str,
    nonce: str,
    withdraws: str = "",
) -> bytes:
    """The bytes to be stored and hashed, never to be rebuilt. `content` is a revision's fields and attachments;
    `signer` has id, name, role, organisation, zone and offset; `at` is aware. Only a withdrawal says
    more than Manifest v1: `withdraws`, the digest of the signature it takes back (decision 0022)."""
    return bytes(
        rfc8785.dumps(
            {
                "record": record,
                "revision": str(revision),
                "declaration": declaration,
                "step": step,
                "meaning": meaning,
                "fields": without_numbers(content["fields"]),
                "attachments": without_numbers(content["attachments"]),
                "links": [dict(link) for link in links],
                "signer": dict(signer),
                "at": instant(at),
                "components": list(components),
                "software": software,
                "nonce": nonce,
                **({"withdraws": withdraws} if withdraws else {}),
            }
        )
    )


def read(stored: bytes) -> dict[str, Any]:
    """The manifest of these bytes; ValueError where they are not Manifest v1 in canonical form."""
    found = json.loads(stored)
    if not isinstance(found, dict) or bytes(rfc8785.dumps(found)) != stored:
        raise ValueError("not a canonical manifest")
    return found


def digest(stored: bytes) -> str:
    """SHA-256 of the manifest's bytes in hex: the digest of a signature."""
    return sha256(stored).hexdigest()


def instant(at: datetime) -> str:
    """An aware instant as the manifest writes it: RFC 3339, UTC, six decimals, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def offset(at: datetime, zone: str) -> str:
    """The zone's distance from UTC at that instant, as +01:00 (the rules of that day, kept for ever: URS-TIM-04)."""
    told = at.astimezone(ZoneInfo(zone)).strftime("%z")
    return f"{told[:3]}:{told[3:5]}"


def without_numbers(value: Any) -> Any:
    """The same content with whole numbers as their digits in text: readers of JSON disagree about numbers."""
    if isinstance(value, Mapping):
        return {key: without_numbers(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_numbers(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        raise TypeError("a regulated number is a decimal string, never a float")
    return value
