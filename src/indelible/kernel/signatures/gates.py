"""The closed list of gates before each signing; a gate lets pass only what it has seen to be in order (decision D7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from indelible.kernel.audit import timekeeping
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.events import IDENTITY_UNVERIFIED
from indelible.kernel.identity.models import LegalEntity, Person
from indelible.kernel.records.models import Record
from indelible.kernel.signatures import accountability, proving, queries, readings
from indelible.kernel.signatures.events import ACCOUNTABILITY_DUE, CLOCK_DOUBTFUL, NOT_CERTIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What gates look at: who signs through which door, which record, and the revision the person acted on."""

    actor: Actor
    person: Person
    record: Record | None = None
    acted_on: int = 0
    shown: str = ""
    """The digest of what stands now at `acted_on`, its links included (readings.digest_of)."""
    named: str = ""
    """What is signed where it is no record."""

    @property
    def what(self) -> str:
        """What is signed, as people know it."""
        return self.record.number if self.record else self.named


Gate = Callable[[Signing], None]


def door(signing: Signing) -> None:
    """Another door than the page signs only where the installation decided so (URS-SIG-08, decision 0007)."""
    proving.through_an_open_door(signing.actor, signing.what)


def clock_in_order(signing: Signing) -> None:
    """A signature has a time: none is made while the clock is far from its source, or nobody could ask it for a day (TIM-02)."""
    found = timekeeping.standing()
    if not found.lets_sign:
        raise Refusal(
            CLOCK_DOUBTFUL,
            f"{_why_doubtful(found)}, so nobody signs {signing.what} or anything else. "
            "Drafts go on as before. Tell your administrator.",
        )


def _why_doubtful(found: timekeeping.Standing) -> str:
    offset = found.offset or 0.0
    if found.state == "set":
        way = "forward" if offset > 0 else "back"
        return f"The clock here was set {way} by {abs(offset):.0f} seconds and nobody has set it right or measured it since"
    if found.state == "lost":
        return f"The time source {found.source} gave no answer for a day"
    way = "behind" if offset > 0 else "ahead of"
    return f"The time source {found.source} is {abs(offset):.0f} seconds {way} the clock here"


def certification(signing: Signing) -> None:
    """The signer's company and the record's have told the agency that their signatures bind (URS-CRT-02)."""
    companies = {signing.person.site.legal_entity, *([signing.record.legal_entity] if signing.record else [])}
    for entity in companies:
        if not queries.is_certified(entity):
            raise Refusal(NOT_CERTIFIED, _way_forward(entity))


def identity_verified(signing: Signing) -> None:
    """Somebody else has confirmed who the signer is, and nothing ended it since (URS-UNQ-02, URS-SIG-06)."""
    if not identity.is_identity_verified(signing.person):
        raise Refusal(
            IDENTITY_UNVERIFIED,
            "Nobody has confirmed who you are since you were given a one-time secret, so you cannot sign yet; drafts go on as "
            "before. Ask an administrator or the security unit, and not the one who issued that secret, to record it.",
        )


def accountable(signing: Signing) -> None:
    """The signer has accepted that they answer for what is done under their signature (URS-POL-01, -02)."""
    if due := accountability.standing(signing.person, clock()).due:
        raise Refusal(
            ACCOUNTABILITY_DUE,
            f"Before you sign, accept the accountability statement ({due}): read it at /accountability and sign it there with "
            "your user id and password. Then sign here.",
        )


def reading(signing: Signing) -> None:
    """The door has shown this session the record at the very revision acted on, with the links it has (URS-SIG-05, -08, LNK-01).

    Every door notes what it showed; the demonstration, which has no door, has nobody to show anything to.
    """
    if signing.actor.channel == "demo" or signing.record is None:
        return
    readings.require_read(signing.actor, signing.record, signing.acted_on, signing.shown)


def _way_forward(entity: LegalEntity) -> str:
    return (
        f"{entity.name} has no certification to the agency on file, so nobody signs for it yet; drafts go on as before. "
        "Send the letter that your electronic signatures bind like handwritten ones, then let the security unit, "
        "QA or an administrator record it as sent, with the proof of receipt."
    )


BEFORE_STATEMENT: Final[tuple[Gate, ...]] = (door, clock_in_order, certification, identity_verified)
"""Asked before the accountability statement, too, which is signed like anything else."""
GATES: Final[tuple[Gate, ...]] = (*BEFORE_STATEMENT, accountable, reading)


def pass_all(signing: Signing) -> None:
    """Asks every gate; the first that refuses answers."""
    for gate in GATES:
        gate(signing)


def pass_before_statement(signing: Signing) -> None:
    """Asks the gates that stand before the statement which the rest of them ask for (URS-CRT-02, URS-UNQ-02, URS-TIM-02)."""
    for gate in BEFORE_STATEMENT:
        gate(signing)
