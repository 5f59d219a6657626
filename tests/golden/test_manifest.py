"""The golden file of Manifest v1: the bytes a signature covers are these, in this version and every later one."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from indelible.kernel.signatures import manifest

GOLDEN = Path(__file__).with_name("manifest-v1.json")
DIGEST = Path(__file__).with_name("manifest-v1.json.sha256")


def built() -> bytes:
    """A manifest with every kind of value a record can carry."""
    return manifest.build(
        record="CAPA-2026-00042",
        revision=3,
        declaration="5f" * 32,
        step="approve_plan",
        meaning="Approval of the plan",
        content={
            "fields": {
                "problem": "Vial 7: „9.1 mg“, ‮right to left‬, 𝔘nicode\n",
                "weight": {"value": "9.90", "unit": "mg"},
                "criterion": {"window": 90, "measure": "Rejects per lot"},
                "actions": [{"what": "Move the balance", "owner": "omar", "due": "2027-01-31"}],
                "checked": True,
            },
            "attachments": [{"field": "", "name": "page 7.pdf", "sha256": "ab" * 32}],
        },
        links=[{"kind": "raised_by", "from": "CAPA-2026-00042", "to": "DEV-2026-00007"}],
        signer={
            "id": "petra",
            "name": "Petra Nováková",
            "role": "QA approver",
            "organisation": "Acme Sterile Products Ltd",
            "zone": "Europe/Zurich",
            "offset": "+01:00",
        },
        at=datetime(2026, 11, 22, 16, 19, 0, 123, tzinfo=UTC),
        components=("user_id", "password"),
        software="indelible 0.1.0",
        nonce="0123456789abcdef0123456789abcdef",
    )


def test_the_bytes_are_the_golden_ones() -> None:
    stored = GOLDEN.read_bytes()
    assert built() == stored
    assert sha256(stored).hexdigest() == DIGEST.read_text().strip() == manifest.digest(stored)


def test_a_second_reader_finds_no_number_and_the_same_order() -> None:
    """With the standard library alone; RFC 8785 sorts by UTF-16 code units, which for these keys is plain order."""

    def refuse(text: str) -> None:
        raise AssertionError(f"a number: {text}")

    found = json.loads(GOLDEN.read_bytes(), parse_int=refuse, parse_float=refuse)
    again = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again.encode() == GOLDEN.read_bytes()
    assert found["fields"]["criterion"]["window"] == "90"
    assert found["fields"]["weight"]["value"] == "9.90"
    assert manifest.read(GOLDEN.read_bytes()) == found
