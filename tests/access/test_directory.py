"""The company's directory closes accounts and does nothing else; nobody is deleted, nobody locks out a company (URS-ACC-03)."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.kernel.access.types import DEACTIVATE, Scope
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries
from tests.access.programs import allowed, program
from tests.access.test_machines import actor_of
from tests.api.calling import Caller
from tests.conftest import Database
from tests.people import ANA, OMAR, RAJ, SAM, UMA, signed_in
from tests.web.conftest import signed_in as visitor

pytestmark = pytest.mark.urs("URS-ACC-03", "URS-ACC-09")
DIRECTORY = Scope(processes=(), operations=(DEACTIVATE,))
OFF = {"Operations": [{"op": "replace", "path": "active", "value": False}]}


def directory() -> Caller:
    """The directory's program; Uma answers for it."""
    return program(UMA, scope=DIRECTORY, label="Directory")


def test_its_credential_is_for_that_alone(stocked: Database, refused: Any) -> None:
    sam = signed_in(SAM)
    for scope, owner in (
        (DIRECTORY, ANA),
        (Scope(processes=("deviation",), operations=(DEACTIVATE,)), UMA),
        (Scope(processes=("deviation",), operations=("create", DEACTIVATE)), ANA),
        (Scope(processes=()), UMA),
    ):
        with refused("machine_incomplete"):
            allowed(owner, scope=scope, actor=sam)
    caller = directory()
    assert caller.get("/records").body["items"] == []
    assert caller.get("/people").is_problem(403, "URS-ACC-09")
    actor = actor_of(caller)
    assert actor.roles == ()
    with refused("not_authorised"):
        identity.deactivate_person(actor, "ana", reason="left the company on Friday")
    with refused("not_authorised"):
        identity.issue_secret(actor, "ana", reason="she says she forgot it")


def test_nobody_else_closes_an_account_by_it(stocked: Database, refused: Any) -> None:
    sam: Actor = signed_in(SAM)
    with refused("not_authorised"):
        identity.deactivate_by_directory(sam, "ana")
    for caller in (Caller(SAM), program(ANA)):
        for method, body in (("GET", None), ("PATCH", OFF), ("DELETE", None)):
            answer = caller.call(method, "/directory/Users/omar", body)
            assert answer.is_problem(403, "URS-AUT-01"), answer


def test_a_leaver_is_out_at_the_next_click(stocked: Database) -> None:
    omar, token = visitor(OMAR), program(OMAR)
    caller = directory()
    found = caller.get("/directory/Users?filter=userName%20eq%20%22OMAR%22").body
    assert found["totalResults"] == 1 and found["Resources"][0]["active"] is True
    assert omar.get("/").status_code == 200
    closed = caller.patch("/directory/Users/omar", OFF, content_type="application/scim+json")
    assert closed.status == 200 and closed.body["active"] is False, closed
    assert "Sign in" in omar.text(omar.get("/"))
    assert token.get("/records").is_problem(401, "URS-ACC-09")
    told = stocked.rows(
        "select name, on_behalf_of, reason from audit.act where action = 'person.deactivate' and outcome = 'done'"
    )
    assert told == [
        ("Directory, for Uma Lindqvist", "uma", "The company's directory says that the person left")
    ]
    assert caller.patch("/directory/Users/omar", OFF).is_problem(409, "URS-ACC-03")


def test_deleting_closes_and_the_person_stays_known(stocked: Database) -> None:
    caller = directory()
    assert caller.call("DELETE", "/directory/Users/raj").status == 204
    assert queries.names_of(["raj"]) == {"raj": RAJ.name}
    assert caller.get("/directory/Users/raj").body["active"] is False
    assert caller.call("DELETE", "/directory/Users/ghost").is_problem(404)
    none = caller.get("/directory/Users?filter=userName%20eq%20%22ghost%22").body
    assert none["totalResults"] == 0


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": True},
        {"op": "add", "path": "roles", "value": ["qa_approver"]},
        {"op": "replace", "path": "userName", "value": "raj2"},
        {"op": "replace", "value": {"active": False, "userName": "raj2"}},
        {"op": "remove", "path": "active"},
    ],
)
def test_it_opens_and_changes_nothing(stocked: Database, operation: dict[str, Any]) -> None:
    caller = directory()
    answer = caller.patch("/directory/Users/raj", {"Operations": [operation]})
    assert answer.status == 422, answer
    assert caller.get("/directory/Users/raj").body["active"] is True
    assert caller.get("/directory/Users").status == 400
    assert (
        caller.patch(
            "/directory/Users/raj", {"Operations": [{"op": "Replace", "value": {"active": "False"}}]}
        ).body["active"]
        is False
    )


def test_a_stolen_directory_does_not_lock_out_the_company(stocked: Database, refused: Any) -> None:
    caller = directory()
    actor = actor_of(caller)
    with refused("last_administrators"):
        identity.deactivate_by_directory(actor, "sam")
    for last in ("sam", "uma"):
        assert caller.patch(f"/directory/Users/{last}", OFF).is_problem(409, "URS-ACC-03")
    assert queries.administering() == {queries.person_of("sam").pk, queries.person_of("uma").pk}
