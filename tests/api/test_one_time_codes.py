"""Authenticators over the API: enrolled, confirmed by another, tested, ended; the wrong paths first (URS-CRD-04, -06, URS-SIG-06)."""

from __future__ import annotations

import pytest

from tests.api.calling import Caller
from tests.conftest import Database
from tests.identity.test_one_time import code
from tests.people import ANA, PETRA, RAJ, SAM, UMA

AT, HERS = "/credentials/one-time-codes", "/people/ana/one-time-codes"
WHY = {"cause": "lost", "reason": "the phone was lost on a train"}


def enrolled(ana: Caller) -> str:
    """Her authenticator, waiting to be confirmed; its secret. Codes of now are fresh."""
    asked = ana.post(f"{AT}/question")
    assert asked.status == 201 and asked.headers["Cache-Control"] == "no-store"
    secret = str(asked.body["secret"])
    assert f"secret={secret}" in asked.body["link"]
    given = {"handle": asked.body["handle"], "password": ANA.password, "code": code(secret, -1)}
    assert ana.post(AT, {**given, "code": "000000"}).is_problem(422, "URS-ACC-07")
    assert Caller(RAJ).post(AT, {**given, "password": RAJ.password}).is_problem(409, "URS-SIG-08")
    assert ana.post(AT, {**given, "label": "mine"}).status == 422
    made = ana.post(AT, given)
    assert made.status == 201 and made.body["confirmed_at"] is None
    assert made.body["tested_at"] == made.body["enrolled_at"] < made.body["test_due_at"]
    assert ana.post(AT, given).is_problem(409, "URS-SIG-08")
    return secret


@pytest.mark.urs("URS-CRD-04", "URS-CRD-06", "URS-SIG-06", "URS-ACC-01")
def test_enrolled_confirmed_by_another_tested_and_ended(stocked: Database) -> None:
    ana, uma, sam, petra = Caller(ANA), Caller(UMA), Caller(SAM), Caller(PETRA)
    assert ana.post(f"{AT}/test", {"password": ANA.password, "code": "000000"}).is_problem(404, "URS-CRD-04")
    assert uma.post(f"{HERS}/confirmation").is_problem(404, "URS-CRD-04")
    assert uma.post(f"{HERS}/end", WHY).is_problem(404, "URS-CRD-04")
    secret = enrolled(ana)
    assert ana.post(f"{AT}/question").is_problem(409, "URS-CRD-04")
    assert Caller(RAJ).post(f"{HERS}/confirmation").is_problem(403, "URS-AUT-01")
    assert sam.post(f"{HERS}/confirmation").is_problem(403, "URS-AUT-04")
    assert uma.post("/people/uma/one-time-codes/confirmation").is_problem(403, "URS-AUT-04")
    assert uma.post(f"{HERS}/confirmation").body["confirmed_by"] == "uma"
    signing_in = {"user_id": "ana", "password": ANA.password}
    assert Caller().post("/sessions", signing_in).is_problem(401, "URS-ACC-07")
    assert Caller().post("/sessions", {**signing_in, "otp": code(secret)}).status == 201
    test = {"password": ANA.password, "code": code(secret)}
    assert ana.post(f"{AT}/test", test).is_problem(422, "URS-ACC-07"), "that code was used"
    assert ana.post(f"{AT}/test", {**test, "password": PETRA.password}).is_problem(422, "URS-ACC-07")
    tested = ana.post(f"{AT}/test", {**test, "code": code(secret, 1)}).body
    assert tested["tested_at"] > tested["enrolled_at"]
    assert ana.post(f"{HERS}/end", {**WHY, "reason": ""}).is_problem(422, "URS-AUD-05")
    assert Caller(RAJ).post(f"{HERS}/end", WHY).is_problem(403, "URS-AUT-01")
    assert uma.post(f"{HERS}/end", {"reason": WHY["reason"]}).status == 422, "no cause"
    assert uma.post(f"{HERS}/end", {**WHY, "cause": "mislaid"}).status == 422
    assert uma.post(f"{HERS}/end", {**WHY, "suspect_since": "2126-01-05"}).is_problem(422, "URS-CRD-04")
    ended = uma.post(f"{HERS}/end", {**WHY, "suspect_since": "2026-01-05"}).body
    assert (ended["ended_by"], ended["ended_cause"]) == ("uma", "lost")
    assert ended["suspect_since"].startswith("2026-01-05")
    assert uma.post(f"{HERS}/end", WHY).is_problem(404, "URS-CRD-04"), "ended twice"
    (told,) = petra.get(HERS).body["items"]
    assert told["ended_at"] and told["tested_at"] == tested["tested_at"] and "secret" not in told
    assert Caller(RAJ).get(HERS).is_problem(403, "URS-AUT-01")
    assert Caller(ANA).get(HERS).body["items"] == [told]
