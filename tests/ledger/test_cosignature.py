"""Cosignatures of witnesses: golden lines made outside this product, the published example, and every wrong answer."""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from indelible.ledger import cosignature, note
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch

GOLDEN_FILE = Path(__file__).parent.parent / "golden" / "cosignature-v1.json"
GOLDEN: list[dict[str, Any]] = json.loads(GOLDEN_FILE.read_text())
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
WITNESS = cosignature.witness_signer("w.example/1", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
STRANGER = cosignature.witness_signer("w.example/1", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
# C2SP tlog-cosignature, example of section "Format" (its key is not published, its frame and time are)
PUBLISHED = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mb"
    "IUBkBIfZ+qnA=="
)


@pytest.mark.urs("URS-AUD-03", "URS-AUD-12")
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda one: one["witness"])
def test_the_golden_lines_are_made_and_read(golden: dict[str, Any]) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(golden["seed"]))
    signer = cosignature.witness_signer(golden["witness"], key)
    assert signer.verifier.vkey() == golden["vkey"]
    made = cosignature.cosign(golden["text"], signer, golden["time"])
    assert made == cosignature.Cosignature(golden["witness"], golden["time"], golden["line"])
    assert (
        cosignature.check(golden["line"], golden["text"], [cosignature.witness_verifier(golden["vkey"])])
        == made
    )


def test_the_golden_file_never_changes() -> None:
    assert (
        sha256(GOLDEN_FILE.read_bytes()).hexdigest()
        == "d3c7da9f3e90fc57215b3dbe32473da630efc4a59737bd1ebb0796bc4f2b44b3"
    )


def test_the_published_example_has_the_frame_we_read() -> None:
    one = note.parse(f"{TEXT}\n{PUBLISHED}\n".encode()).signatures[0]
    assert (one.name, one.key_id.hex(), len(one.payload)) == ("witness.example.com/w1", "8d66cf3f", 72)
    assert note.cosignature_time(one.payload) == 1679315147


def test_an_answer_gives_the_known_witness_and_ignores_strangers() -> None:
    mine, other = (cosignature.cosign(TEXT, one, 1_700_000_000) for one in (WITNESS, STRANGER))
    answer = f"{other.line}\n{mine.line}\n".encode()
    assert cosignature.read_answer(answer, TEXT, [WITNESS.verifier]) == (mine,)
    with pytest.raises(Mismatch, match="no cosignature by the witness"):
        cosignature.read_answer(f"{other.line}\n".encode(), TEXT, [WITNESS.verifier])
    with pytest.raises(Mismatch, match="No witness known here"):
        cosignature.check(other.line, TEXT, [WITNESS.verifier])


def test_a_line_for_another_checkpoint_or_time_is_refused() -> None:
    line = cosignature.cosign(TEXT, WITNESS, 1_700_000_000).line
    with pytest.raises(Mismatch, match="not valid for this checkpoint"):
        cosignature.check(line, TEXT.replace("20852163", "20852164"), [WITNESS.verifier])
    later = WITNESS.sign(TEXT, 1_700_000_001)
    moved = note.Signature(later.name, later.key_id, (5).to_bytes(8, "big") + later.payload[8:]).line()
    with pytest.raises(Mismatch, match="not valid"):
        cosignature.read_answer(moved.encode(), TEXT, [WITNESS.verifier])


@pytest.mark.parametrize("time", [0, 1 << 63])
def test_a_time_that_cannot_be_is_neither_made_nor_read(time: int) -> None:
    with pytest.raises(ValueError, match="cannot state the time"):
        cosignature.cosign(TEXT, WITNESS, time)
    with pytest.raises(Mismatch, match="a time that cannot be"):
        cosignature.read_answer(WITNESS.sign(TEXT, time).line().encode(), TEXT, [WITNESS.verifier])


def test_a_key_for_notes_cosigns_nothing() -> None:
    plain = note.Signer("w.example/1", WITNESS.key)
    with pytest.raises(Malformed, match="type 0x04"):
        cosignature.witness_verifier(plain.verifier.vkey())
    line = plain.sign(TEXT).line().rstrip("\n")
    with pytest.raises(Mismatch, match="not valid for this checkpoint"):
        cosignature.check(line, TEXT, [plain.verifier])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n",
        b"200 OK",
        b"<html>\n",
        b"\xff\xfe\n",
        "— w.example/1 AAAA\n".encode(),
        "— w.example/1\n".encode(),
        f"forged\n\n{cosignature.cosign(TEXT, WITNESS, 5).line}\n".encode(),
        f"{cosignature.cosign(TEXT, WITNESS, 5).line}\n\n".encode(),
        cosignature.cosign(TEXT, WITNESS, 5).line.encode(),
        f"{cosignature.cosign(TEXT, WITNESS, 5).line}\r\n".encode(),
        f"{cosignature.cosign(TEXT, WITNESS, 5).line}\n".encode() * 101,
        b"\xe2\x80\x94 x " + b64encode(bytes(20_000)) + b"\n",
    ],
)
def test_an_answer_that_is_not_signature_lines_is_refused(answer: bytes) -> None:
    with pytest.raises(Malformed):
        cosignature.read_answer(answer, TEXT, [WITNESS.verifier])


def test_every_flipped_bit_of_an_answer_is_found() -> None:
    data = f"{cosignature.cosign(TEXT, WITNESS, 1_700_000_000).line}\n".encode()
    for at in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(LedgerFault):
            cosignature.read_answer(bytes(flipped), TEXT, [WITNESS.verifier])


@given(st.binary(max_size=300))
def test_no_answer_whatever_breaks_the_reader(data: bytes) -> None:
    for answer in (data, "— ".encode() + data, "— w.example/1 ".encode() + data + b"\n"):
        with pytest.raises(LedgerFault):
            cosignature.read_answer(answer, TEXT, [WITNESS.verifier])
