"""Two third-party verifiers read our checkpoints, cosignatures and quorum, and reject each altered one."""

from __future__ import annotations

import pytest
import tlog_scales.signing
import tlog_scales.tlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proofbundle import checkpoint as proofbundle

from indelible.ledger import cosignature, note
from tests.ledger.growing import Log

pytestmark = pytest.mark.urs("URS-AUD-03", "URS-CPY-03")
LOG = Log(70)
TEXT = note.parse(LOG.signed()).text
WITNESSES = [
    cosignature.witness_signer(f"w.example/{name}", Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))
    for name, seed in (("qa", 7), ("second-site", 8), ("third", 9))
]
KEYS = [one.verifier.vkey() for one in WITNESSES]
COSIGNED = LOG.signed().decode() + "".join(
    cosignature.cosign(TEXT, one, 1_790_000_000 + at).line + "\n" for at, one in enumerate(WITNESSES)
)


def altered() -> dict[str, str]:
    """The cosigned checkpoint, altered each in another place."""
    lines = COSIGNED.splitlines(keepends=True)
    other = cosignature.cosign(note.parse(LOG.signed(69)).text, WITNESSES[0], 1_790_000_000).line + "\n"
    later = WITNESSES[0].sign(TEXT, 1_790_000_001)
    moved = note.Signature(
        later.name, later.key_id, (1_790_000_002).to_bytes(8, "big") + later.payload[8:]
    ).line()
    return {
        "size": COSIGNED.replace("\n70\n", "\n71\n", 1),
        "origin": COSIGNED.replace("ledger.indelible/test\n", "ledger.indelible/tes7\n", 1),
        "of another checkpoint": "".join([*lines[:5], other]),
        "at another time": "".join([*lines[:5], moved]),
    }


def test_one_verifier_accepts_log_signature_and_quorum() -> None:
    found = proofbundle.verify_witnessed_checkpoint(
        COSIGNED, LOG.signer.verifier.vkey(), KEYS, threshold=3, expected_origin=LOG.signer.name
    )
    assert found["ok"] and found["log_ok"] and found["tree_size"] == 70
    for at, key in enumerate(KEYS):
        assert proofbundle.verify_cosignature(COSIGNED, key)["timestamp"] == 1_790_000_000 + at


@pytest.mark.parametrize("what", altered())
def test_one_verifier_rejects_what_was_altered(what: str) -> None:
    assert not proofbundle.verify_cosignature(altered()[what], KEYS[0])["ok"]


def test_the_other_verifier_accepts_each_signature() -> None:
    read = tlog_scales.tlog.Checkpoint.from_text(COSIGNED)
    assert len(read.signatures) == 4
    for vkey in (LOG.signer.verifier.vkey(), *KEYS):
        key = tlog_scales.signing.Vkey.from_string(vkey)
        (mine,) = [one for one in read.signatures if key.match(one)]
        key.get_verifier().verify(mine.payload, read)
        assert key.serialize() == vkey


@pytest.mark.parametrize("what", altered())
def test_the_other_verifier_rejects_what_was_altered(what: str) -> None:
    read = tlog_scales.tlog.Checkpoint.from_text(altered()[what])
    key = tlog_scales.signing.Vkey.from_string(KEYS[0])
    (mine,) = [one for one in read.signatures if key.match(one)]
    with pytest.raises(InvalidSignature):
        key.get_verifier().verify(mine.payload, read)


def test_theirs_are_read_by_us() -> None:
    """Cosignatures made by another maker's code, under a key of ours."""
    key = WITNESSES[0].key
    made = proofbundle.cosign_checkpoint(LOG.signed().decode(), key, WITNESSES[0].name, 1_790_000_000)
    lines = "".join(line + "\n" for line in made.splitlines() if line.startswith(f"— {WITNESSES[0].name} "))
    (read,) = cosignature.read_answer(lines.encode(), TEXT, [WITNESSES[0].verifier])
    assert read.time == 1_790_000_000 and read.line in COSIGNED
