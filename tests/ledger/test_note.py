"""Signed notes, cosignatures and checkpoints: one canonical form, and nothing else is accepted."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from indelible.ledger import checkpoint, note
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from indelible.ledger.leaf import EMPTY_ROOT, leaf_hash

SIGNER = note.Signer("indelible.example/log", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
OTHER = note.Signer("indelible.example/log", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
WITNESS = note.Signer("witness.example", Ed25519PrivateKey.from_private_bytes(b"\x03" * 32), note.COSIGNATURE)
HEAD = Checkpoint("indelible.example/log", 3, leaf_hash(b"x"))

# The example of the signed-note text and of Go's x/mod/sumdb/note: key PeterNeumann.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENCOURAGED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_example_note_opens() -> None:
    opened = note.open_note(ENCOURAGED.encode(), [note.parse_vkey(PETER)])
    assert opened.text.startswith("If you think cryptography")
    assert [one.name for one in opened.verified] == ["PeterNeumann"]


def test_a_signed_checkpoint_opens_with_its_key_and_no_other() -> None:
    data = checkpoint.signed(HEAD, [SIGNER])
    assert checkpoint.open_checkpoint(data, HEAD.origin, [SIGNER.verifier]) == HEAD
    with pytest.raises(Mismatch, match="No key known"):
        checkpoint.open_checkpoint(data, HEAD.origin, [OTHER.verifier])
    with pytest.raises(Mismatch, match="is of the log"):
        checkpoint.open_checkpoint(data, "other.example/log", [SIGNER.verifier])


def test_unknown_keys_are_ignored_and_a_known_key_with_a_wrong_signature_rejects_the_note() -> None:
    signed = note.sign(HEAD.text(), [SIGNER, OTHER])
    opened = note.open_note(signed.to_bytes(), [SIGNER.verifier])
    assert len(opened.verified) == len(opened.unverified) == 1
    forged = note.Signature(OTHER.name, OTHER.verifier.key_id, bytes(64))
    spoiled = note.Note(signed.text, (signed.signatures[0], forged))
    with pytest.raises(Mismatch, match="not valid"):
        note.open_note(spoiled.to_bytes(), [SIGNER.verifier, OTHER.verifier])


def test_sixteen_signatures_are_read() -> None:
    strangers = [
        note.Signer(f"w{one}", Ed25519PrivateKey.from_private_bytes(bytes([one + 9]) * 32))
        for one in range(15)
    ]
    data = note.sign(HEAD.text(), [*strangers, SIGNER]).to_bytes()
    assert len(note.open_note(data, [SIGNER.verifier]).unverified) == 15


def test_a_cosignature_is_bound_to_text_and_time() -> None:
    mark = WITNESS.sign(HEAD.text(), time=1_700_000_000)
    assert note.cosignature_time(mark.payload) == 1_700_000_000
    assert len(mark.payload) == 72
    assert WITNESS.verifier.verify(HEAD.text(), mark.payload)
    later = (1_700_000_001).to_bytes(8, "big") + mark.payload[8:]
    assert not WITNESS.verifier.verify(HEAD.text(), later)
    assert not WITNESS.verifier.verify(HEAD.text() + "x\n", mark.payload)
    assert not WITNESS.verifier.verify(HEAD.text(), mark.payload[:-1])
    both = note.Note(HEAD.text(), (SIGNER.sign(HEAD.text()), mark))
    opened = note.open_note(both.to_bytes(), [SIGNER.verifier, WITNESS.verifier])
    assert [one.name for one in opened.verified] == [SIGNER.name, WITNESS.name]
    with pytest.raises(ValueError, match="needs a time"):
        WITNESS.sign(HEAD.text())
    with pytest.raises(Malformed, match="shorter"):
        note.cosignature_time(b"1234567")


def test_verifier_keys_are_printed_and_read_back() -> None:
    for signer in (SIGNER, WITNESS):
        assert note.parse_vkey(signer.verifier.vkey()) == signer.verifier
    line = SIGNER.verifier.vkey()
    for wrong in (
        "",
        "name",
        line.replace("+", "+0", 1),
        line[:-1],
        line + "A",
        "a b" + line,
        PETER.replace("c7", "C7"),
    ):
        with pytest.raises(Malformed):
            note.parse_vkey(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n",
        "log\n3\n",
        "log\n03\nUNUSED\n",
        "\n3\n" + HEAD.text().split("\n")[2] + "\n",
        HEAD.text()[:-1],
        HEAD.text().replace("\n3\n", "\n 3\n"),
        HEAD.text().replace("\n3\n", "\n+3\n"),
        HEAD.text().replace("\n3\n", "\n-3\n"),
        HEAD.text().replace("\n3\n", "\n٣\n"),
        HEAD.text().replace("\n3\n", "\n99999999999999999999\n"),
        HEAD.text().replace("=", ""),
        HEAD.text() + "\n",
        HEAD.text().replace("\n3\n", "\n0\n"),
        "log\n3\nAAAA\n",
    ],
)
def test_a_checkpoint_that_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        checkpoint.parse(text)


def test_a_checkpoint_with_extension_lines_keeps_them() -> None:
    text = HEAD.text() + "Timestamp: 1\n"
    assert checkpoint.parse(text).extensions == ("Timestamp: 1",)
    assert checkpoint.parse(text).text() == text
    assert checkpoint.parse(Checkpoint("log", 0, EMPTY_ROOT).text()).size == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        b"te\x00xt\n\n\xe2\x80\x94 a AAAAAAAAAA==\n",
        b"text\n\n\xe2\x80\x94 a AAAA\n",
        b"text\n\n\xe2\x80\x94 a+b AAAAAAAAAA==\n",
        b"text\n\n- a AAAAAAAAAA==\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAAAAB==\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAAAAA==",
        b"text\n\n\xff\n",
        b"x" * 1_000_001,
        b"text\n\n" + b"\xe2\x80\x94 a AAAAAAAAAA==\n" * 101,
    ],
)
def test_a_note_that_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        note.parse(data)


def test_every_flipped_bit_of_a_signed_checkpoint_is_found() -> None:
    data = checkpoint.signed(HEAD, [SIGNER])
    for at in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(LedgerFault):
            checkpoint.open_checkpoint(bytes(flipped), HEAD.origin, [SIGNER.verifier])


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader(data: bytes) -> None:
    for text in (data, b"text\n\n" + data, "text\n\n— ".encode() + data):
        try:
            assert note.parse(text).to_bytes() == text
        except Malformed as fault:
            assert str(fault)
