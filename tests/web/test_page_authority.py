"""Each page x each role x an own, a peer's and another site's record: generated from the addresses, none forgotten (URS-AUT-01, -06)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import pytest

from indelible.kernel.audit.types import Rule
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.types import Newcomer
from indelible.web.access import authority_of
from indelible.web.urls import urlpatterns
from tests import people
from tests.api.calling import Caller
from tests.api.deviations import FIRST, opened
from tests.api.test_records import upload
from tests.conftest import Database
from tests.people import ANA, CAST, LIN, OMAR, RAJ, SAM, UMA, TestPerson
from tests.seen import methods
from tests.web.conftest import Visitor, signed_in

pytestmark = pytest.mark.urs("URS-AUT-01", "URS-AUT-06", "URS-ACC-01")
ADMINISTRATION: Final = {"system_administrator", "security_unit"}
ANSWERING: Final = {*ADMINISTRATION, "qa_approver", "inspector"}
DECIDING: Final = {"security_unit", "qa_approver"}
BY_ROLE: Final[dict[str, set[str]]] = {
    "POST people/new": {"system_administrator"},
    "POST processes/<str:code>/new": {"author", "reviewer", "qa_approver", "operator", "verifier"},
    "POST account/sessions/end": ADMINISTRATION,
    "POST people/<str:user_id>/grants": ADMINISTRATION,
    "POST people/<str:user_id>/grants/<int:grant>": ADMINISTRATION,
    "POST people/<str:user_id>/account": ADMINISTRATION,
    "POST people/<str:user_id>/details": {"system_administrator"},
    "POST people/<str:user_id>/secret": ADMINISTRATION,
    "POST people/<str:user_id>/identity": ADMINISTRATION,
    "POST people/<str:user_id>/password": ADMINISTRATION,
    "POST people/<str:user_id>/one-time-code": ADMINISTRATION,
    "POST people/<str:user_id>/passkeys/<int:passkey>": ADMINISTRATION,
    "POST people/<str:user_id>/provider-account": ADMINISTRATION,
    "POST people/<str:user_id>/machine-credentials": ADMINISTRATION,
    "POST account/machine-credentials/<int:credential>": ADMINISTRATION,
    "POST terminals": ADMINISTRATION,
    "POST people/<str:user_id>/classes": {"qa_approver"},
    "GET certifications/letter": {*ADMINISTRATION, "qa_approver"},
    "GET certifications/files/<int:file>": ANSWERING,
    "POST people/<str:user_id>/exception": {*ADMINISTRATION, "qa_approver"},
    "POST terminals/<str:code>": ADMINISTRATION,
    "POST terminals/rules": DECIDING,
    "GET security": ANSWERING,
    "POST security/notices/<int:notice>": DECIDING,
    "POST security/second-factor": DECIDING,
    "GET security/issuances": ANSWERING,
    "GET security/access-review": ANSWERING,
    "GET people/access": ANSWERING,
    "POST security/access-review": DECIDING,
    "POST security/access-review/put": DECIDING,
    "POST security/access-review/answer": ANSWERING,
    "POST security/issuances": {"security_unit"},
    "POST security/issuances/put": {"security_unit"},
    "POST security/issuances/answer": ANSWERING,
    "POST certifications": {*ADMINISTRATION, "qa_approver"},
    "POST settings/signing": DECIDING,
    "POST accountability/statements": DECIDING,
}
"""Pages that are for some roles only; every other is for whoever is signed in, and the record says what they may."""
FIELDS: Final = {
    "reason": "tried by the matrix of authority",
    "change_reason": "tried by the matrix of authority",
    "refusal_reason": "tried by the matrix of authority",
    "answer": "tried by the matrix of authority",
    "verb": "end",
    "decision": "end",
    "cause": "lost",
    "role": "reviewer",
    "method": "passport",
    "confirmed": "called_back",
    "reference": "passport seen",
    "verified_on": "2026-01-05",
    "revision": "1",
    "networks": "127.0.0.0/8",
    "session": "0123456789abcdef",
    "legal_entity": "ACME",
    "signatory": "Greta Lang",
    "route": "paper",
    "sent_on": "2026-01-05",
    "receipt": "courier receipt 5521",
}
VERBS: Final = {"people/<str:user_id>/account": {"verb": "unlock"}}
"""Where the button says something else."""
ENDS_THE_SESSION: Final = {
    "sign-out",
    "lock",
    "locked",
    "unlock",
    "sign-in",
    "sign-in/passkey",
    "account/password",
    "account/credentials/password",
}


@dataclass(frozen=True)
class Page:
    """One address and how it is called."""

    method: str
    route: str

    @property
    def label(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def is_of_a_record(self) -> bool:
        return self.route.startswith("records/")

    def at(self, number: str, sha256: str = "0" * 64) -> str:
        """Its address with something in each place."""
        names = {"number": number, "sha256": sha256, "name": "report", "code": "deviation", "user_id": "kim"}
        filled = re.sub(r"<str:(\w+)>", lambda found: names[found[1]], self.route)
        return "/" + re.sub(r"<int:\w+>", "1", filled)


PAGES: Final = [
    Page(method, str(one.pattern))
    for one in urlpatterns
    for method in sorted(methods(one.callback) & {"GET", "POST"})
    if authority_of(one.callback) in ("signed in", "change due") and str(one.pattern) not in ENDS_THE_SESSION
]
OF_RECORDS: Final = [one for one in PAGES if one.is_of_a_record]


@pytest.fixture(autouse=True)
def kim(stocked: Database) -> None:
    """Whom the pages of people are about: nobody of the cast, so that each of them stays as they are."""
    newcomer = Newcomer(user_id="kim", name="Kim Ode", email="kim@acme.example", site="BSL")
    identity.create_person(people.signed_in(SAM), newcomer)


def call(visitor: Visitor, page: Page, address: str) -> Any:
    if page.method == "GET":
        return visitor.get(address)
    return visitor.post(address, {**FIELDS, **VERBS.get(page.route, {})}, page="/account/password")


def is_refused_by_role(answer: Any, rule: Rule = NOT_AUTHORISED) -> bool:
    told = answer.content.decode() if not answer.streaming else ""
    return answer.status_code == 403 and rule.urs in told


def test_the_table_names_addresses_that_are_there() -> None:
    assert set(BY_ROLE) <= {one.label for one in PAGES}
    assert len(PAGES) >= 60


def test_a_page_is_for_the_roles_it_is_for_and_for_no_other(stocked: Database) -> None:
    number = opened(Caller(ANA)).body["number"]
    wrong = []
    for person in CAST:
        visitor = signed_in(person)
        for page in PAGES:
            if page.is_of_a_record:
                continue
            answer = call(visitor, page, page.at(number))
            may = page.label not in BY_ROLE or person.role in BY_ROLE[page.label]
            if is_refused_by_role(answer) == may or (answer.status_code >= 500 and answer.status_code != 503):
                wrong.append((page.label, person.user_id, answer.status_code))
            if answer.status_code == 401:
                visitor = signed_in(person)
    assert not wrong, "\n".join(map(str, wrong))


def test_a_record_of_another_site_is_like_one_that_is_not_there(stocked: Database) -> None:
    own = opened(Caller(ANA)).body["number"]
    peers = opened(Caller(OMAR)).body["number"]
    lin = Caller(LIN)
    elsewhere = lin.post("/records", {"process": "deviation", "fields": FIRST, "site": "SIN"}).body["number"]
    sha256 = upload(Caller(ANA), own, "printout.txt", b"balance 3").body["attachments"][0]["sha256"]
    for person, number in ((LIN, own), (LIN, peers), (ANA, elsewhere), (RAJ, elsewhere)):
        visitor = signed_in(person)
        for page in OF_RECORDS:
            answer, nothing = (
                call(visitor, page, page.at(one, sha256)) for one in (number, "DEV-2026-09999")
            )
            assert answer.status_code == nothing.status_code == 404, (page.label, person.user_id)
            told = [
                re.sub(r'value="[A-Za-z0-9]{64}"', "", Visitor.text(one)).replace(name, "N")
                for one, name in ((answer, number), (nothing, "DEV-2026-09999"))
            ]
            assert told[0] == told[1], page.label


def test_who_has_no_part_in_a_record_changes_nothing_of_it(stocked: Database) -> None:
    number = opened(Caller(ANA)).body["number"]
    before = Caller(ANA).get(f"/records/{number}").body
    strangers: tuple[TestPerson, ...] = tuple(one for one in CAST if one.role != "author" and one is not OMAR)
    for person in strangers:
        visitor = signed_in(person)
        for page in OF_RECORDS:
            answer = call(visitor, page, page.at(number))
            assert answer.status_code < 500, (page.label, person.user_id)
    assert Caller(ANA).get(f"/records/{number}").body == before


def test_a_person_of_administration_decides_nothing_about_themselves(stocked: Database) -> None:
    for person in (SAM, UMA):
        visitor = signed_in(person)
        for page in (
            one for one in PAGES if one.method == "POST" and one.route.startswith("people/<str:user_id>")
        ):
            if (
                "<int:grant>" in page.route
            ):  # which names a grant by its number: of whom, tests/identity/test_grants.py asks
                continue
            if page.route.endswith("/password"):  # anybody reports a loss of their own (URS-CRD-04)
                continue
            address = page.at("").replace("/kim", f"/{person.user_id}")
            answer = call(visitor, page, address)
            assert answer.status_code in (403, 404, 422), (page.label, person.user_id, answer.status_code)
    assert identity.sign_in("sam", SAM.password, source="192.0.2.10", channel="web")[1].roles == (SAM.role,)
    assert people.signed_in(UMA).roles == (UMA.role,)
