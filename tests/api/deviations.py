"""A deviation over the API, from first entry to closure by two people: right values for each step."""

from __future__ import annotations

from typing import Any

from tests.api.calling import Answer, Caller

FIRST: dict[str, Any] = {
    "title": "Vial 7 weighed too little",
    "occurred_at": "2026-03-04T08:30:00+01:00",
    "discovered_at": "2026-03-04T09:30:00+01:00",
    "area": "Filling line 3",
    "product": "Saline 10 mL",
    "facts": "At 08:30 on line 3 vial 7 of lot L-204 weighed 9.1 g, below 9.5 g.",
    "immediate_action": "Line stopped by the operator; vials 1 to 40 set aside.",
    "lots": [{"lot": "L-204", "product": "Saline 10 mL", "status": "on hold"}],
    "systems": "Balance B-17",
    "documents": {"not_applicable": "no instruction names this weight"},
}
FOUND: dict[str, Any] = {
    "cause_category": "machine",
    "cause": "The balance drifted after the move of 2 March.",
    "impact": "None reached a patient; the lot is on hold.",
    "other_lots": "L-203 and L-205 were weighed again and are within limits.",
    "correction": "Balance calibrated; 40 vials rejected.",
    "capa_decision": "CAPA not needed",
    "capa_decision_reason": "Single event with a known and corrected cause.",
}


def opened(caller: Caller, **over: Any) -> Answer:
    """A new deviation."""
    answer = caller.post("/records", {"process": "deviation", "fields": {**FIRST, **over}})
    assert answer.status == 201, answer
    return answer


def step(
    caller: Caller,
    number: str,
    name: str,
    *,
    meaning: str = "",
    password: str = "",
    user_id: str | None = None,
    **over: Any,
) -> Answer:
    """Reads the record and takes a step at the revision read; signed where a meaning is given."""
    revision = caller.get(f"/records/{number}").body["revision"]
    body: dict[str, Any] = {"revision": revision, **over}
    if meaning:
        body["signature"] = {"user_id": user_id, "password": password, "meaning": meaning}
    return caller.post(f"/records/{number}/steps/{name}", body)
