"""Ways in which tests sign: one person's session, a CAPA of theirs, and the components they give."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.records.models import Record
from indelible.kernel.signatures.models import Signature
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions
from tests.people import TestPerson, shown

DRAFT: dict[str, Any] = {
    "title": "Vial 7 underweight",
    "source": "deviation",
    "problem": "Vial 7 of lot A weighs 9.1 mg.",
}
MEANING = "Responsibility for the report"


def capa(actor: Actor, **fields: Any) -> Record:
    """A drafted CAPA, ready for its first signed step."""
    return actions.create_record(actor, "capa", {**DRAFT, **fields})


def all_of(person: TestPerson, *, meaning: str | None = MEANING) -> Components:
    """Id typed and password, as at the first signing of a period."""
    return Components(person.user_id, person.password, None, meaning)


def later(person: TestPerson, *, meaning: str | None = MEANING) -> Components:
    """The password alone, as at a later signing."""
    return Components(None, person.password, None, meaning)


def submit(actor: Actor, record: Record, components: Components) -> Signature:
    """Is shown the record and takes its first signed step; the signature it led to."""
    shown(actor, record.number)
    actions.take_step(actor, record.number, "submit", revision=record.revision, signature=components)
    return Signature.objects.select_related("record", "revision", "person").filter(record=record).latest("id")
