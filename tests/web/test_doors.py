"""Who is let in where: every route states its authority, strangers see the sign-in page, other people's drafts stay shut."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.urls import URLPattern, get_resolver

from indelible.kernel.audit import queries as audit
from indelible.web import drafts
from indelible.web.access import authority_of
from indelible.web.urls import urlpatterns
from tests.conftest import Database, seal_all, snapshot
from tests.people import ANA, LIN, PETRA, RAJ
from tests.web.conftest import Visitor, signed_in
from tests.web.test_walk import REPORT, open_deviation

OPEN = {
    "sign-in",
    "sign-in/passkey",
    "sso/sign-in",
    "sso/return",
    "sign-out",
    "locked",
    "unlock",
    "unlock/passkey",
    "sso/unlock",
    "healthz",
    "readyz",
}


def example(route: str) -> str:
    """An address of the route with something in each of its places."""
    return "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<str:\w+>", "x", route))


def test_every_route_states_its_authority() -> None:
    assert get_resolver().url_patterns
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        assert authority_of(pattern.callback) is not None, pattern.pattern


@pytest.mark.urs("URS-ACC-01")
def test_strangers_get_the_sign_in_page(visitor: Visitor, stocked: Database) -> None:
    before = snapshot(stocked)
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        if route in OPEN:
            continue
        for answer in (visitor.get(example(route)), visitor.post(example(route), {"reason": "none"})):
            assert answer.status_code == 401, route
            assert "Sign in" in visitor.text(answer) and answer.headers["Cache-Control"] == "no-store"
    assert snapshot(stocked) == before


@pytest.mark.urs("URS-ACC-01")
def test_health_tells_nothing_else(visitor: Visitor, stocked: Database, tmp_path: Path) -> None:
    assert visitor.text(visitor.get("/healthz")) == "alive\n"
    seal_all(stocked, tmp_path)
    ready = visitor.get("/readyz")
    assert (ready.status_code, visitor.text(ready)) == (200, "ready\n")


@pytest.mark.urs("URS-AUD-03")
def test_a_service_whose_entries_are_not_sealed_is_not_ready(
    visitor: Visitor, stocked: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(audit, "SEALED_WITHIN", 0.0)
    late = visitor.get("/readyz")
    assert (late.status_code, visitor.text(late)) == (503, "not ready\n")
    petra = signed_in(PETRA)
    assert "Sealing is late" in petra.text(petra.get("/trail-state"))
    seal_all(stocked, tmp_path)
    assert visitor.get("/readyz").status_code == 200
    assert "Sealing is late" not in petra.text(petra.get("/trail-state"))


@pytest.mark.urs("URS-SIG-08")
def test_a_form_of_another_site_is_refused(ana: Visitor, stocked: Database) -> None:
    before = snapshot(stocked)
    answer = ana.client.post("/processes/deviation/new", REPORT)
    assert answer.status_code == 403 and "could not be taken" in ana.text(answer)
    assert snapshot(stocked) == before


def test_headers_keep_frames_and_foreign_scripts_out(ana: Visitor) -> None:
    answer = ana.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", ana.text(answer))


def test_the_cookie_is_out_of_reach_of_scripts(ana: Visitor) -> None:
    cookie = ana.client.cookies["session"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


@pytest.mark.urs("URS-ACC-07")
def test_a_wrong_password_says_no_more_than_an_unknown_id(visitor: Visitor) -> None:
    wrong = visitor.post("/sign-in", {"user_id": "ana", "password": "not the one"})
    unknown = visitor.post("/sign-in", {"user_id": "nobody.here", "password": "not the one"})
    assert wrong.status_code == unknown.status_code == 401
    assert "Rule URS-ACC-07" in visitor.text(wrong)
    assert re.sub(r'value="[^"]*"', "", visitor.text(wrong)) == re.sub(
        r'value="[^"]*"', "", visitor.text(unknown)
    )


def test_no_way_on_to_another_site(visitor: Visitor) -> None:
    fields = {"user_id": "ana", "password": ANA.password, "next": "//evil.example/x"}
    assert visitor.post("/sign-in", fields).headers["Location"] == "/"


def leave_alone(stocked: Database) -> None:
    """Moves every last-seen time back, as if nobody had touched a page for sixteen minutes."""
    stocked.superuser("update identity_session_seen set at = at - %s", (timedelta(minutes=16),))


@pytest.mark.urs("URS-ACC-04")
def test_what_was_being_written_comes_back_to_its_writer(ana: Visitor, stocked: Database) -> None:
    record = open_deviation(ana)
    leave_alone(stocked)
    typed = {**REPORT, "f.area": "Half a thought", "revision": "1", "reason": "room was missing"}
    covered = ana.post(f"{record}/edit", typed)
    assert covered.status_code == 401 and "Half a thought" not in ana.text(covered)
    draft = re.search(r'name="draft" value="([^"]+)"', ana.text(covered))
    assert draft is not None
    assert "Freezer" not in ana.text(ana.get(record))
    back = ana.post("/unlock", {"user_id": "ana", "password": ANA.password, "draft": draft[1]})
    assert back.status_code == 200 and "Half a thought" in ana.text(back)
    assert "Half a thought" not in ana.text(ana.get(record)), "a kept draft is shown, not saved"


@pytest.mark.urs("URS-ACC-04")
def test_another_person_sees_none_of_the_draft(ana: Visitor, stocked: Database) -> None:
    record = open_deviation(ana)
    leave_alone(stocked)
    covered = ana.post(f"{record}/edit", {**REPORT, "f.area": "Half a thought", "revision": "1"})
    draft = re.search(r'name="draft" value="([^"]+)"', ana.text(covered))
    assert draft is not None
    other = ana.post("/unlock", {"user_id": "raj", "password": RAJ.password, "draft": draft[1]})
    assert other.status_code == 302 and "Half a thought" not in ana.text(ana.get("/"))
    assert drafts.open_for("raj", draft[1]) is None
    kept = drafts.open_for("ana", draft[1])
    assert kept is not None and kept.fields["f.area"] == "Half a thought"


@pytest.mark.urs("URS-ACC-04", "URS-SIG-08")
def test_a_kept_draft_of_a_signing_signs_nothing(ana: Visitor, stocked: Database) -> None:
    record = open_deviation(ana)
    leave_alone(stocked)
    step = f"{record}/steps/report"
    covered = ana.post(step, {"revision": "1", "user_id": "ana", "password": ANA.password})
    draft = re.search(r'name="draft" value="([^"]+)"', ana.text(covered))
    assert draft is not None
    back = ana.post("/unlock", {"user_id": "ana", "password": ANA.password, "draft": draft[1]})
    assert "Your signature" in ana.text(back) and ANA.password not in ana.text(back)
    assert stocked.rows("select count(*) from signatures_signature") == [(0,)]


@pytest.mark.urs("URS-ACC-01")
def test_after_sign_out_the_cookie_is_worth_nothing(ana: Visitor) -> None:
    token = ana.client.cookies["session"].value
    assert ana.post("/sign-out").headers["Location"] == "/sign-in"
    ana.client.cookies["session"] = token
    assert ana.get("/").status_code == 401


@pytest.mark.urs("URS-AUT-06")
def test_not_there_and_not_yours_look_alike(stocked: Database) -> None:
    record = open_deviation(signed_in(ANA))
    lin = signed_in(LIN)
    yours, nothing = lin.get(record), lin.get("/records/DEV-2026-09999")
    assert yours.status_code == nothing.status_code == 404
    number = record.rpartition("/")[2]
    alike = [
        re.sub(rf'value="[^"]*"|{number}|DEV-2026-09999', "", lin.text(answer)) for answer in (yours, nothing)
    ]
    assert alike[0] == alike[1]


def test_the_same_address_gives_page_and_part(stocked: Database) -> None:
    petra = signed_in(PETRA)
    for path in ("/processes/deviation", "/audit-trail", "/people", "/search?q=x"):
        whole, part = petra.text(petra.get(path)), petra.text(petra.get(path, **{"hx-request": "true"}))
        assert "<html" in whole and "<html" not in part and len(part) < len(whole)


def test_addresses_of_forms_are_no_pages(ana: Visitor) -> None:
    for path in ("/records/x/links", "/sign-out", "/people/ana/grants"):
        answer = ana.get(path)
        assert answer.status_code == 405 and "Open the page the form stands on" in ana.text(answer)
        assert answer.headers["Allow"] == "POST"


def test_head_answers_like_get(ana: Visitor, stocked: Database, tmp_path: Path) -> None:
    seal_all(stocked, tmp_path)
    for path in ("/healthz", "/readyz", "/", "/about", "/certifications"):
        assert ana.client.head(path).status_code == 200, path


@pytest.mark.urs("URS-ACC-04")
def test_typing_is_action_too(ana: Visitor, stocked: Database) -> None:
    stocked.superuser("update identity_session_seen set at = at - %s", (timedelta(minutes=14),))
    assert ana.get("/attended").status_code == 204
    stocked.superuser("update identity_session_seen set at = at - %s", (timedelta(minutes=14),))
    assert ana.get("/").status_code == 200


@pytest.mark.urs("URS-BCK-03")
def test_a_lost_database_is_told_truly(ana: Visitor, stocked: Database) -> None:
    good = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "no_such_database"
    try:
        answer = ana.get("/people")
        assert answer.status_code == 503 and "The database does not answer" in ana.text(answer)
        assert ana.get("/healthz").status_code == 200 and ana.get("/readyz").status_code == 503
    finally:
        connection.close()
        connection.settings_dict["NAME"] = good


@pytest.mark.urs("URS-CPY-01")
def test_what_the_pages_link_to_at_the_other_door_is_there(ana: Visitor) -> None:
    record = open_deviation(ana)
    links = re.findall(
        r'href="(/api/v1/[^"]+)"', ana.text(ana.get(record)) + ana.text(ana.get(f"{record}/audit-trail"))
    )
    assert links, "the same entries as CSV"
    for link in links:
        answer = ana.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200, (link, answer.content[:300])
