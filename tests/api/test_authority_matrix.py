"""Each operation of the API x each role x an own, a peer's and another site's record: generated from the description, none forgotten.

What an operation says of its authority (`x-authority`) is held against what the service does (URS-AUT-01, -06, URS-ACC-01).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from indelible.api import description
from indelible.kernel.identity.types import ROLES
from tests.api.calling import PREFIX, Answer, Caller
from tests.api.deviations import FIRST, opened, step
from tests.api.test_records import sent, upload
from tests.conftest import Database, seal_all
from tests.people import ANA, CAST, INES, LIN, OMAR, RAJ, SAM, TOM, UMA, TestPerson

pytestmark = pytest.mark.urs("URS-AUT-01", "URS-AUT-06", "URS-ACC-01")
WHY: Final = {"reason": "tried by the matrix of authority"}
JUDGED_BY_RECORD: Final = ("signed in", "the roles", "who may", "the owner", "the person", "everyone")
BODIES: Final[dict[str, Any]] = {
    "POST /accountability": {"version": 1, "user_id": "x", "password": "x"},
    "POST /accountability/statements": {
        "text": "I answer for every action under my electronic signature, which binds like my handwritten one.",
        **WHY,
    },
    "POST /certifications": {
        "legal_entity": "ACME",
        "signatory": "Greta Lang",
        "route": "paper",
        "sent_on": "2026-01-05",
        "receipt": "courier receipt 5521",
        **WHY,
    },
    "PUT /credentials/password": {"password": "x", "new_password": "y"},
    "POST /grants": {"user_id": "tom", "role": "reviewer", **WHY},
    "POST /legal-entities": {"code": "ACJP", "name": "Acme Japan"},
    "POST /people/{user_id}/machine-credentials": {
        "label": "Balance import",
        "processes": ["deviation"],
        "expires_on": "2026-12-31",
        **WHY,
    },
    "POST /delegations": {
        "to": "raj",
        "process": "deviation",
        "steps": ["classify"],
        "first_day": "2026-11-28",
        "last_day": "2026-12-02",
        "task": "tried by the matrix of authority",
    },
    "PATCH /directory/Users/{user_id}": {"Operations": [{"op": "replace", "path": "active", "value": False}]},
    "POST /people/{user_id}/exceptions": {"ends_on": "2026-12-31", **WHY},
    "POST /people/{user_id}/classes": {"code": "HR", **WHY},
    "PUT /records/{number}/confidentiality": {"confidentiality": None, **WHY},
    "POST /terminals": {"code": "D-7", "name": "Booth 7", "site": "BSL", **WHY},
    "POST /source-rules": {"process": "deviation", "operation": "link", **WHY},
    "POST /notices/{notice_id}/acknowledgement": {"answer": "called her, it was she herself"},
    "POST /people/{user_id}/passkeys/{passkey_id}/end": {"cause": "lost", **WHY},
    "POST /people/{user_id}/one-time-codes/end": {"cause": "lost", **WHY},
    "POST /people/{user_id}/password/end": {"cause": "suspect", **WHY},
    "POST /credentials/one-time-codes": {"handle": "x", "password": "x", "code": "000000"},
    "POST /credentials/one-time-codes/test": {"password": "x", "code": "000000"},
    "POST /people": {"user_id": "kim.ode", "name": "Kim Ode", "email": "kim@acme.example", "site": "BSL"},
    "POST /people/{user_id}/unlock": {"confirmed": "called_back", **WHY},
    "PATCH /people/{user_id}": {"zone": "Asia/Tokyo", **WHY},
    "POST /people/{user_id}/identity-verifications": {
        "method": "passport",
        "reference": "passport seen, HR-9",
        "verified_on": "2026-01-05",
    },
    "POST /records": {"process": "deviation", "fields": FIRST},
    "PATCH /records/{number}": {"fields": {"area": "Line 9"}, **WHY},
    "POST /records/{number}/links": {"kind": "related", "to": "DEV-2026-00001", **WHY},
    "PUT /records/{number}/owner": {"owner": "omar", **WHY},
    "POST /records/{number}/steps/{step}": {"revision": 1},
    "POST /records/{number}/steps/{step}/refusal": {"revision": 1, **WHY},
    "POST /sessions": {"user_id": "nobody", "password": "x"},
    "DELETE /sessions/current/lock": {"password": "x"},
    "PUT /settings/signing": {"machines": True, **WHY},
    "POST /sites": {"code": "TYO", "name": "Tokyo", "zone": "Asia/Tokyo", "legal_entity": "ACME"},
}


@dataclass(frozen=True)
class Operation:
    """One operation as the description has it."""

    method: str
    path: str
    authority: str

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_of_a_record(self) -> bool:
        return "{number}" in self.path

    @property
    def is_by_role(self) -> bool:
        return not self.authority.startswith(JUDGED_BY_RECORD)

    @property
    def roles(self) -> set[str]:
        """The roles its authority names, by their titles."""
        return {code for code, role in ROLES.items() if role.title.lower() in self.authority.lower()}


OPERATIONS: Final = [
    Operation(method.upper(), path.removeprefix(PREFIX), told["x-authority"])
    for path, methods in description.served()["paths"].items()
    for method, told in methods.items()
]


@dataclass
class Scene:
    """What exists: records of Ana, of Omar at the same site and of Lin at another, each with what paths may name."""

    own: str
    peers: str
    elsewhere: str
    names: dict[str, dict[str, Any]]

    def call(self, caller: Caller, operation: Operation, number: str) -> Answer:
        """The operation on this record, with a body that fits."""
        path = operation.path.format(**self.names.get(number, self.names[self.own]) | {"number": number})
        headers = {"If_Match": '"1"'} if operation.label == "PATCH /records/{number}" else {}
        if operation.path.endswith("/attachments"):
            return upload(caller, number, "page.txt", b"page 7")
        if operation.path.endswith("/files"):
            return sent(caller, path, "letter.pdf", b"%PDF-1.7 letter", kind="letter")
        if operation.path.endswith("/letter"):
            path += "?legal_entity=ACME"
        if operation.path.endswith("/copy"):
            path += "?format=json"
        body = BODIES.get(operation.label, WHY if operation.method in ("POST", "PUT") else None)
        return caller.call(operation.method, path, body, **headers)


@pytest.fixture
def scene(stocked: Database, tmp_path: Path) -> Scene:
    names = {}
    numbers = []
    for person in (ANA, OMAR, LIN):
        caller = Caller(person)
        site = {} if person is not LIN else {"site": "SIN"}
        made = (
            opened(caller)
            if not site
            else caller.post("/records", {"process": "deviation", "fields": FIRST, **site})
        )
        number = made.body["number"]
        sha256 = upload(caller, number, "printout.txt", b"balance 3").body["attachments"][0]["sha256"]
        numbers.append(number)
        names[number] = {"sha256": sha256, "step": "report", "revision": 1, "signature_id": 1, **NAMED}
    waiting = Caller(SAM).post("/grants", {"user_id": "eve", "role": "operator", **WHY}).body["id"]
    for one in names.values():
        one["grant_id"] = waiting
    seal_all(stocked, tmp_path)
    return Scene(*numbers, names)


NAMED: Final = {
    "session_id": "0123456789abcdef",
    "notice_id": 1,
    "passkey_id": 1,
    "certification_id": 1,
    "file_id": 1,
    "exception_id": 1,
    "delegation_id": 1,
    "credential_id": 1,
    "user_id": "tom",
    "code": "deviation",
    "level": "0",
    "tile": "000.p/1",
    "seq": 0,
}
BY_ROLE: Final = [one for one in OPERATIONS if one.is_by_role]
OF_RECORDS: Final = [one for one in OPERATIONS if one.is_of_a_record]


def test_no_operation_is_left_out() -> None:
    """Each is by role, of a record, or for whoever is signed in; and has a body where it takes one."""
    assert len(OPERATIONS) > 55
    assert all(one.roles for one in BY_ROLE), [one.label for one in BY_ROLE if not one.roles]
    known = {one.label for one in OPERATIONS}
    assert set(BODIES) <= known


def test_nobody_is_let_in_anywhere(scene: Scene) -> None:
    for operation in OPERATIONS:
        for number in (scene.own, "DEV-1999-00001"):
            answer = scene.call(Caller(), operation, number)
            assert answer.status == 401, (operation.label, answer)


@pytest.mark.parametrize("operation", BY_ROLE, ids=lambda one: one.label)
def test_only_the_roles_it_names_may(scene: Scene, operation: Operation) -> None:
    for person in (one for one in CAST if one.role not in operation.roles):
        answer = scene.call(Caller(person), operation, scene.own)
        assert answer.is_problem(403, "URS-AUT-01"), (operation.label, person.user_id, answer)
    for person in (one for one in CAST if one.role in operation.roles):
        answer = scene.call(Caller(person), operation, scene.own)
        refused = answer.status == 403 and answer.body.get("rule") == "URS-AUT-01"
        assert not refused and answer.status < 500, (operation.label, person.user_id, answer)


@pytest.mark.parametrize("operation", OF_RECORDS, ids=lambda one: one.label)
def test_a_record_of_another_site_is_like_one_that_is_not_there(scene: Scene, operation: Operation) -> None:
    for person, number in (
        (LIN, scene.own),
        (LIN, scene.peers),
        (ANA, scene.elsewhere),
        (RAJ, scene.elsewhere),
    ):
        caller = Caller(person)
        answer, nothing = (scene.call(caller, operation, one) for one in (number, "DEV-2026-09999"))
        assert answer.status == nothing.status == 404, (operation.label, person.user_id, answer, nothing)
        said = [
            str(one.body).replace(name, "N") for one, name in ((answer, number), (nothing, "DEV-2026-09999"))
        ]
        assert said[0] == said[1], operation.label


@pytest.mark.parametrize("operation", OF_RECORDS, ids=lambda one: one.label)
def test_who_has_no_part_in_a_record_changes_nothing_of_it(scene: Scene, operation: Operation) -> None:
    """No role, an inspector and both administrations; a peer without the role of the step, too."""
    reader = Caller(ANA)
    before = {number: reader.get(f"/records/{number}").body for number in (scene.own, scene.peers)}
    strangers: tuple[TestPerson, ...] = (TOM, INES, SAM, UMA)
    for person in (*strangers, RAJ):
        for number in before:
            answer = scene.call(Caller(person), operation, number)
            if operation.method != "GET":
                assert answer.status in (403, 404, 409, 422), (operation.label, person.user_id, answer)
    assert {number: reader.get(f"/records/{number}").body for number in before} == before


@pytest.mark.parametrize("operation", [o for o in OF_RECORDS if o.method == "GET"], ids=lambda one: one.label)
def test_own_and_a_peers_record_are_read_by_who_works_at_the_site(scene: Scene, operation: Operation) -> None:
    signed = step(
        Caller(ANA),
        scene.own,
        "report",
        user_id="ana",
        password=ANA.password,
        meaning="Responsibility for the report",
    )
    assert signed.status == 200, signed
    scene.names[scene.own]["signature_id"] = signed.body["signatures"][0]["id"]
    scene.names[scene.peers]["signature_id"] = 999
    for person in (ANA, OMAR, RAJ):
        for number in (scene.own, scene.peers):
            answer = scene.call(Caller(person), operation, number)
            unsigned = "{signature_id}" in operation.path and number == scene.peers
            assert answer.status == (404 if unsigned else 200), (operation.label, person.user_id, answer)
