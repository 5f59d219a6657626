"""Signing in and out over the API: what fails says no more than that it failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.identity.models import SessionSeen
from tests.api.calling import Caller
from tests.people import ANA, EVE


@pytest.mark.urs("URS-ACC-07")
def test_a_wrong_password_and_an_unknown_id_have_the_same_answer(stocked: Any) -> None:
    nobody = Caller()
    wrong = nobody.post("/sessions", {"user_id": "ana", "password": "not hers at all"})
    unknown = nobody.post("/sessions", {"user_id": "nobody-of-this-id", "password": "not hers at all"})
    assert wrong.is_problem(401, "URS-ACC-07")
    assert wrong.content == unknown.content
    rows = stocked.rows("select outcome, source, channel from audit.act where action = 'session.begin'")
    assert rows.count(("denied", "127.0.0.1", "api")) == 2


def test_a_session_is_the_person_and_ends_when_they_say(stocked: Any) -> None:
    ana = Caller(ANA)
    me = ana.get("/sessions/current").body
    assert (me["user_id"], me["name"], me["roles"]) == ("ana", "Ana Alvarez", ["author"])
    assert ana.call("DELETE", "/sessions/current").status == 204
    assert ana.get("/sessions/current").is_problem(401)


@pytest.mark.urs("URS-ACC-04")
def test_a_locked_session_answers_nothing_until_its_person_unlocks_it(stocked: Any) -> None:
    ana = Caller(ANA)
    assert ana.post("/sessions/current/lock").status == 204
    assert ana.get("/roles").is_problem(401, "URS-ACC-04")
    assert ana.call("DELETE", "/sessions/current/lock", {"password": EVE.password}).is_problem(422)
    assert ana.call("DELETE", "/sessions/current/lock", {"password": ANA.password}).status == 200
    assert ana.get("/roles").status == 200


@pytest.mark.urs("URS-CRD-03")
def test_the_own_password_changes_and_the_old_one_is_dead(stocked: Any) -> None:
    ana, new = Caller(ANA), "a lantern nine doves and oatmeal"
    assert ana.call("PUT", "/credentials/password", {"password": "wrong", "new_password": new}).is_problem(
        422
    )
    assert ana.call(
        "PUT", "/credentials/password", {"password": ANA.password, "new_password": "short"}
    ).is_problem(422)
    assert (
        ana.call("PUT", "/credentials/password", {"password": ANA.password, "new_password": new}).status
        == 204
    )
    answer = Caller().post("/sessions", {"user_id": "ana", "password": ANA.password})
    assert answer.is_problem(401)
    assert Caller().post("/sessions", {"user_id": "ana", "password": new}).status == 201


def test_the_pages_cookie_works_for_reading_and_is_held_to_the_cross_site_check(stocked: Any) -> None:
    ana = Caller(ANA)
    ana.client.cookies["session"], ana.token = ana.token, ""
    assert ana.get("/sessions/current").status == 200
    ana.client.handler.enforce_csrf_checks = True
    assert ana.post("/sessions/current/lock").is_problem(403)
    assert ana.get("/sessions/current").status == 200


@pytest.mark.urs("URS-ACC-04")
def test_polling_keeps_no_session_from_its_lock(stocked: Any) -> None:
    ana = Caller(ANA)
    seen = SessionSeen.objects.latest("session_id")
    began = seen.at - timedelta(minutes=14)
    SessionSeen.objects.filter(pk=seen.pk).update(at=began)
    assert ana.get("/people").status == 200
    seen.refresh_from_db()
    assert seen.at == began
    assert ana.patch("/people/tom", {"zone": "UTC", "reason": "moved to Reykjavik"}).is_problem(403)
    seen.refresh_from_db()
    assert seen.at > began
    SessionSeen.objects.filter(pk=seen.pk).update(at=seen.at - timedelta(minutes=16))
    assert ana.get("/people").is_problem(401, "URS-ACC-04")
