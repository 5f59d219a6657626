"""What a client may send wrongly: never a 500, never a secret in the answer, always a problem document."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.api import description
from tests.api.calling import Caller
from tests.people import ANA, SAM

DEEP = b'{"user_id": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"


@pytest.fixture
def nobody(stocked: Any) -> Caller:
    return Caller()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"user_id": "ana", "user_id": "eve", "password": "x"}',
        b'{"user_id": NaN, "password": "x"}',
        b'{"user_id": "a\\u0000", "password": "x"}',
        b'{"user_id": "a\\ud800", "password": "x"}',
        b'{"user_id": ' + b"1" * 5_000 + b', "password": "x"}',
        DEEP,
        b'{"user_id": ["ana"], "password": {"x": 1}}',
        b'{"user_id": "ana", "password": "x", "at": "2020-01-01T00:00:00Z"}',
    ],
)
def test_a_body_that_cannot_be_read_is_told_so(nobody: Caller, body: bytes) -> None:
    answer = nobody.call("POST", "/sessions", body)
    assert answer.status in (400, 422)
    assert answer.is_problem(answer.status)


def test_a_body_beyond_the_limit_is_too_large(nobody: Caller) -> None:
    assert nobody.call("POST", "/sessions", b'{"user_id": "' + b"a" * 5_000_000 + b'"}').is_problem(413)


def test_another_content_type_is_told_so(nobody: Caller) -> None:
    assert nobody.call("POST", "/sessions", b"a=b", content_type="text/plain").is_problem(415)


def test_what_was_typed_is_never_repeated(nobody: Caller) -> None:
    canary = "canary-c4f1-secret"
    for body in (
        {"user_id": canary, "password": [canary]},
        {"user_id": canary, "password": canary, "x": canary},
    ):
        assert canary.encode() not in nobody.post("/sessions", body).content


def test_an_address_that_is_none_is_401_without_and_404_with_a_session(stocked: Any) -> None:
    assert Caller().get("/nothing/here").is_problem(401, "URS-ACC-01")
    assert Caller(ANA).get("/nothing/here").is_problem(404)
    assert Caller(ANA).get("/").is_problem(404)
    assert Caller(ANA).get("").is_problem(404)


def test_a_method_an_address_does_not_take_is_405_and_names_those_it_takes(nobody: Caller) -> None:
    answer = nobody.call("PUT", "/accountability/statements")
    assert answer.is_problem(405)
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_options_names_the_methods_of_an_address(nobody: Caller) -> None:
    answer = nobody.call("OPTIONS", "/records")
    assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


def test_head_answers_like_get(stocked: Any) -> None:
    assert Caller(ANA).call("HEAD", "/roles").status == 200


def test_a_filter_nobody_knows_is_refused_not_ignored(stocked: Any) -> None:
    assert Caller(ANA).get("/people?statu=active").is_problem(400)
    assert Caller(ANA).get("/people?status=gone").is_problem(400)
    assert Caller(ANA).get("/audit-trail?outcome=refused").is_problem(400)
    assert Caller(ANA).get("/people?q=a&q=b").is_problem(400)


@pytest.mark.parametrize(
    ("instant", "status"),
    [
        ("0001-01-01T00:00:00%2B14:00", 400),
        ("9999-12-31T23:59:59-14:00", 400),
        ("9999-12-31T12:00:00Z", 400),
        ("9999-12-30T12:00:00Z", 200),
        ("2929-07-13T14:33:14%2B22:17", 200),
        ("2026-01-01T00:00:00", 400),
    ],
)
def test_an_instant_no_calendar_or_database_has_is_told_so(stocked: Any, instant: str, status: int) -> None:
    ana = Caller(ANA)
    assert ana.get(f"/records?updated_from={instant}").status == status
    assert ana.get(f"/audit-trail?from={instant}&to={instant}").status == status
    assert Caller(SAM).get(f"/access?as_of={instant}").status == status


@pytest.mark.parametrize("user_id", ["%00", "a%00b", "%ED%A0%80", "x" * 3_000, "%FF"])
def test_an_address_no_row_can_have_is_not_there(stocked: Any, user_id: str) -> None:
    assert Caller(ANA).get(f"/people/{user_id}").status == 404


def test_an_id_beyond_any_key_is_not_a_fault(stocked: Any) -> None:
    sam = Caller(SAM)
    for grant in ("9" * 30, "0", "-1", "x"):
        assert sam.post(f"/grants/{grant}/end", {"reason": "left the department"}).status in (400, 404)


@pytest.mark.urs("URS-ACC-01")
def test_every_address_and_method_is_401_without_and_with_a_bad_session(nobody: Caller) -> None:
    open_to_all = {("post", "/sessions")}
    tried = 0
    for path, operations in description.served()["paths"].items():
        for method in operations:
            plain = path.removeprefix("/api/v1").replace("{grant_id}", "1").replace("{revision}", "1")
            for token in ("", "x" * 43):
                nobody.token = token
                if (method, plain) not in open_to_all:
                    body = {"password": "x"} if plain == "/sessions/current/lock" else None
                    answer = nobody.call(method.upper(), plain, body)
                    assert answer.is_problem(401), (method, path)
                    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                    tried += 1
    assert tried > 30


def test_every_route_states_its_authority() -> None:
    for path, operations in description.served()["paths"].items():
        for method, operation in operations.items():
            assert operation["x-authority"], (method, path)
            assert operation["summary"], (method, path)


def test_the_description_in_git_is_the_one_served(stocked: Any) -> None:
    kept = description.FILE.read_text(encoding="utf-8")
    assert kept == description.text(), "run `python -m indelible.api.description` and review the difference"
    assert Caller(ANA).get("/openapi.json").content.decode() == kept
    assert Caller().get("/openapi.json").is_problem(401)
