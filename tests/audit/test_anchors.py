"""Who vouches for the ledger as the ledger tells it: read back as written, keys told apart, a policy file others can read."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.kernel.audit import anchors
from indelible.ledger.cosignature import witness_signer
from indelible.ledger.faults import Malformed
from tests.ledger.growing import Log

pytestmark = pytest.mark.urs("URS-AUD-03")
LOG = Log().signer.verifier
KEYS = {
    name: witness_signer(
        f"w.example/{name}", Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    ).verifier
    for seed, name in enumerate(("qa", "second", "witnesses"), 7)
}
NAMED = anchors.Named(KEYS, 2, {"authority": "pem"})


def test_what_is_told_is_read_back() -> None:
    assert anchors.read_named(NAMED.as_detail()) == NAMED
    assert anchors.read_named(anchors.NOBODY.as_detail()) == anchors.NOBODY


@pytest.mark.parametrize(
    "detail",
    [
        None,
        {},
        {"witnesses": [{}], "quorum": 1, "authorities": []},
        {"witnesses": [], "quorum": "x", "authorities": []},
        {"witnesses": [{"name": "qa", "vkey": "x"}], "quorum": 1, "authorities": []},
        {"witnesses": [{"name": "qa", "vkey": LOG.vkey()}], "quorum": 1, "authorities": []},
    ],
)
def test_what_tells_of_nobody_is_malformed(detail: Any) -> None:
    with pytest.raises(Malformed):
        anchors.read_named(detail)


@pytest.mark.parametrize(
    ("sizes", "quorum", "vouched"),
    [
        ([], 0, 0),
        ([], 1, 0),
        ([5], 1, 5),
        ([5, 9, 7], 1, 9),
        ([5, 9, 7], 2, 7),
        ([5, 9, 7], 3, 5),
        ([5], 2, 0),
        ([5], 0, 0),
    ],
)
def test_a_quorum_vouches_for_what_enough_of_them_have_seen(
    sizes: list[int], quorum: int, vouched: int
) -> None:
    assert anchors.quorum_size(sizes, quorum) == vouched
