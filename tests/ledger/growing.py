"""A log in memory for the tests of witnesses: grows, forks, signs, proves."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.ledger import checkpoint, proof, witness
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.note import Signer
from indelible.ledger.tree import root_of, subtree_of

ORIGIN = "ledger.indelible/test"


class Log:
    """Leaves by number; `fork` makes another history from some leaf on."""

    def __init__(self, size: int = 0, fork: int | None = None, seed: int = 1, origin: str = ORIGIN) -> None:
        self.signer = Signer(origin, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))
        self.leaves: list[bytes] = []
        self.grow(size, fork)

    def grow(self, size: int, fork: int | None = None) -> Log:
        for number in range(len(self.leaves), size):
            word = "false" if fork is not None and number >= fork else "true"
            self.leaves.append(leaf_hash(f"{word} {number}".encode()))
        return self

    def signed(self, size: int | None = None) -> bytes:
        part = self.leaves[:size]
        return checkpoint.signed(Checkpoint(self.signer.name, len(part), root_of(part)), [self.signer])

    def proof(self, old: int, size: int | None = None) -> list[bytes]:
        part = self.leaves[:size]
        return proof.consistency(old, len(part), subtree_of(part))

    def request(self, old: int, size: int | None = None) -> bytes:
        return witness.request(old, self.proof(old, size), self.signed(size))
