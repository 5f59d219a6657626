"""Ways in which tests carry a record: people, signatures, filled examples."""

from __future__ import annotations

from typing import Any

from indelible.kernel.audit.types import Actor
from indelible.kernel.records.models import Record
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions
from tests.people import TestPerson, shown, signed_in

DRAFT: dict[str, Any] = {
    "title": "Vial 7 underweight",
    "source": "deviation",
    "problem": "Vial 7 of lot A weighs 9.1 mg.",
}
PLAN: dict[str, Any] = {
    "root_cause": "The balance drifts when the door is open.",
    "risk": "medium",
    "actions": [{"what": "Move the balance", "kind": "corrective", "owner": "omar", "due": "2027-01-31"}],
    "no_harm": "The new place is of the same room class.",
    "criterion": {"measure": "Rejects per lot", "target": "0", "source": "Weighing records", "window": 0},
}


class Hand:
    """One person's hand in one session: calls the verbs and signs with their own components."""

    def __init__(self, person: TestPerson) -> None:
        self.person = person
        self.actor: Actor = signed_in(person)

    @property
    def components(self) -> Components:
        return Components(user_id=self.person.user_id, password=self.person.password, otp=None, meaning=None)

    def create(self, process: str, fields: dict[str, Any], **more: Any) -> Record:
        return actions.create_record(self.actor, process, fields, **more)

    def edit(self, record: Record, fields: dict[str, Any], **more: Any) -> Record:
        revision = more.pop("revision", record.revision)
        return actions.edit_record(self.actor, record.number, fields, revision=revision, **more)

    def take(self, record: Record, step: str, fields: dict[str, Any] | None = None, **more: Any) -> Record:
        revision = more.pop("revision", record.revision)
        shown(self.actor, record.number)
        return actions.take_step(self.actor, record.number, step, revision=revision, fields=fields, **more)

    def sign(self, record: Record, step: str, fields: dict[str, Any] | None = None, **more: Any) -> Record:
        return self.take(record, step, fields, signature=self.components, **more)


def planned(owner: Hand, of: Record | None = None, **changes: Any) -> Record:
    """A CAPA whose plan waits for approval: a new one, or the complete draft `of`."""
    record = owner.sign(of or owner.create("capa", DRAFT), "submit")
    return owner.sign(owner.edit(record, PLAN | changes), "propose")


def checked(owner: Hand, approver: Hand, **changes: Any) -> Record:
    """A CAPA that waits for its effectiveness check."""
    record = approver.sign(planned(owner, **changes), "approve_plan")
    rows = [{**row, "done": "2026-01-31", "evidence": "Room plan 4"} for row in record.values["actions"]]
    return owner.sign(owner.edit(record, {"actions": rows}), "finish")
