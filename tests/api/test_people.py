"""People, roles and accounts over the API: who may not is refused, and what needs two people takes two."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.kernel.identity import actions as identity
from tests.api.calling import Caller
from tests.people import ANA, INES, PETRA, SAM, TOM, UMA, signed_in

NEW = {"user_id": "kim", "name": "Kim Park", "email": "kim@acme.example", "site": "BSL"}


@pytest.mark.urs("URS-AUT-01")
def test_who_does_not_administer_accounts_changes_none(stocked: Any) -> None:
    ana, why = Caller(ANA), {"reason": "left the department"}
    assert ana.post("/people", NEW).is_problem(403, "URS-AUT-01")
    assert ana.patch("/people/tom", {**why, "name": "Tom Other"}).is_problem(403)
    assert ana.post("/grants", {"user_id": "tom", "role": "author", **why}).is_problem(403)
    for verb in ("deactivation", "reactivation", "credentials"):
        assert ana.post(f"/people/tom/{verb}", why).is_problem(403), verb
    assert ana.post("/people/tom/unlock", {**why, "confirmed": "document"}).is_problem(403)
    assert ana.get("/access").is_problem(403)


@pytest.mark.urs("URS-AUD-05")
def test_a_reason_that_says_nothing_is_refused(stocked: Any) -> None:
    sam = Caller(SAM)
    assert sam.post("/people/tom/deactivation", {"reason": "x"}).is_problem(422, "URS-AUD-05")
    assert sam.post("/people/tom/deactivation", {}).is_problem(422)


def test_an_account_is_opened_given_a_secret_and_closed(stocked: Any) -> None:
    sam = Caller(SAM)
    made = sam.post("/people", NEW)
    assert (made.status, made.body["user_id"], made.body["roles"]) == (201, "kim", [])
    assert sam.post("/people", NEW).is_problem(422)
    confirmed = {"method": "passport", "reference": "passport seen, HR-9", "verified_on": "2026-01-05"}
    assert Caller(UMA).post("/people/kim/identity-verifications", confirmed).status == 201
    issued = sam.post("/people/kim/credentials", {"reason": "first secret of a new account"})
    assert issued.status == 201
    kim = Caller()
    kim.token = kim.post("/sessions", {"user_id": "kim", "password": issued.body["secret"]}).body["token"]
    assert kim.get("/sessions/current").body["change_due"] is True
    assert kim.get("/people").is_problem(403, "URS-CRD-03")
    assert sam.post("/people/kim/deactivation", {"reason": "left the company"}).body["status"] == "inactive"
    assert kim.get("/sessions/current").is_problem(401)
    assert sam.post("/people/kim/reactivation", {"reason": "came back"}).body["status"] == "active"


@pytest.mark.urs("URS-AUT-04")
def test_a_role_for_two_people_is_202_and_waits_for_the_second(stocked: Any) -> None:
    sam, uma = Caller(SAM), Caller(UMA)
    asked = {"user_id": "tom", "role": "qa_approver", "reason": "starts work in QA"}
    made = sam.post("/grants", asked)
    assert (made.status, made.body["state"]) == (202, "proposed")
    grant = made.body["id"]
    assert [waiting["id"] for waiting in uma.get("/grants").body["items"]] == [grant]
    assert sam.post(f"/grants/{grant}/approval").is_problem(403, "URS-AUT-04")
    assert uma.post(f"/grants/{grant}/approval").body["state"] == "active"
    assert Caller(TOM).get("/sessions/current").body["roles"] == ["qa_approver"]
    assert uma.post(f"/grants/{grant}/end", {"reason": "moved to another team"}).body["state"] == "ended"
    again = sam.post("/grants", {**asked, "role": "author"})
    assert again.status == 202
    assert sam.post(f"/grants/{again.body['id']}/approval").is_problem(403, "URS-AUT-04")
    assert Caller(PETRA).post(f"/grants/{again.body['id']}/approval").body["state"] == "active"


@pytest.mark.urs("URS-ACC-05")
def test_the_access_list_answers_for_a_past_moment(stocked: Any) -> None:
    ines = Caller(INES)
    now = ines.get("/access").body
    assert {row["user_id"] for row in now["items"]} >= {"ana", "petra", "sam", "uma"}
    assert {row["scope"] for row in now["items"] if row["user_id"] != "lin"} == {"BSL"}  # the site, not "own"
    assert [row["scope"] for row in now["items"] if row["user_id"] == "lin"] == ["SIN"]
    assert ines.get("/access?as_of=2020-01-01T00:00:00Z").body["items"] == []
    assert ines.get("/access?as_of=2020-01-01T00:00:00").is_problem(400)
    assert ines.get("/access?as_of=yesterday").is_problem(400)


def test_mail_addresses_are_for_those_who_administer_accounts(stocked: Any) -> None:
    assert Caller(ANA).get("/people/raj").body["email"] is None
    assert Caller(SAM).get("/people/raj").body["email"] == "raj@acme.example"
    assert {role["code"] for role in Caller(ANA).get("/roles").body["items"]} >= {"author", "inspector"}


@pytest.mark.urs("URS-ACC-03")
def test_nobody_is_deleted_and_the_attempt_stands_in_the_trail(stocked: Any, refused: Any) -> None:
    for person in (ANA, SAM):
        answer = Caller(person).call("DELETE", "/people/tom")
        assert answer.is_problem(403, "URS-ACC-03") and "Deactivate" in answer.body["detail"]
    assert Caller(SAM).call("DELETE", "/people/no.one").is_problem(403, "URS-ACC-03")
    sam = signed_in(SAM)
    with refused("never_deleted", urs="URS-ACC-03"):
        identity.delete_person(sam, "tom")
    tried = stocked.rows("select object from audit.act where action = 'person.delete' and outcome = 'denied'")
    assert [one for (one,) in tried].count("person:tom") == 3 and len(tried) == 4
    assert Caller(ANA).get("/people/tom").body["status"] == "active"
