"""No one person ends all administration, at any door; what leaves two goes on; wrong paths first (URS-AUT-04, URS-ACC-03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries, standing
from indelible.kernel.identity.entrances import ask_sign_in
from indelible.kernel.signatures import access_reviews
from indelible.kernel.signatures.types import Components
from tests import people
from tests.access.programs import program
from tests.access.test_directory import DIRECTORY, OFF
from tests.api.calling import Caller
from tests.conftest import Database
from tests.identity.test_factors import key_of
from tests.identity.test_sessions import at_once
from tests.people import PETRA, SAM, TOM, UMA
from tests.web.conftest import signed_in

pytestmark = pytest.mark.urs("URS-AUT-04", "URS-ACC-03")
WHY = "left the company, says the other one"
WEB: dict[str, Any] = {"source": "192.0.2.10", "channel": "web"}
LEFT = "Fewer than two people of administration"


def third() -> None:
    """Tom administers beside Sam and Uma."""
    people.granted("tom", "system_administrator")


def by_key(key: Any) -> tuple[str, Actor]:
    handle, options = ask_sign_in()
    return identity.sign_in_by_passkey(handle, key.get(options), device="Test", **WEB)


def removed(by: people.TestPerson, *whom: people.TestPerson) -> Callable[[], object]:
    """A review of rights that removes every role of these people."""
    actor = people.signed_in(by)
    listed = access_reviews.rights(actor)
    gone = {one.key: "remove" for one in listed if one.person.user_id in {each.user_id for each in whom}}
    assert gone
    signed: Any = {"digest": access_reviews.digest_of(listed), "decisions": gone}
    return lambda: access_reviews.review(actor, Components(by.user_id, by.password), **signed)


def test_one_of_two_does_not_end_the_other(stocked: Database, refused: Any) -> None:
    sam = people.signed_in(SAM)
    ways: tuple[Callable[[], object], ...] = (
        lambda: identity.deactivate_person(sam, "uma", reason=WHY),
        lambda: identity.end_grant(sam, people.grant_of(UMA), reason=WHY),
        lambda: identity.issue_secret(sam, "uma", reason="she asked me, I say"),
        lambda: identity.change_person(sam, "uma", site=people.OTHER_SITE, reason="works in Singapore"),
        removed(PETRA, UMA),
        removed(PETRA, SAM, UMA),
    )
    for way in ways:
        with refused("last_administrators", urs="URS-ACC-03") as caught:
            way()
        assert LEFT in caught.value.detail
    assert people.signed_in(UMA).roles == ("security_unit",)
    third()
    identity.issue_secret(sam, "uma", reason="she forgot it on holiday")
    for left in (SAM, TOM):
        uma_less = people.signed_in(SAM if left is TOM else TOM)
        with refused("last_administrators"):  # Uma holds a role, and could not come in
            identity.deactivate_person(uma_less, left.user_id, reason=WHY)
    identity.deactivate_person(sam, "uma", reason=WHY)
    with refused("last_administrators"):
        identity.deactivate_person(sam, "tom", reason=WHY)


def test_before_the_second_of_the_first_two_came_in_she_is_not_closed_and_gets_a_new_secret(
    database: Database, refused: Any
) -> None:
    secrets = identity.first_two_people(people.PLACE, people.newcomer(SAM), people.newcomer(UMA))
    people.set_password(SAM, secrets["sam"])
    sam = people.signed_in(SAM)
    with refused("last_administrators"):
        identity.deactivate_person(sam, "uma", reason=WHY)
    people.set_password(UMA, identity.issue_secret(sam, "uma", reason="the first one expired unused"))
    assert people.signed_in(UMA).roles == ("security_unit",)


def test_who_has_a_passkey_works_on_though_a_secret_waits_that_nobody_gave_them(
    stocked: Database, refused: Any
) -> None:
    key, sam = key_of(UMA, SAM), people.signed_in(SAM)
    secret = identity.issue_secret(sam, "uma", reason="she asked me, I say")
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        people.signed_in(UMA)
    token, _ = by_key(key)
    uma = identity.enter(token, **WEB)
    outcome = identity.propose_grant(uma, "tom", "system_administrator", reason="the third of us")
    assert outcome.state == "proposed"
    caller = Caller()
    caller.token = token
    assert caller.get("/sessions/current").body["change_due"] is False
    # used, and not replaced, it stops its own session alone
    theirs, _ = identity.sign_in("uma", secret, device="Sam's", **WEB)
    with refused("password_change_due"):
        identity.enter(theirs, **WEB)
    assert identity.enter(token, **WEB).user_id == "uma"
    assert not queries.is_identity_verified(queries.person_of("uma")), "she signs when somebody confirmed her"


def test_what_somebody_comes_in_by_alone_is_not_taken_from_the_last_two_but_lost_it_ends_at_once(
    stocked: Database, refused: Any
) -> None:
    key, sam = key_of(UMA, SAM), people.signed_in(SAM)
    identity.issue_secret(sam, "uma", reason="she asked me, I say")
    (found,) = queries.passkeys(sam, "uma")
    with refused("last_administrators"):
        identity.end_passkey(sam, "uma", found.pk, cause="replaced", reason="has a newer one, I say")
    assert by_key(key)[1].user_id == "uma"
    assert identity.end_passkey(sam, "uma", found.pk, cause="stolen", reason="stolen on a train").ended_at


def test_the_exception_under_which_one_administers_is_not_ended_before_somebody_else_does(
    stocked: Database, refused: Any
) -> None:
    uma, petra = people.signed_in(UMA), people.signed_in(PETRA)
    over = clock() + timedelta(days=30)
    found = identity.declare_exception(uma, "ana", ends_at=over, reason="the firm has five people")
    identity.approve_exception(petra, found.pk)
    people.granted("ana", "system_administrator")
    identity.deactivate_person(uma, "sam", reason=WHY)
    with refused("last_administrators"):
        identity.end_exception(petra, found.pk, reason="the firm has an author again")


def test_two_who_close_each_other_at_once_leave_two(stocked: Database) -> None:
    third()
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    answers = at_once(
        lambda: identity.deactivate_person(sam, "uma", reason=WHY),
        lambda: identity.deactivate_person(uma, "sam", reason=WHY),
    )
    assert sorted(answers, key=str) == [None, "not_signed_in"]  # whose account is closed closes none
    assert len(queries.administering()) == 2


def test_of_two_closed_by_two_at_once_one_stays(stocked: Database) -> None:
    third()
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    answers = at_once(
        lambda: identity.deactivate_person(sam, "tom", reason=WHY),
        lambda: identity.deactivate_person(uma, "sam", reason=WHY),
    )
    assert sorted(answers, key=str) in (
        [None, "last_administrators"],
        [None, "not_signed_in"],
    )  # as they ended
    assert len(queries.administering()) == 2


def test_the_other_one_gone_a_third_comes_by_the_one_left_and_quality(
    stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam, petra = people.signed_in(SAM), people.signed_in(PETRA)
    waiting = identity.propose_grant(sam, "tom", "security_unit", reason="Uma does not come back").id
    quality = identity.propose_grant(sam, "eve", "qa_approver", reason="joins quality in May").id
    with refused("not_authorised"):
        identity.approve_grant(petra, waiting)
    monkeypatch.setattr(standing, "STANDS_IN_AFTER", timedelta(0))
    with refused("not_authorised"):  # a role of quality stays with administration
        identity.approve_grant(petra, quality)
    with refused("second_person"):
        identity.approve_grant(sam, waiting)
    page = signed_in(PETRA)
    assert f"/people/tom/grants/{waiting}" in page.text(page.get("/people/tom"))
    assert identity.approve_grant(petra, waiting).state == "active"
    identity.deactivate_person(sam, "uma", reason=WHY)
    assert len(queries.administering()) == 2
    third_one = identity.propose_grant(sam, "ines", "system_administrator", reason="the third of us").id
    monkeypatch.undo()
    with refused("not_authorised"):  # Tom decides now, and for three days nobody else
        identity.approve_grant(petra, third_one)


def test_with_three_quality_does_not_stand_in(
    stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    third()
    sam, petra = people.signed_in(SAM), people.signed_in(PETRA)
    waiting = identity.propose_grant(sam, "eve", "security_unit", reason="the fourth of us").id
    monkeypatch.setattr(standing, "STANDS_IN_AFTER", timedelta(0))
    with refused("not_authorised"):
        identity.approve_grant(petra, waiting)


def test_pages_api_and_directory_say_the_way_on(stocked: Database) -> None:
    sam, caller = signed_in(SAM), Caller(SAM)
    grant = people.grant_of(UMA)
    for path, fields in (
        ("/people/uma/account", {"verb": "deactivate", "reason": WHY}),
        ("/people/uma/secret", {"reason": WHY}),
        (f"/people/uma/grants/{grant}", {"decision": "end", "reason": WHY}),
    ):
        answer = sam.post(path, fields, page="/people/uma")
        assert answer.status_code == 409 and LEFT in sam.text(answer) and "a third person" in sam.text(answer)
    for path in ("/people/uma/deactivation", "/people/uma/credentials", f"/grants/{grant}/end"):
        assert caller.post(path, {"reason": WHY}).is_problem(409, "URS-ACC-03"), path
    machine = program(UMA, scope=DIRECTORY, label="Directory")
    assert machine.patch("/directory/Users/sam", OFF).is_problem(409, "URS-ACC-03")
    third()
    assert machine.patch("/directory/Users/sam", OFF).status == 200
