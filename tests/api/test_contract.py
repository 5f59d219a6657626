"""The service against its own description, by schemathesis, as each role: no fault of ours, every answer as described.

Requests are drawn right and wrong from the description; half of the right ones name records, people and revisions
that exist, because nonsense alone proves only refusals. Which operations reached a good answer is printed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from indelible.api import description
from tests.api.calling import Caller
from tests.api.deviations import FIRST, FOUND, opened, step
from tests.api.test_records import upload
from tests.conftest import seal_all
from tests.people import ANA, CAST, INES, OMAR, PETRA, RAJ, SAM, TOM, UMA, VIC, TestPerson

ROLES = (ANA, RAJ, PETRA, OMAR, VIC, SAM, UMA, INES, TOM)
SESSIONS = 25
"""Sessions opened beforehand: requests drawn at random sign out, lock and fail to prove themselves."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EXAMPLES = settings(
    max_examples=2,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_reached: dict[str, Counter[int]] = defaultdict(Counter)


@dataclass
class Visit:
    """One role at the service: its sessions, and what exists there to be named."""

    person: TestPerson
    sessions: list[Caller] = field(default_factory=list)
    turn: int = 0

    def __post_init__(self) -> None:
        self.sessions = [Caller(self.person) for _ in range(SESSIONS)]

    @property
    def caller(self) -> Caller:
        """The first session that still is in force."""
        while len(self.sessions) > 1 and self.sessions[0].get("/roles").status == 401:
            self.sessions.pop(0)
        return self.sessions[0]

    def informed(self, case: Case) -> None:
        """Names things that exist, and values that fit, in a drawn request."""
        self.turn += 1
        records = self.caller.get("/records?limit=20").body["items"]
        number = records[self.turn % len(records)]["number"] if records else "DEV-2026-00001"
        record = self.caller.get(f"/records/{number}").body or {}
        self._name_path(case, number, record)
        label = case.operation.label.replace(description.PREFIX, "/")
        made = self._body(label, record)
        if made is not None:
            case.body = made
        if label.startswith("PATCH /records/"):
            case.headers = {**(case.headers or {}), "If-Match": f'"{record.get("revision", 1)}"'}
        if label.endswith("/copy"):
            case.query = {"format": ("json", "pdf")[self.turn % 2]}
        elif case.method == "GET":
            case.query = {}

    def _name_path(self, case: Case, number: str, record: dict[str, Any]) -> None:
        steps = [s["name"] for s in record.get("steps", ())] or ["report"]
        files = [a["sha256"] for a in record.get("attachments", ())] or ["ab" * 32]
        signatures = [s["id"] for s in record.get("signatures", ())] or [1]
        waiting = [g["id"] for g in self.caller.get("/grants").body["items"]] or [1]
        known = {
            "number": number,
            "step": steps[self.turn % len(steps)],
            "sha256": files[0],
            "signature_id": signatures[0],
            "revision": 1,
            "code": "deviation",
            "user_id": ("tom", "eve", "lin")[self.turn % 3],
            "grant_id": waiting[0],
            "session_id": "0123456789abcdef",
            "notice_id": 1,
            "passkey_id": 1,
            "certification_id": 1,
            "file_id": 1,
            "exception_id": 1,
            "delegation_id": 1,
            "credential_id": 1,
            "level": "0",
            "tile": ("000.p/1", "000.p/2")[self.turn % 2],
            "seq": self.turn % 3,
        }
        case.path_parameters = {name: known[name] for name in case.path_parameters or {}}

    def _body(self, label: str, record: dict[str, Any]) -> Any:
        why = {"reason": "drawn by the contract test"}
        table: dict[str, Any] = {
            "POST /sessions": {"user_id": self.person.user_id, "password": self.person.password},
            "DELETE /sessions/current/lock": {"password": self.person.password},
            "POST /records": {"process": "deviation", "fields": FIRST},
            "PATCH /records/{number}": {"fields": {"area": f"Line {self.turn}"}, **why},
            "POST /records/{number}/links": {"kind": "related", "to": record.get("number", "x")[:-1] + "2"},
            "PUT /records/{number}/owner": {"owner": ("ana", "omar")[self.turn % 2], **why},
            "POST /grants": {"user_id": "tom", "role": ("author", "qa_approver")[self.turn % 2], **why},
            "POST /people": {
                "user_id": f"new{self.turn}",
                "name": f"Kim Number{'abcdefghijklmnopqrstuvwxyz'[self.turn % 26]}",
                "email": f"new{self.turn}@acme.example",
                "site": "BSL",
            },
            "POST /sites": {
                "code": f"S{self.turn}",
                "name": "New plant",
                "zone": "Asia/Tokyo",
                "legal_entity": "ACME",
            },
            "POST /legal-entities": {"code": f"E{self.turn}", "name": "Another company"},
            "POST /certifications": {
                "legal_entity": "ACME",
                "signatory": "Greta Lang",
                "route": "paper",
                "sent_on": "2026-01-05",
                "receipt": "courier receipt 5521",
                **why,
            },
            "POST /people/{user_id}/identity-verifications": {
                "method": "passport",
                "reference": "passport seen, HR-9",
                "verified_on": "2026-01-05",
            },
            "POST /credentials/one-time-codes/test": {"password": self.person.password, "code": "000000"},
            "POST /accountability": {
                "version": 1,
                "user_id": self.person.user_id,
                "password": self.person.password,
            },
            "POST /accountability/statements": {
                "text": "I answer for every action under my electronic signature, which binds like my handwritten one.",
                **why,
            },
            "PUT /settings/signing": {"machines": True, **why},
            "PATCH /people/{user_id}": {"zone": "Asia/Tokyo", **why},
        }
        if label == "POST /records/{number}/steps/{step}/refusal":
            return {"revision": record.get("revision", 1), **why}
        if label == "POST /records/{number}/steps/{step}":
            return self._step(record)
        return table.get(label, why if label.startswith(("POST /people/", "POST /grants/")) else None)

    def _step(self, record: dict[str, Any]) -> dict[str, Any]:
        steps = record.get("steps") or [{"fills": [], "signature": None, "reason_required": False}]
        wanted = steps[self.turn % len(steps)]
        right = {
            **FOUND,
            "classification": "minor",
            "classification_reason": "no harm",
            "qa_assessment": "complete",
        }
        body: dict[str, Any] = {"revision": record.get("revision", 1)}
        body["fields"] = {name: right[name] for name in wanted["fills"] if name in right}
        if wanted["reason_required"]:
            body["reason"] = "drawn by the contract test"
        if wanted["signature"]:
            body["signature"] = {
                "user_id": self.person.user_id,
                "password": self.person.password,
                "meaning": wanted["signature"]["meaning"],
            }
        return body


