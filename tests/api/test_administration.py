"""Companies, sites, certifications and accounts over the API: each by who may, refused to who may not, all in the trail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import Caller
from tests.conftest import Database
from tests.people import ANA, OTHER_SITE, SAM, TOM, UMA

WHY = {"reason": "asked for by the head of quality"}
ENTITY = {"code": "NORD", "name": "Nordic Fill and Finish AB"}
SITE = {"code": "UPP", "name": "Uppsala plant", "zone": "Europe/Stockholm", "legal_entity": "NORD"}
LETTER = {
    "legal_entity": "NORD",
    "signatory": "Astrid Berg, head of quality",
    "route": "paper",
    "sent_on": "2026-01-05",
    "receipt": "courier receipt 88, binder Q-4",
    **WHY,
}


def done(database: Database, action: str) -> list[tuple[Any, ...]]:
    return database.rows(
        "select user_id, object, reason from audit.act where action = %s and outcome = 'done' and channel = 'api'",
        [action],
    )


@pytest.mark.urs("URS-AUT-06", "URS-CRT-02", "URS-AUT-01")
def test_a_company_its_site_and_its_certification(stocked: Database) -> None:
    sam, ana = Caller(SAM), Caller(ANA)
    for path, body in (("/legal-entities", ENTITY), ("/sites", SITE), ("/certifications", LETTER)):
        assert ana.post(path, body).is_problem(403, "URS-AUT-01"), path
    assert done(stocked, "legal_entity.create") == []
    assert sam.post("/sites", SITE).status == 422, "no company of this code yet"
    assert sam.post("/legal-entities", ENTITY).body == ENTITY
    assert sam.post("/legal-entities", ENTITY).is_problem(409, "URS-AUT-06")
    assert sam.post("/sites", {**SITE, "zone": "Nowhere/Land"}).is_problem(422)
    assert sam.post("/sites", SITE).body == {**SITE, "organisation": ENTITY["name"]}
    assert sam.post("/sites", SITE).is_problem(409, "URS-AUT-06")
    assert {site["code"] for site in ana.get("/sites").body["items"]} == {"BSL", "SIN", "UPP"}
    assert sam.post("/certifications", {**LETTER, "receipt": ""}).is_problem(422)
    assert sam.post("/certifications", {**LETTER, "reason": "x"}).is_problem(422, "URS-AUD-05")
    made = sam.post("/certifications", LETTER)
    assert (made.status, made.body["organisation"]) == (201, ENTITY["name"])
    assert ana.get("/certifications").body["items"][0]["id"] == made.body["id"]
    assert [row[0] for row in done(stocked, "certification.record")][-1] == "sam"


@pytest.mark.urs("URS-ACC-07", "URS-ACC-05", "URS-AUT-04")
def test_an_account_is_changed_unlocked_and_not_given_what_was_refused(stocked: Database) -> None:
    sam, uma, ana = Caller(SAM), Caller(UMA), Caller(ANA)
    zone = {"zone": "Asia/Tokyo", **WHY}
    assert ana.patch("/people/tom", zone).is_problem(403, "URS-AUT-01")
    assert sam.patch("/people/tom", {"zone": "Asia/Tokyo", "reason": ""}).is_problem(422, "URS-AUD-05")
    assert sam.patch("/people/tom", zone).body["zone"] == "Asia/Tokyo"
    move = {"site": OTHER_SITE, "reason": "works in Singapore from May"}
    assert sam.patch("/people/uma", move).is_problem(409, "URS-ACC-03")
    moved = sam.patch("/people/ana", move).body
    assert (moved["roles"], moved["roles_ended"]) == ([], ["author"])
    assert (
        moved["told"]
        == "With the move to Singapore plant these roles ended: Author. Two people grant them anew."
    )
    nobody = Caller()
    for _ in range(5):
        assert nobody.post("/sessions", {"user_id": "tom", "password": "not the one"}).status == 401
    right = {"user_id": "tom", "password": TOM.password}
    assert nobody.post("/sessions", right).is_problem(401, "URS-ACC-07")
    known = {**WHY, "confirmed": "called_back"}
    assert ana.post("/people/tom/unlock", known).is_problem(403, "URS-AUT-01")
    for unsaid in (WHY, {**WHY, "confirmed": ""}, {**WHY, "confirmed": "he sounded like himself"}):
        assert uma.post("/people/tom/unlock", unsaid).is_problem(422)
    assert nobody.post("/sessions", right).is_problem(401, "URS-ACC-07")
    assert uma.post("/people/tom/unlock", known).status == 204
    assert nobody.post("/sessions", right).status == 201
    assert uma.post("/people/tom/unlock", known).is_problem(409, "URS-ACC-07")
    asked = sam.post("/grants", {"user_id": "tom", "role": "qa_approver", **WHY})
    assert (asked.status, asked.body["state"]) == (202, "proposed")
    refusal = f"/grants/{asked.body['id']}/refusal"
    assert ana.post(refusal, WHY).is_problem(403, "URS-AUT-01")
    assert uma.post(refusal, {"reason": " "}).is_problem(422, "URS-AUD-05")
    assert uma.post(refusal, WHY).status == 200
    assert uma.post(refusal, WHY).is_problem(409, "URS-ACC-05")
    assert sam.get("/people/tom").body["roles"] == []
