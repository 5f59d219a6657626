"""Where somebody is signed in is told to them and to who administers accounts, and can be ended from elsewhere (URS-CRD-04)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from indelible.kernel.identity import actions, queries
from tests import people
from tests.api.calling import Caller
from tests.conftest import Database
from tests.people import ANA, RAJ, SAM, UMA
from tests.web.conftest import signed_in

pytestmark = pytest.mark.urs("URS-CRD-04", "URS-ACC-03")
Refused = Callable[..., Any]
WEB: dict[str, Any] = {"source": "192.0.2.10", "channel": "web"}


def test_only_its_person_and_administration_end_a_session(stocked: Database, refused: Refused) -> None:
    token, ana = people.session(ANA)
    raj, uma = people.signed_in(RAJ), people.signed_in(UMA)
    with refused("not_authorised"):
        actions.end_session(raj, ana.session, reason="he left it open")
    with refused("reason_missing"):
        actions.end_session(uma, ana.session)
    with refused("session_unknown"):
        actions.end_session(uma, "ffffffffffffffff", reason="reported as lost")
    actions.end_session(uma, ana.session, reason="her notebook was stolen, call 4711")
    with refused("not_signed_in"):
        actions.enter(token, **WEB)
    with refused("session_unknown"):
        actions.end_session(uma, ana.session, reason="her notebook was stolen, call 4711")
    ended = stocked.rows("select ended_cause from identity_session where public_id = %s", [ana.session])
    assert ended == [("ended by administration",)]


def test_a_person_sees_and_ends_their_own(stocked: Database, refused: Refused) -> None:
    lost, elsewhere = people.session(ANA, source="198.51.100.7", device="Tablet")
    ana = people.signed_in(ANA)
    assert {one.source for one in queries.sessions_told(ana)} == {"198.51.100.7", "192.0.2.10"}
    with pytest.raises(Exception, match="Other people"):
        queries.sessions_told(ana, "raj")
    actions.end_session(ana, elsewhere.session)
    with refused("not_signed_in"):
        actions.enter(lost, **WEB)
    assert elsewhere.session not in {one.public_id for one in queries.sessions_told(ana)}


def test_over_http_and_on_the_page(stocked: Database) -> None:
    lost, ana, raj, sam = Caller(ANA), Caller(ANA), Caller(RAJ), Caller(SAM)
    told = ana.get("/sessions").body["items"]
    assert [one["current"] for one in told].count(True) == 1
    other = next(one["id"] for one in told if not one["current"])
    assert raj.get("/sessions?user_id=ana").is_problem(403, "URS-AUT-01")
    assert raj.post(f"/sessions/{other}/end", {"reason": "left open"}).is_problem(403, "URS-AUT-01")
    assert ana.post(f"/sessions/{other}/end", {}).status == 204
    assert sum(one.get("/sessions/current").status == 401 for one in (lost, ana)) == 1
    assert sam.get("/sessions?user_id=ana").status == 200
    visitor, uma = signed_in(ANA), signed_in(UMA)
    page = visitor.text(visitor.get("/account/sessions"))
    assert "Where you are signed in" in page and "this one" in page
    theirs = uma.text(uma.get("/account/sessions?user_id=ana"))
    assert "Where Ana Alvarez is signed in" in theirs
    mine = queries.sessions_told(people.signed_in(ANA)).order_by("id").first()
    assert mine is not None
    form = {"session": mine.public_id, "user_id": "ana", "reason": ""}
    refusal = uma.post("/account/sessions/end", form, page="/account/sessions?user_id=ana")
    assert refusal.status_code == 422 and "URS-AUD" in uma.text(refusal)
    done = uma.post("/account/sessions/end", {**form, "reason": "reported as lost"}, page="/account/sessions")
    assert done.status_code == 302 and done.headers["Location"].endswith("user_id=ana")
    assert signed_in(RAJ).get("/account/sessions?user_id=ana").status_code == 403
