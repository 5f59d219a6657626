"""What an installation settles by pages: the letter to the agency, where signing is possible, protections that are gone."""

from __future__ import annotations

import pytest

from tests.conftest import Database
from tests.people import ANA, PETRA, SAM, UMA, TestPerson
from tests.web.conftest import Visitor, signed_in
from tests.web.test_records import nothing_changed
from tests.web.test_walk import open_deviation

HERE = "/certifications"
ENABLED_AGAIN = """
    do $$ declare t name; begin
        for t in select tgname from pg_trigger
                  where tgrelid = 'signatures_certification'::regclass and not tgisinternal loop
            execute format('alter table signatures_certification enable always trigger %I', t);
        end loop;
    end $$
"""
LETTER = {
    "legal_entity": "ACME",
    "signatory": "Dr. Ada Keller",
    "route": "paper",
    "sent_on": "2026-01-05",
    "receipt": "Courier receipt 77-1902 in the QA archive",
    "reason": "letter sent before go-live",
}
DOORS = {"machines": "yes", "reason": "the recall loader signs for its operator"}


@pytest.mark.urs("URS-CRT-01")
@pytest.mark.parametrize(
    ("wrong", "status", "told"),
    [
        ({"signatory": ""}, 422, "Who signed the letter by hand?"),
        ({"sent_on": "31/12/2025"}, 422, "On which day?"),
        ({"sent_on": "2999-01-01"}, 422, "has not been sent"),
        ({"legal_entity": "NOBODY"}, 422, "There is no such legal entity."),
        ({"route": "pigeon"}, 422, "The route is electronic or paper."),
        ({"reason": "ok"}, 422, "URS-AUD-05"),
    ],
)
def test_a_letter_without_its_evidence(
    stocked: Database, wrong: dict[str, str], status: int, told: str
) -> None:
    uma = signed_in(UMA)
    with nothing_changed(stocked):
        answer = uma.post(HERE, {**LETTER, **wrong}, page=HERE)
    text = uma.text(answer)
    assert answer.status_code == status and told in text and "Nothing was changed." in text
    day = {**LETTER, **wrong}["sent_on"]
    assert f'value="{day}"' in text and "Courier receipt 77-1902" in text, "what was typed stands there again"


@pytest.mark.urs("URS-CRT-01", "URS-AUT-01")
def test_only_those_who_answer_for_it_record_and_decide(ana: Visitor, stocked: Database) -> None:
    shown = ana.text(ana.get(HERE))
    assert "On file" in shown and "Record it" not in shown and "Decide</button>" not in shown
    sam = signed_in(SAM)
    assert "Record it" in sam.text(sam.get(HERE)) and "Decide</button>" not in sam.text(sam.get(HERE))
    with nothing_changed(stocked):
        for who, path, fields in (
            (ana, HERE, LETTER),
            (ana, "/settings/signing", DOORS),
            (sam, "/settings/signing", DOORS),
        ):
            answer = who.post(path, fields, page=HERE)
            assert answer.status_code == 403 and "URS-AUT-01" in who.text(answer), path


@pytest.mark.urs("URS-CRT-01", "URS-CRT-02")
@pytest.mark.parametrize("person", [UMA, PETRA, SAM], ids=lambda p: p.user_id)
def test_a_certification_is_recorded_and_seen_by_everybody(
    stocked: Database, ana: Visitor, person: TestPerson
) -> None:
    who = signed_in(person)
    assert who.post(HERE, LETTER, page=HERE).headers["Location"] == HERE
    shown = ana.text(ana.get(HERE))
    assert "Dr. Ada Keller" in shown and "5 Jan 2026" in shown and "on paper" in shown
    assert "Courier receipt 77-1902" in shown and person.name in shown
    assert f'href="{HERE}"' in ana.text(ana.get("/about"))


@pytest.mark.urs("URS-CRT-02")
def test_without_one_signing_is_off_and_the_refusal_leads_here(ana: Visitor, stocked: Database) -> None:
    stocked.superuser("alter table signatures_certification disable trigger all")
    stocked.superuser("delete from signatures_certification")
    stocked.superuser(ENABLED_AGAIN)
    assert "Signing is off" in ana.text(ana.get(HERE)) and "Nothing on file" in ana.text(ana.get(HERE))
    step = f"{open_deviation(ana)}/steps/report"
    given = {"revision": "1", "user_id": "ana", "password": ANA.password}
    answer = ana.post(step, given, page=step)
    assert answer.status_code == 422 and f'href="{HERE}"' in ana.text(answer)


@pytest.mark.urs("URS-SIG-08")
def test_where_signing_is_possible_is_decided_with_a_reason(stocked: Database, ana: Visitor) -> None:
    uma = signed_in(UMA)
    assert "the product's own page only" in ana.text(ana.get(HERE)).replace("&#x27;", "'")
    with nothing_changed(stocked):
        bare = uma.post("/settings/signing", {**DOORS, "reason": ""}, page=HERE)
    assert bare.status_code == 422 and '<option value="yes" selected>' in uma.text(bare)
    assert uma.post("/settings/signing", DOORS, page=HERE).headers["Location"] == HERE
    shown = ana.text(ana.get(HERE))
    assert "page and programs" in shown and "Uma Lindqvist" in shown
    assert DOORS["reason"] in uma.text(uma.get("/audit-trail?action=signing.doors"))
    back = {"machines": "no", "reason": "the recall loader has done its work"}
    assert uma.post("/settings/signing", back, page=HERE).status_code == 302
    assert "page and programs" not in ana.text(ana.get(HERE))
