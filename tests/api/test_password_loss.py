"""A password that somebody else may know, ended over the API; the wrong paths first (URS-CRD-04)."""

from __future__ import annotations

import pytest

from tests.api.calling import Caller
from tests.conftest import Database
from tests.people import ANA, RAJ, SAM, UMA

HERS = "/people/ana/password/end"
LOSS = {"cause": "suspect", "reason": "typed into a page that was not ours", "suspect_since": "2026-01-05"}


@pytest.mark.urs("URS-CRD-04", "URS-AUT-01")
def test_a_password_is_reported_by_administration_and_dead_at_once(stocked: Database) -> None:
    ana, uma = Caller(ANA), Caller(UMA)
    assert Caller(RAJ).post(HERS, LOSS).is_problem(403, "URS-AUT-01")
    assert uma.post("/people/nobody-here/password/end", LOSS).is_problem(404, "URS-ACC-01")
    assert uma.post(HERS, {**LOSS, "reason": ""}).is_problem(422, "URS-AUD-05")
    assert uma.post(HERS, {**LOSS, "suspect_since": "2126-01-05"}).is_problem(422, "URS-CRD-04")
    for wrong in ({"cause": "replaced"}, {"suspect_since": "2026-02-30"}, {"since": "2026-01-05"}):
        assert uma.post(HERS, {**LOSS, **wrong}).status == 422, wrong
    assert uma.post(HERS, {"reason": LOSS["reason"]}).status == 422, "no cause"
    assert ana.get("/people/ana").status == 200, "nothing ended yet"
    ended = uma.post(HERS, LOSS).body
    assert (ended["ended_by"], ended["ended_cause"]) == ("uma", "suspect") and "secret" not in ended
    assert ended["suspect_since"].startswith("2026-01-05")
    assert ana.get("/people/ana").status == 401
    assert Caller().post("/sessions", {"user_id": "ana", "password": ANA.password}).status == 401
    assert uma.post(HERS, LOSS).is_problem(404, "URS-CRD-04"), "ended twice"


@pytest.mark.urs("URS-CRD-04", "URS-ACC-03")
def test_ones_own_unless_nobody_of_administration_could_come_in_any_more(stocked: Database) -> None:
    sam, uma = Caller(SAM), Caller(UMA)
    assert sam.post("/people/sam/password/end", LOSS).status == 200
    assert sam.get("/people/sam").status == 401
    assert uma.post("/people/uma/password/end", LOSS).is_problem(409, "URS-ACC-03")
    assert uma.post("/people/sam/credentials", {"reason": "somebody knew his password"}).status == 201
