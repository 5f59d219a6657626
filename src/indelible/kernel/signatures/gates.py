"""The closed list of gates before each signing; a gate lets pass only what it has seen to be in order (decision D7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity.models import LegalEntity, Person
from indelible.kernel.records.models import Record
from indelible.kernel.signatures import queries
from indelible.kernel.signatures.events import NOT_CERTIFIED

Gate = Callable[[Person, Record], None]


def certification(person: Person, record: Record) -> None:
    """The signer's company and the record's have told the agency that their signatures bind (URS-CRT-02)."""
    for entity in {person.site.legal_entity, record.legal_entity}:
        if not queries.is_certified(entity):
            raise Refusal(NOT_CERTIFIED, _way_forward(entity))


def _way_forward(entity: LegalEntity) -> str:
    return (
        f"{entity.name} has no certification to the agency on file, so nobody signs for it yet; drafts go on as before. "
        "Send the letter that your electronic signatures bind like handwritten ones, then let the security unit, "
        "QA or an administrator record it as sent, with the proof of receipt."
    )


GATES: Final[tuple[Gate, ...]] = (certification,)


def pass_all(person: Person, record: Record) -> None:
    """Asks every gate; the first that refuses answers."""
    for gate in GATES:
        gate(person, record)
