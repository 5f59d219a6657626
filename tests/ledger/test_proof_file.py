"""Proof files: made for every entry of small logs, checked from the file alone; every changed byte is found."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.growing import ORIGIN, Log
from tests.ledger.test_policy import SIGNERS

from indelible.ledger import checkpoint, cosignature, note, policy, proof, proof_file
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from indelible.ledger.policy import Witness
from indelible.ledger.proof_file import ProofFile
from indelible.ledger.tree import subtree_of

pytestmark = pytest.mark.urs("URS-AUD-03", "URS-CPY-03")
LOG = Log(70)
KEYS = [LOG.signer.verifier]


def entry(index: int) -> bytes:
    return f"true {index}".encode()


def made(index: int, size: int = 70, extra: bytes = b"") -> ProofFile:
    hashes = proof.inclusion(index, size, subtree_of(LOG.leaves[:size]))
    return ProofFile(index, tuple(hashes), LOG.signed(size), extra)


def test_every_entry_of_small_logs_is_proved_to_the_byte() -> None:
    for size in (*range(1, 18), 64, 70):
        for index in range(size):
            data = made(index, size).to_bytes()
            read = proof_file.parse(data)
            assert read == made(index, size) and read.to_bytes() == data
            assert read.check(entry(index), ORIGIN, KEYS) == checkpoint.parse(
                note.parse(LOG.signed(size)).text
            )
            with pytest.raises(Mismatch):
                read.check(entry(index + 1), ORIGIN, KEYS)


def test_the_form_is_that_of_the_specification() -> None:
    lines = made(5, 7, b"more").to_bytes().decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra bW9yZQ==", "index 5"]
    assert lines[3] == b64encode(LOG.leaves[4]).decode()
    assert lines[6:9] == ["", ORIGIN, "7"]
    assert proof_file.parse(made(0, 1).to_bytes()).hashes == ()


def test_it_is_checked_under_a_policy_of_witnesses() -> None:
    text, name = note.parse(LOG.signed()).text, "X1"
    line = cosignature.cosign(text, SIGNERS[name], 1_790_000_000).line
    trust = policy.of_count(LOG.signer.verifier, [Witness(name, SIGNERS[name].verifier)], 1)
    read = made(9)
    with pytest.raises(Mismatch, match="nobody"):
        read.check_under(trust, entry(9))
    cosigned = ProofFile(9, read.hashes, read.signed + f"{line}\n".encode())
    vouched = proof_file.parse(cosigned.to_bytes()).check_under(trust, entry(9))
    assert vouched.witnesses == {name: 1_790_000_000} and vouched.checkpoint.size == 70
    with pytest.raises(Mismatch, match="does not lead"):
        cosigned.check_under(trust, entry(8))


def test_it_is_of_this_log_and_this_key() -> None:
    with pytest.raises(Mismatch):
        made(1).check(entry(1), "other.example", KEYS)
    with pytest.raises(Mismatch):
        made(1).check(entry(1), ORIGIN, [Log(seed=2).signer.verifier])


GOOD = made(5, 7, b"more").to_bytes().decode()
HASH = GOOD.split("\n")[3]
REFUSED = {
    "nothing": "",
    "another version": GOOD.replace("@v1", "@v2"),
    "no blank line": GOOD.replace("\n\n", "\n", 1),
    "no index": GOOD.replace("index 5\n", ""),
    "index with a zero before": GOOD.replace("index 5", "index 05"),
    "index with a sign": GOOD.replace("index 5", "index +5"),
    "index in other digits": GOOD.replace("index 5", "index \u0665"),
    "index beyond the tree": GOOD.replace("index 5", "index 7"),
    "enormous index": GOOD.replace("index 5", "index " + "9" * 5_000),
    "extra twice": GOOD.replace("index", "extra bW9yZQ==\nindex"),
    "extra after the index": GOOD.replace("extra bW9yZQ==\nindex 5\n", "index 5\nextra bW9yZQ==\n"),
    "empty extra": GOOD.replace("extra bW9yZQ==", "extra "),
    "extra not base64": GOOD.replace("bW9yZQ==", "bW9yZQ"),
    "hash of 31 bytes": GOOD.replace(HASH, b64encode(bytes(31)).decode()),
    "hash not canonical": GOOD.replace(HASH, HASH[:-2] + chr(ord(HASH[-2]) + 1) + "="),
    "64 hashes": GOOD.replace(HASH, "\n".join([HASH] * 62)),
    "carriage returns": GOOD.replace("\n", "\r\n"),
    "space at an end": GOOD.replace("index 5", "index 5 "),
    "no checkpoint": GOOD.split("\n\n")[0] + "\n\n",
    "no signature": GOOD[: GOOD.index("— ")],
    "signature line cut": GOOD[:-10],
    "more behind": GOOD + "more\n",
    "byte that is no UTF-8": GOOD.replace("index", "ind\udcffex"),
    "too large": GOOD.replace("bW9yZQ==", b64encode(bytes(proof_file.MOST_BYTES)).decode()),
}


@pytest.mark.parametrize("what", REFUSED)
def test_everything_else_is_refused(what: str) -> None:
    with pytest.raises(Malformed) as caught:
        proof_file.parse(REFUSED[what].encode(errors="surrogateescape"))
    str(caught.value).encode()


def test_every_byte_changed_is_found() -> None:
    data = made(5, 7).to_bytes()
    for at in range(len(data)):
        for other in (data[at] ^ 1, data[at] ^ 0x20, data[at] ^ 0x80):
            changed = data[:at] + bytes([other]) + data[at + 1 :]
            with pytest.raises(LedgerFault):
                proof_file.parse(changed).check(entry(5), ORIGIN, KEYS)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_with_a_sentence(data: bytes) -> None:
    for given_bytes in (data, GOOD.encode()[:40] + data):
        with pytest.raises(LedgerFault) as caught:
            proof_file.parse(given_bytes)
        str(caught.value).encode()
