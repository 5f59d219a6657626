"""Every address of every door: its authority stated, strangers turned away with an entry, nothing changed, nothing leaked.

That every template was drawn and every address gave a good answer is held by the gate at the end of a whole run
(tests/seen.py); here, that the gate would notice.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from indelible.api.service import SignedIn, api
from indelible.config.urls import urlpatterns as every_address
from indelible.kernel.audit.types import Rule
from indelible.web.access import authority_of
from indelible.web.urls import urlpatterns as pages
from tests import seen
from tests.conftest import Database
from tests.doors.refusing import digests
from tests.seen import addresses, operations

OPEN = {
    ("GET", "sign-in"): "the way in (URS-ACC-01)",
    ("POST", "sign-in"): "the way in (URS-ACC-01)",
    ("POST", "sign-in/passkey"): "the way in by a device (URS-SIG-01)",
    ("GET", "sso/sign-in"): "the way in by the company's provider (URS-ACC-08): only leads there",
    ("GET", "sso/return"): "and back: nobody is let in without the provider's word",
    ("POST", "sign-out"): "a cookie that is worth nothing is taken back, nothing else",
    ("POST", "unlock"): "proves the person itself; without a session it is a sign-in",
    ("GET", "healthz"): "health status (URS-ACC-01, interface.md 3)",
    ("GET", "readyz"): "health status (URS-ACC-01, interface.md 3)",
    ("POST", "api/v1/sessions"): "the way in (URS-ACC-01)",
}
"""Addresses without sign-in, each with its reason; the list may only shrink."""
SHOWS_SIGN_IN = {("GET", "locked"), ("POST", "locked")}
"""Answer a stranger with the sign-in page and need no entry: nothing was asked for."""
BY_ITSELF = {("DELETE", "api/v1/sessions/current/lock")}
"""Proves its person by password, so its operation names no sign-in."""


def example(route: str) -> str:
    """An address of the route with something in each of its places."""
    numbers = re.sub(r"<(?:int:\w+|(?:int:)?(?:grant_id|signature_id|revision))>", "1", route)
    return "/" + re.sub(r"<[^>]+>", "x", numbers)


def ask(method: str, route: str, **more: Any) -> Any:
    """A stranger's request."""
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    return client.generic(method, example(route), b"{}", content_type="application/json", **more)


def test_the_list_of_open_addresses_only_shrinks() -> None:
    assert len(OPEN) <= 10 and len(SHOWS_SIGN_IN) <= 2 and len(BY_ITSELF) <= 1 and len(seen.EXEMPT) <= 0
    assert OPEN.keys() | SHOWS_SIGN_IN | BY_ITSELF <= addresses()


def test_the_service_has_no_address_beside_these_doors() -> None:
    roots = {str(pattern.pattern) for pattern in every_address}
    assert roots <= {"api/v1/", "api/v1", ""}, roots


@pytest.mark.urs("URS-ACC-01")
def test_every_page_states_its_authority() -> None:
    stated = {str(page.pattern): authority_of(page.callback) for page in pages}
    assert None not in stated.values()
    assert {route for route, authority in stated.items() if authority == "everyone"} <= {
        route for _, route in OPEN
    }


@pytest.mark.urs("URS-ACC-01")
def test_every_operation_of_the_api_states_its_authority_and_asks_for_sign_in() -> None:
    for pattern in api.urls[0]:
        if pattern.name == "api-root":
            continue
        for operation in operations(pattern.callback):
            assert (operation.openapi_extra or {}).get("x-authority"), operation.path
            for method in operation.methods:
                at = (method, f"api/v1/{pattern.pattern}")
                closed = any(isinstance(auth, SignedIn) for auth in operation.auth_callbacks)
                assert closed or at in OPEN or at in BY_ITSELF, at


@pytest.mark.urs("URS-ACC-01", "URS-AUD-07")
@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer " + "x" * 43}, {"cookie": "session=" + "x" * 43}]
)
def test_a_stranger_is_turned_away_everywhere_and_leaves_an_entry(
    stocked: Database, headers: dict[str, str]
) -> None:
    before = digests(stocked)
    told = {}
    for place, at in enumerate(sorted(addresses() - OPEN.keys())):
        answer = ask(*at, headers=headers, REMOTE_ADDR=f"198.51.100.{place % 200}")
        safe = answer.status_code == 403 and "cross-site" in answer.content.decode()
        told[at] = answer.status_code
        assert answer.status_code == 401 or safe or at in SHOWS_SIGN_IN | BY_ITSELF, (at, answer.status_code)
        assert answer.status_code in (200, 401, 403, 422), (at, answer.status_code)
        assert answer.headers["Cache-Control"] == "no-store", at
        assert b"Alvarez" not in answer.content
    assert digests(stocked) == before
    entries = {
        row[0]
        for row in stocked.rows(
            "select object from audit.act where action = 'session.use' and outcome = 'denied'"
        )
    }
    wanted = {at for at, status in told.items() if status == 401 and at not in SHOWS_SIGN_IN | BY_ITSELF}
    silent = {at for at in wanted if not {example(at[1]), f"{at[0]} {example(at[1])}"} & entries}
    assert len(wanted) > 40 and silent == set()


@pytest.mark.urs("URS-ACC-01")
def test_what_is_nowhere_is_closed_too(stocked: Database) -> None:
    assert ask("GET", "api/v1/nothing/at/all").status_code == 401
    assert ask("GET", "nothing/at/all").status_code in (401, 404)


@pytest.mark.urs("URS-AUD-07")
def test_a_flood_from_one_source_is_counted_not_written_out(stocked: Database) -> None:
    for _ in range(30):
        assert ask("GET", "records/<number>", REMOTE_ADDR="203.0.113.9").status_code == 401
    alone = stocked.rows("select count(*) from audit.act where source = '203.0.113.9'")[0][0]
    assert 20 <= alone <= 30, "the first twenty of a minute stand alone"
    counted = stocked.superuser("select sum(n), sum(kept) from audit.flood where source = '203.0.113.9'")
    assert counted[0][0] == 30 and counted[0][1] == alone


# ----------------------------------------------------------------- the gate itself


def test_the_gate_names_what_was_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("actions", "denied", "rules", "templates", "visits"):
        monkeypatch.setattr(seen, name, set())
    lost = seen.missing()
    for expected in (
        "action record.create",
        "rule own_work",
        "entry of rule own_work",
        "template records/show.html",
        "address POST records/<str:number>/edit",
        "address PATCH api/v1/records/<number>",
    ):
        assert expected in lost
    assert "entry of rule wrong_value" not in lost


def test_an_exemption_that_is_none_any_more_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(seen.EXEMPT, "template nowhere.html", "was drawn once")
    assert "an exemption that is none any more: template nowhere.html" in seen.missing()


def test_every_rule_stands_in_the_list_of_its_room() -> None:
    for room in seen.event_lists():
        rules = {name for name, value in vars(room).items() if isinstance(value, Rule)}
        assert {getattr(room, name) for name in rules} == set(room.RULES), room.__name__
        codes = [rule.code for rule in room.RULES]
        assert len(codes) == len(set(codes))
