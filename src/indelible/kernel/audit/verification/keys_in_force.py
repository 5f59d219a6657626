"""Which signing key was in force when: the ledger itself tells, and nothing is signed by another (URS-OPN-04, decision 0015)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from indelible.kernel.audit import seal, tokens
from indelible.kernel.audit.verification.actors import genuine_acts
from indelible.kernel.audit.verification.examination import Check, Examination, Finding
from indelible.ledger import note
from indelible.ledger.faults import LedgerFault, Mismatch
from indelible.ledger.note import Verifier


@dataclass
class History:
    """Public keys (32 bytes) and from which ledger entry and act on they were in force, or no longer."""

    first: set[bytes]
    begun: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    ended: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def known(self) -> set[bytes]:
        """Every key that the ledger introduces, and those it began with."""
        return self.first | set(self.begun)

    def at_size(self, size: int) -> set[bytes]:
        """The keys in force for a checkpoint of so many entries."""
        begun = {one for one in self.known() if self.begun.get(one, (-1, 0))[0] < size}
        return {one for one in begun if one not in self.ended or self.ended[one][0] >= size}


def sealing(examined: Examination) -> Iterator[Finding]:
    """Each checkpoint is signed by a key of the sealer that was in force, and the home holds no other."""
    ours = seal.every_key(examined.origin)
    told = _history(examined, "sealer", {ours[0].public})
    for key in ours:
        if key.public not in told.known():
            sentence = "It stands among the installation's keys, but no entry of the ledger introduced it."
            yield Finding("keys", f"key of the sealer {key.vkey()}", sentence)
    for size, text in examined.rows("select size, note from audit.checkpoint order by size"):
        if not _signed(text, ours, told.at_size(size)):
            sentence = "No key that was in force then has signed it: a retired key was used again."
            yield Finding("keys", f"checkpoint of {size} entries", sentence)


def attesting(examined: Examination) -> Iterator[Finding]:
    """Each act's token is signed by the service's key of its time."""
    own = [key.public_bytes_raw() for key in examined.actor_keys]
    told = _history(examined, "service", {own[0]})
    for public in own:
        if public not in told.known():
            sentence = "It stands among the installation's keys, but no entry of the ledger introduced it."
            yield Finding("service keys", f"key of the service {public.hex()[:16]}", sentence)
    for public, (_, until) in told.ended.items():
        for number, token in examined.rows(
            "select id, token from audit.act where id > %s order by id", [until]
        ):
            body, _, encoded = token.rpartition("|")
            if tokens.is_signed_by(public, body, encoded):
                sentence = "Its token is signed by a key of the service that had been changed before."
                yield Finding("service keys", f"act {number}", sentence)


def _history(examined: Examination, use: str, present: set[bytes]) -> History:
    """As genuine acts tell it; where none was changed, the present key was in force from the beginning."""
    acts = genuine_acts(examined, "key.rotate", "key.retire", of=f"key:{use}")
    told = History(first={_public(acts[0].detail.get("old"))} if acts else present)
    for one in acts:
        at = (one.seq, one.id)
        if "retired" in one.detail:
            told.ended[_public(one.detail["retired"])] = at
            continue
        told.begun[_public(one.detail.get("new"))] = at
        if use == "service":
            told.ended[_public(one.detail.get("old"))] = at
    return told


def _public(line: Any) -> bytes:
    try:
        return note.parse_vkey(str(line)).public
    except LedgerFault:
        return b""


def _signed(text: str, keys: list[Verifier], in_force: set[bytes]) -> bool:
    """Whether one of these has signed; a note that cannot be read is another check's finding."""
    try:
        parsed = note.parse(text.encode())
        name = parsed.text.partition("\n")[0]
        wanted = [Verifier(name, one.public, one.type) for one in keys if one.public in in_force]
        note.open_note(text.encode(), wanted)
    except LedgerFault as fault:
        return not isinstance(fault, Mismatch)
    return True


CHECKS: Final = (
    Check("keys", "the keys that signed against those in force", sealing, quick=True),
    Check("service keys", "the tokens of acts after a change of key", attesting),
)
