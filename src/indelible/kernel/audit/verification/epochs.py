"""Epochs of the ledger: each was let begin by two people, says what was lost, and is the only reason for another name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from indelible.kernel.audit import epochs as breaks
from indelible.kernel.audit import seal
from indelible.kernel.audit.epochs import Decision, in_words
from indelible.kernel.audit.verification.examination import Check, Examination, Finding
from indelible.ledger.faults import LedgerFault


def unsettled(examined: Examination) -> Iterator[Finding]:
    """The sealer does not refuse to sign for a reason that only two people can settle."""
    newest = examined.connection.execute(_NEWEST).fetchone()
    if newest is not None and newest[1] is None and newest[0].get("epoch") == "broken":
        yield Finding("epoch due", f"ledger {newest[0].get('log')}", str(newest[0].get("says")))


def epochs(examined: Examination) -> Iterator[Finding]:
    """Each epoch has the acts of two people and the last checkpoint of the one before; what was lost is told."""
    begun = [_Begun.read(seq, image) for seq, image in examined.rows(_BEGUN)]
    for one in begun:
        examined.count("epochs")
        yield from _judged(examined, one)
    yield from _names(examined, begun)
    yield from _places(examined, begun)


CHECKS: Final = (
    Check("epoch due", "whether the ledger waits for two people", unsettled, quick=True),
    Check("epochs", "each epoch of the ledger against the acts of two people", epochs),
)

_NEWEST: Final = """
    select e.new, l.seq from audit.event as e left join audit.leaf as l on l.entry = e.id
     where e.kind = 'epoch' and e.new ->> 'epoch' <> 'lost' order by e.id desc limit 1
"""
_BEGUN: Final = """
    select l.seq, e.new from audit.event as e join audit.leaf as l on l.entry = e.id
     where e.kind = 'epoch' and e.new ->> 'epoch' = 'begun' order by l.seq
"""
_LOST: Final = """
    select l.seq, e.new ->> 'log' from audit.event as e join audit.leaf as l on l.entry = e.id
     where e.kind = 'epoch' and e.new ->> 'epoch' = 'lost' order by l.seq
"""


@dataclass(frozen=True, slots=True)
class _Begun:
    """The entry of an epoch: its index, what it says."""

    seq: int
    image: Mapping[str, Any]

    @classmethod
    def read(cls, seq: int, image: Any) -> _Begun:
        return cls(seq, image if isinstance(image, dict) else {})

    @property
    def origin(self) -> str:
        return str(self.image.get("origin"))

    @property
    def log(self) -> str:
        return str(self.image.get("log"))

    def number(self, key: str) -> int:
        value = self.image.get(key)
        return value if isinstance(value, int) else -1


def _judged(examined: Examination, one: _Begun) -> Iterator[Finding]:
    name = f"epoch {one.origin}"
    decision = breaks.decided(examined.connection, str(one.image.get("break")), examined.actor_keys)
    if decision is None or not _says(one, decision):
        yield Finding("epochs", name, "It was begun without the acts of two people in the audit trail.")
        return
    try:
        head = seal.opened(str(one.image.get("note")).encode(), examined.origin)
    except LedgerFault as fault:
        yield Finding("epochs", name, f"The last checkpoint of the epoch before is not to be read: {fault}")
        return
    if head.origin != one.log:
        yield Finding("epochs", name, f"It follows {one.log}, but names a checkpoint of {head.origin}.")
        return
    examined.notices.append(_told(one, head.size, decision))


def _says(one: _Begun, decision: Decision) -> bool:
    """The entry names the people, acts and reason that the trail holds."""
    told = (one.image.get("proposed_by"), one.image.get("approved_by"), one.image.get("reason"))
    return told == (dict(decision.proposed), dict(decision.approved), decision.reason)


def _told(one: _Begun, size: int, decision: Decision) -> str:
    return (
        f"The ledger {one.log}, last signed with {size} entries, ended with entry {one.number('kept') - 1}; {one.origin} goes "
        f"on from there since ledger entry {one.seq}. {in_words(one.image)} Proposed by {decision.proposed['name']} "
        f"({decision.proposed['user_id']}), approved by {decision.approved['name']} ({decision.approved['user_id']}): "
        f"{decision.reason}"
    )


def _names(examined: Examination, begun: list[_Begun]) -> Iterator[Finding]:
    """A checkpoint bears the name of the epoch whose entry is the newest that it holds."""
    for size, note in examined.rows("select size, note from audit.checkpoint order by size"):
        earlier = [one for one in begun if one.seq < size]
        wanted = earlier[-1].origin if earlier else examined.origin.name
        try:
            signed = seal.opened(str(note).encode(), examined.origin).origin
        except LedgerFault:
            continue  # the check of the tree says what is wrong with it
        if signed != wanted:
            sentence = f"It is signed as {signed}, but the ledger of this size is {wanted}: no entry tells of that epoch."
            yield Finding("epochs", f"checkpoint of {size} entries", sentence)


def _places(examined: Examination, begun: list[_Begun]) -> Iterator[Finding]:
    """Every entry that stands for a lost one lies where an epoch says so, and none is missing."""
    owed = {
        (index, one.log)
        for one in begun
        for index in range(max(one.number("kept"), 0), max(one.number("size"), 0))
    }
    found = set(examined.rows(_LOST))
    for index, log in sorted(owed ^ found):
        sentence = (
            f"An epoch says that it was lost from {log}, but another entry stands in its place."
            if (index, log) in owed
            else f"It says that an entry of {log} was lost here, and no epoch says so."
        )
        yield Finding("epochs", f"ledger entry {index}", sentence)
