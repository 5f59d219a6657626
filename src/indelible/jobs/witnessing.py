"""Asking a witness for its cosignature, and understanding a refusal: is it the witness, the network, or our own history?

A witness can say anything. What stops this installation is only what its own key signed: another checkpoint of this log,
shown by the witness, that the ledger here does not contain (C2SP tlog-witness; ledger.md 3.8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from indelible.home import outgoing
from indelible.home.outgoing import NoAnswer, Said
from indelible.home.outside import WitnessAddress
from indelible.kernel.audit import seal
from indelible.ledger import cosignature, proof, witness
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.cosignature import Cosignature
from indelible.ledger.faults import LedgerFault
from indelible.ledger.note import Verifier

_TRIES: Final = 3
_MOST_ANSWER: Final = 65_536


class Outcome(StrEnum):
    """What came of it."""

    COSIGNED = "cosigned"
    BEHIND = "behind"
    FORKED = "forked"
    SILENT = "no cosignature"


@dataclass(frozen=True, slots=True)
class Head:
    """Our newest checkpoint as it is sent: its values and the signed note."""

    checkpoint: Checkpoint
    note: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """One witness's answer. `proof` is a checkpoint signed by our own key that is not of our history, empty where there is
    none; `size` is that of the witness; `sentence` says what happened, without anything the witness wrote."""

    witness: str
    outcome: Outcome
    sentence: str = ""
    cosignature: Cosignature | None = None
    size: int = 0
    proof: bytes = b""


class Tree(Protocol):
    """The ledger as it stands here."""

    def subtree(self, start: int, end: int) -> bytes:
        """MTH(D[start:end])."""

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""


Ask = Callable[..., Said]


class Asking:
    """One question to one witness: `key` is its verifier, `log` ours, `tree` the ledger here."""

    def __init__(
        self, address: WitnessAddress, key: Verifier, log: Verifier, tree: Tree, ask: Ask = outgoing.ask
    ) -> None:
        self.address, self.key, self.log, self.tree, self.ask = address, key, log, tree, ask

    def cosignature(self, head: Head, old: int) -> Asked:
        """Asks for a cosignature of `head`; `old` is the size it cosigned last as far as we know. Never raises for what
        the witness says or does."""
        try:
            return self._ask(head, old)
        except NoAnswer as problem:
            return self._silent(str(problem))
        except LedgerFault as fault:
            return self._silent(f"{self.address.name} answered, but not with a cosignature: {fault}")
        except IndexError as fault:
            return self._silent(f"Nothing can be proven to {self.address.name}: {fault}.")

    def _ask(self, head: Head, old: int) -> Asked:
        size = head.checkpoint.size
        for _ in range(_TRIES):
            if old > size:
                return self._compared(head, old)
            steps = proof.consistency(old, size, self.tree.subtree)
            said = self._said("POST", "/add-checkpoint", witness.request(old, steps, head.note))
            if said.status == 200:
                made = cosignature.read_answer(said.body, head.checkpoint.text(), [self.key])[0]
                return Asked(self.address.name, Outcome.COSIGNED, cosignature=made, size=size)
            if said.status == 422:
                return self._compared(head, old)
            if said.status != 409:
                return self._silent(self._refusal(said.status))
            told = witness.read_size(said.body)
            if told == old or told > size:
                return self._compared(head, told)
            old = told
        return self._silent(f"{self.address.name} names another size each time it is asked.")

    def _compared(self, head: Head, size: int) -> Asked:
        """Why it refuses: its own checkpoint, signed by our key, against the ledger here."""
        size_here = head.checkpoint.size
        outcome = Outcome.BEHIND if size > size_here else Outcome.FORKED
        try:
            told, body = self._kept()
        except (NoAnswer, LedgerFault):
            return Asked(self.address.name, outcome, self._claim(outcome, size, size_here), size=size)
        if told.size > size_here:
            sentence = (
                f"{self.address.name} has cosigned {told.size} entries signed by this ledger's own key; here are {size_here}. "
                "The ledger was put back to an earlier time, or entries were deleted."
            )
            return Asked(self.address.name, Outcome.BEHIND, sentence, size=told.size, proof=body)
        if self.tree.root(told.size) != told.root:
            sentence = (
                f"{self.address.name} has cosigned another history of {told.size} entries, signed by this ledger's own key. "
                "The ledger here was rewritten, or its key signs elsewhere too."
            )
            return Asked(self.address.name, Outcome.FORKED, sentence, size=told.size, proof=body)
        return self._silent(f"{self.address.name} refuses, though its own checkpoint is of this ledger.")

    def _kept(self) -> tuple[Checkpoint, bytes]:
        said = self._said("GET", f"/{witness.origin_digest(self.log.name)}/checkpoint", None)
        if said.status != 200:
            raise NoAnswer(f"{self.address.name} does not show what it keeps.")
        return witness.read_kept(said.body, self.log.name, seal.every_key(self.log), self.key)[0], said.body

    def _claim(self, outcome: Outcome, size: int, here: int) -> str:
        if outcome is Outcome.BEHIND:
            return f"{self.address.name} says it has cosigned {size} entries of this ledger; here are {here}. It shows no proof."
        return (
            f"{self.address.name} says that this ledger does not extend what it cosigned. It shows no proof."
        )

    def _said(self, method: str, path: str, body: bytes | None) -> Said:
        return self.ask(
            method, self.address.url + path, body, private=self.address.private, most=_MOST_ANSWER
        )

    def _refusal(self, status: int) -> str:
        reasons = {
            400: "could not read what was sent",
            403: "does not trust the key of this ledger",
            404: "does not know this ledger",
            429: "was asked too often",
            503: "cannot answer for itself now",
        }
        return f"{self.address.name} {reasons.get(status, 'gave no cosignature')} (HTTP {status})."

    def _silent(self, sentence: str) -> Asked:
        return Asked(self.address.name, Outcome.SILENT, sentence)
