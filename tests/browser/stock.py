"""Records made by the product's verbs before a window is opened, for tests that are not about making them."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from tests.people import ANA, PETRA, TestPerson, shown, signed_in

REPORT: Final[dict[str, Any]] = {
    "title": "Freezer F-7 above -15 °C",
    "occurred_at": "2026-02-03T04:10:00+01:00",
    "discovered_at": "2026-02-03T06:30:00+01:00",
    "area": "Cold store",
    "product": "Buffer 12",
    "facts": "Alarm at 04:10, door found ajar.",
    "immediate_action": "Door closed, logger read.",
    "lots": [{"lot": "L-2207", "product": "Buffer 12", "status": "on hold"}],
    "systems": {"not_applicable": "only the freezer itself"},
    "documents": "SOP-031",
}


def drafted() -> str:
    """Ana's deviation, not reported yet; the address of its page."""
    return f"/records/{workflow.create_record(signed_in(ANA), 'deviation', REPORT).number}"


def reported() -> str:
    """A deviation with a changed value, a file and Ana's signature, waiting for its classification; its address."""
    ana = signed_in(ANA)
    number = workflow.create_record(ana, "deviation", REPORT).number
    workflow.edit_record(
        ana, number, {"area": "Cold store, room 2"}, revision=1, reason="the room was missing"
    )
    workflow.attach_file(
        ana, number, name="logger 14.csv", content=BytesIO(b"at;celsius\n"), field="evidence"
    )
    workflow.take_step(
        ana,
        number,
        "report",
        revision=shown(ana, number),
        signature=components(ANA, "Responsibility for the report"),
    )
    return f"/records/{number}"


def investigated() -> tuple[str, str]:
    """The same, classified by Petra, with a CAPA raised from it; the addresses of both."""
    record = reported()
    number, petra = record.rpartition("/")[2], signed_in(PETRA)
    said = {"classification": "major", "classification_reason": "Stability is shown to -15 °C only."}
    done = workflow.take_step(
        petra,
        number,
        "classify",
        revision=shown(petra, number),
        fields=said,
        signature=components(PETRA, "Classification"),
    )
    workflow.take_step(signed_in(ANA), number, "raise_capa", revision=done.revision)
    return record, "/records/" + number.replace("DEV", "CAPA")


def components(person: TestPerson, meaning: str) -> Components:
    """Everything a first signing asks for."""
    return Components(user_id=person.user_id, password=person.password, otp=None, meaning=meaning)
