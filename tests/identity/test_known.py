"""Who reset a colleague does not act as the second person in their name; wrong paths first (URS-AUT-04, URS-SIG-06)."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.kernel.access import actions as access
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries
from indelible.kernel.workflow import delegations
from tests import people
from tests.access.test_terminals import D3
from tests.conftest import Database
from tests.identity.test_factors import key_of
from tests.identity.test_standing import by_key
from tests.identity.test_verified import back, reset
from tests.people import ANA, PETRA, RAJ, SAM, TOM, UMA
from tests.web.conftest import signed_in
from tests.workflow.test_delegations import offered

pytestmark = pytest.mark.urs("URS-AUT-04", "URS-SIG-06", "URS-UNQ-02")


@pytest.fixture
def as_uma(stocked: Database) -> Any:
    """Sam, in a session of Uma's: he reset her, and used the secret himself. Tom administers beside the two."""
    people.granted(TOM.user_id, "system_administrator")
    reset(SAM, UMA)
    return back(UMA)


def test_one_who_acts_as_two_gives_no_right_and_signs_as_nobody(as_uma: Any, refused: Any) -> None:
    sam = people.signed_in(SAM)
    proposed = identity.propose_grant(sam, "raj", "qa_approver", reason="stands in for Petra")
    ways = (
        lambda: identity.approve_grant(as_uma, proposed.id),
        lambda: identity.propose_grant(as_uma, "raj", "verifier", reason="stands in for Petra"),
        lambda: identity.issue_secret(as_uma, "ana", reason="says the password is lost"),
    )
    for way in ways:
        with refused("identity_unverified", urs="URS-UNQ-02") as caught:
            way()
        assert "password reset" in caught.value.detail and "QA" in caught.value.detail
    reset(SAM, ANA)
    with refused("identity_unverified"):
        people.confirm(as_uma, "ana")
    assert not queries.is_identity_verified(queries.person_of("ana"))
    with refused("second_person"):
        people.confirm(sam, "uma")


def test_nor_enrols_a_terminal_or_lets_a_delegation_count(as_uma: Any, refused: Any) -> None:
    access.register_terminal(people.signed_in(SAM), D3, reason="weighing room 4")
    with refused("identity_unverified"):
        access.enrol_terminal(as_uma, D3.code)
    waiting = offered()
    delegations.accept(people.signed_in(RAJ), waiting.pk)
    with refused("identity_unverified"):
        delegations.approve(as_uma, waiting.pk)


def test_another_of_administration_or_qa_confirms_and_then_she_is_the_second_person(
    as_uma: Any, refused: Any
) -> None:
    proposed = identity.propose_grant(people.signed_in(SAM), "raj", "verifier", reason="verifies weighings")
    petra = people.signed_in(PETRA)
    with refused("not_authorised"):  # of its own people alone
        people.confirm(petra, "ana")
    people.confirm(petra, "uma")
    assert identity.approve_grant(back(UMA), proposed.id).state == "active"


def test_a_device_of_her_own_tells_who_she_is_but_for_a_new_name(stocked: Database, refused: Any) -> None:
    people.granted(TOM.user_id, "system_administrator")
    key = key_of(UMA, SAM)
    identity.issue_secret(people.signed_in(SAM), "uma", reason="she asked me, I say")
    uma = by_key(key)[1]
    assert identity.propose_grant(uma, "raj", "verifier", reason="verifies weighings").state == "proposed"
    people.unconfirm("uma")
    with refused("identity_unverified"):
        identity.propose_grant(uma, "raj", "operator", reason="weighs on Fridays")


def test_what_protects_waits_for_nobody(as_uma: Any) -> None:
    identity.deactivate_person(as_uma, "ana", reason="left the company at the end of May")


def test_the_page_offers_it_to_qa_for_administration_alone(as_uma: Any) -> None:
    petra = signed_in(PETRA)
    form = 'action="/people/{}/identity"'
    assert form.format("uma") in petra.text(petra.get("/people/uma"))
    people.unconfirm("ana")
    assert form.format("ana") not in petra.text(petra.get("/people/ana"))
