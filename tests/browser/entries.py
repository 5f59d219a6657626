"""What the people of the walkthrough type: a deviation and its CAPA by the ids of their inputs."""

from __future__ import annotations

from typing import Final

from tests.browser.sight import Sight

REPORT: Final = {
    "f-title": "Freezer F-7 above -15 °C",
    "f-occurred_at": "2026-02-03 04:10",
    "f-discovered_at": "2026-02-03 06:30",
    "f-area": "Cold store",
    "f-product-na": "No product was in the freezer",
    "f-facts": "Alarm at 04:10, door found ajar.\nLogger 14 read -9 °C at most.",
    "f-immediate_action": "Door closed, logger read, stock moved.",
    "f-systems": "Freezer F-7, logger 14",
    "f-documents": "SOP-031",
}
LOT: Final = {"f-lots-0-lot": "L-2207", "f-lots-0-product": "Buffer 12", "f-lots-0-status": "on hold"}
CLASSIFIED: Final = {
    "f-classification": "major",
    "f-classification_reason": "Stability of buffer 12 is shown to -15 °C only.",
}
INVESTIGATED: Final = {
    "f-cause_category": "machine",
    "f-cause": "The door's spring had lost its force.",
    "f-impact": "Buffer 12, lot L-2207: retest passed, no patient touched.",
    "f-other_lots": "All lots of freezers F-1 to F-9 were looked at; none above -15 °C.",
    "f-correction": "Lot retested, spring replaced.",
    "f-capa_decision": "CAPA raised",
    "f-capa_decision_reason": "The same spring is in nine freezers.",
}
PLAN: Final = {
    "f-root_cause": "No maintenance interval for door springs.",
    "f-risk": "medium",
    "f-no_harm": "A spring of the same type and force.",
    "f-criterion-measure": "Door alarms per month",
    "f-criterion-target": "none",
    "f-criterion-source": "Alarm log of the cold store",
    "f-criterion-window": "0",
}
ACTION: Final = {
    "f-actions-0-what": "Replace the springs of F-1 to F-9",
    "f-actions-0-kind": "corrective",
    "f-actions-0-owner": "ana",
    "f-actions-0-due": "2026-03-31",
}
DONE: Final = {
    "f-actions-0-done": "2026-03-20",
    "f-actions-0-evidence": "Work orders 551 to 559",
}


def open_deviation(sight: Sight) -> str:
    """Opens a deviation by its form, every kind of field in it; the address of its page."""
    sight.open("/processes/deviation/new")
    sight.fill(REPORT)
    add_row(sight, LOT, "f-lots")
    sight.press("Open the record")
    return sight.path


def add_row(sight: Sight, row: dict[str, str], table: str) -> None:
    """Adds a row to a table of the form, in place or by a post where no scripts run."""
    button = sight.page.locator(f"#{table}").get_by_role("button", name="Add a row")
    if sight.scripts:
        button.click()
    else:
        with sight.page.expect_navigation():
            button.click()
    sight.fill(row)