def furnish() -> None:
    """Records in several states, a file, a link, a role that waits."""
    ana, petra, sam = Caller(ANA), Caller(PETRA), Caller(SAM)
    numbers = [opened(ana).body["number"] for _ in range(6)]
    full = {"password": ANA.password, "user_id": "ana", "meaning": "Responsibility for the report"}
    qa = {"password": PETRA.password, "user_id": "petra", "meaning": "Classification"}
    judged = {"classification": "minor", "classification_reason": "no patient was reached"}
    for number in numbers[2:]:
        assert step(ana, number, "report", **full).status == 200
    for number in numbers[4:]:
        assert step(petra, number, "classify", fields=judged, **qa).status == 200
    assert upload(ana, numbers[0], "printout.pdf", b"%PDF-1.7 balance").status == 201
    asked = {"user_id": "eve", "role": "qa_approver", "reason": "starts work in QA"}
    assert sam.post("/grants", asked).status == 202


@pytest.fixture
def schema(stocked: Any, tmp_path: Path) -> Any:
    furnish()
    seal_all(stocked, tmp_path)
    return schemathesis.openapi.from_dict(description.served())


@cache
def service() -> Any:
    """The product as a server runs it."""
    return get_wsgi_application()


def call(case: Case, caller: Caller) -> int:
    """Sends a drawn request through the service and holds the answer against the description."""
    session = {"Authorization": f"Bearer {caller.token}"}
    case.operation.app = service()
    response = case.call_and_validate(
        base_url="http://localhost", headers={**(case.headers or {}), **session}, checks=CHECKS
    )
    return int(response.status_code)


def drive(visit: Visit, operation: Any, mode: GenerationMode, *, informed: bool) -> None:
    """Draws requests of one operation and sends each; informed ones name what exists."""

    @EXAMPLES
    @given(operation.as_strategy(generation_mode=mode))
    def each(case: Case) -> None:
        if informed:
            visit.informed(case)
        _reached[operation.label][call(case, visit.caller)] += 1

    each()


@pytest.mark.slow
@pytest.mark.parametrize("person", ROLES, ids=lambda person: person.role or "no role")
def test_every_operation_keeps_its_contract(schema: Any, person: TestPerson) -> None:
    visit = Visit(person)
    for result in schema.get_all_operations():
        drive(visit, result.ok(), GenerationMode.POSITIVE, informed=True)
        drive(visit, result.ok(), GenerationMode.POSITIVE, informed=False)
        drive(visit, result.ok(), GenerationMode.NEGATIVE, informed=False)


@pytest.mark.slow
def test_over_half_of_the_operations_reached_a_good_answer(capsys: Any) -> None:
    """Runs after the roles' tests and counts what they reached."""
    good = {label for label, statuses in _reached.items() if any(status < 300 for status in statuses)}
    with capsys.disabled():
        print(f"\n{len(good)} of {len(_reached)} operations reached 2xx:")
        for label, statuses in sorted(_reached.items()):
            print(f"  {label}: {dict(sorted(statuses.items()))}")
    assert len(_reached) > 45
    assert len(good) > len(_reached) / 2


@pytest.mark.slow
def test_sequences_of_calls_keep_the_contract(schema: Any) -> None:
    """Stateful: what one answer names, the next request uses."""
    visit = Visit(ANA)

    class Sequence(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            case.operation.app = service()
            session = {"Authorization": f"Bearer {visit.caller.token}"}
            return {"base_url": "http://localhost", "headers": {**(case.headers or {}), **session}}

        def validate_response(self, response: Any, case: Case, **kwargs: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    Sequence.run(settings=settings(EXAMPLES, max_examples=10, stateful_step_count=8))


def test_every_person_of_the_cast_with_a_role_is_tried() -> None:
    assert {p.role for p in ROLES} == {p.role for p in CAST}
