"""Who a person is, confirmed by another before any element of a signature is theirs: wrong paths first (URS-UNQ-02, SIG-06)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity import actions, queries, recalls
from indelible.kernel.identity.events import PASSKEY_END
from indelible.kernel.identity.types import Newcomer
from indelible.kernel.signatures import acceptances
from indelible.kernel.signatures.types import Components
from tests import people
from tests.api.calling import Caller
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity import test_one_time as one_time
from tests.people import ANA, PETRA, RAJ, SAM, TOM, UMA
from tests.signatures import keys, signing

Refused = Callable[..., Any]
BO = Newcomer(user_id="bo.lind", name="Bo Lind", email="bo@acme.example", site="BSL")
GIVEN: dict[str, Any] = {
    "method": "passport",
    "reference": "passport seen, file HR-12",
    "verified_on": date(2026, 1, 5),
}


def reset(by: people.TestPerson, whom: people.TestPerson) -> None:
    """A reset by one administrator, and whoever gets the secret chooses the password the tests know."""
    secret = actions.issue_secret(people.signed_in(by), whom.user_id, reason="says the password is lost")
    _, actor = actions.sign_in(whom.user_id, secret, source="192.0.2.66", channel="web", device="Test")
    actions.change_password(actor, secret, f"{whom.password} again")
    actions.sign_out(actor)


def back(whom: people.TestPerson) -> Actor:
    return actions.sign_in(whom.user_id, f"{whom.password} again", source="192.0.2.66", channel="web")[1]


@pytest.mark.urs("URS-UNQ-02")
def test_it_is_for_another_person_with_the_right_and_its_evidence(
    stocked: Database, refused: Refused
) -> None:
    for who, whom, rule in (
        (RAJ, "tom", "not_authorised"),
        (SAM, "sam", "own_rights"),
        (UMA, "zoe", "person_unknown"),
    ):
        actor = people.signed_in(who)
        with refused(rule):
            actions.verify_identity(actor, whom, **GIVEN)
    tomorrow = date(2999, 1, 1)
    for lacking in (
        {"method": "a feeling"},
        {"reference": " "},
        {"verified_on": tomorrow},
        {"verified_on": date.min},
    ):
        actor = people.signed_in(UMA)
        with refused("verification_incomplete") as caught:
            actions.verify_identity(actor, "tom", **{**GIVEN, **lacking})
        assert list(caught.value.fields) == list(lacking)


@pytest.mark.urs("URS-UNQ-02")
def test_no_first_secret_before_it_and_none_by_who_confirmed(stocked: Database, refused: Refused) -> None:
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    actions.create_person(sam, BO)
    with refused("identity_unverified"):
        actions.issue_secret(sam, "bo.lind", reason="first secret of a new account")
    people.confirm(sam, "bo.lind")
    with refused("second_person"):
        actions.issue_secret(sam, "bo.lind", reason="first secret of a new account")
    assert actions.issue_secret(uma, "bo.lind", reason="first secret of a new account")
    with refused("second_person"):
        actions.issue_secret(sam, "bo.lind", reason="the first one was lost unused")
    assert actions.issue_secret(uma, "bo.lind", reason="the first one was lost unused")


@pytest.mark.urs("URS-SIG-06", "URS-UNQ-02")
def test_who_issued_the_first_secret_and_used_it_never_signs_with_it(
    stocked: Database, refused: Refused
) -> None:
    """Uma confirmed Bo in all honesty; Sam takes Bo's secret for himself. What Uma said before does not carry him."""
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    actions.create_person(sam, BO)
    people.confirm(uma, "bo.lind")
    people.granted("bo.lind", "author")
    secret = actions.issue_secret(sam, "bo.lind", reason="first secret of a new account")
    assert not queries.is_identity_verified(queries.person_of("bo.lind"))
    with refused("secret_unreplaced", urs="URS-SIG-06"):
        people.confirm(uma, "bo.lind")
    thief = people.TestPerson("bo.lind", "Bo Lind", "author")
    people.set_password(thief, secret)
    bo = people.signed_in(thief)
    with refused("identity_unverified"):
        acceptances.accept(bo, Components("bo.lind", thief.password), version=1)
    record = signing.capa(bo)
    with refused("identity_unverified"):
        signing.submit(bo, record, signing.all_of(thief))
    with refused("second_person"):
        people.confirm(sam, "bo.lind")
    people.confirm(uma, "bo.lind")
    people.accept(thief)
    assert signing.submit(bo, record, signing.all_of(thief)).user_id == "bo.lind"


@pytest.mark.urs("URS-SIG-06", "URS-UNQ-02")
def test_one_administrator_alone_never_signs_as_another(stocked: Database, refused: Refused) -> None:
    """Sam resets Ana's password and has it; he can sign in as her, and no signature comes of it, whatever he confirms."""
    reset(SAM, ANA)
    ana = back(ANA)
    record = signing.capa(ana)
    known = signing.Components("ana", f"{ANA.password} again", None, signing.MEANING)
    with refused("identity_unverified", urs="URS-UNQ-02"):
        signing.submit(ana, record, known)
    sam = people.signed_in(SAM)
    with refused("second_person"):
        people.confirm(sam, "ana")
    with refused("own_rights"):
        people.confirm(sam, "sam")
    with refused("not_authorised"):
        people.confirm(ana, "ana")
    people.confirm(people.signed_in(UMA), "ana")
    assert signing.submit(ana, record, known).user_id == "ana"


@pytest.mark.urs("URS-UNQ-03", "URS-UNQ-02")
def test_who_comes_back_is_confirmed_anew(stocked: Database, refused: Refused) -> None:
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    actions.deactivate_person(sam, "omar", reason="left the company")
    assert not queries.is_identity_verified(queries.person_of("omar"))
    with refused("person_inactive"):
        people.confirm(uma, "omar")
    actions.reactivate_person(sam, "omar", reason="came back after a year")
    with refused("identity_unverified"):
        actions.issue_secret(sam, "omar", reason="came back after a year")
    people.confirm(uma, "omar")
    assert actions.issue_secret(sam, "omar", reason="came back after a year")


@pytest.mark.urs("URS-UNQ-02")
def test_the_first_two_people_sign_only_when_each_has_confirmed_the_other(database: Database) -> None:
    secrets = actions.first_two_people(people.PLACE, people.newcomer(SAM), people.newcomer(UMA))
    for person in (SAM, UMA):
        people.set_password(person, secrets[person.user_id])
        assert not queries.is_identity_verified(queries.person_of(person.user_id))
    people.confirm(people.signed_in(UMA), "sam")
    assert queries.verified_among(queries.people(people.signed_in(UMA))) == {queries.person_of("sam").pk}


@pytest.mark.urs("URS-UNQ-02")
def test_over_http_it_is_recorded_and_told_to_who_answers_for_it(stocked: Database) -> None:
    body = {"method": "employment_file", "reference": "file S-9", "verified_on": "2026-01-05"}
    sam, uma, tom = Caller(SAM), Caller(UMA), Caller(TOM)
    new = {"user_id": "bo.lind", "name": "Bo Lind", "email": "bo@acme.example", "site": "BSL"}
    assert sam.post("/people", new).body["identity_verified"] is False
    early = sam.post("/people/bo.lind/credentials", {"reason": "first secret of a new account"})
    assert (early.status, early.body["rule"], early.body["clause"]) == (422, "URS-UNQ-02", "21 CFR 11.100(b)")
    made = uma.post("/people/bo.lind/identity-verifications", body)
    assert made.status == 201 and made.body["by"] == "uma" and made.body["kind"] == "verified"
    assert sam.get("/people/bo.lind").body["identity_verified"] is True
    assert uma.get("/people/bo.lind/identity-verifications").body["items"] == [made.body]
    assert Caller(PETRA).get("/people/bo.lind/identity-verifications").status == 200
    assert tom.get("/people/bo.lind/identity-verifications").status == 403
    assert uma.post("/people/nobody/identity-verifications", body).status == 404
    assert sam.post("/people/bo.lind/credentials", {"reason": "first secret of a new account"}).status == 201


@pytest.mark.urs("URS-SIG-06", "URS-CRD-04")
def test_who_ended_the_authenticator_does_not_confirm_whose_account_it_is(
    stocked: Database, refused: Refused
) -> None:
    """Uma knows Ana's password; she ends her codes, so that it suffices, and would confirm her herself."""
    one_time.enrolled()
    uma = people.signed_in(UMA)
    actions.end_code(uma, "ana", cause="replaced", reason="the phone was lost on a train")
    assert not queries.is_identity_verified(queries.person_of("ana"))
    with refused("second_person", urs="URS-AUT-04") as caught:
        people.confirm(uma, "ana")
    assert "one-time codes ended" in caught.value.detail
    as_ana = people.signed_in(ANA)
    record = signing.capa(as_ana)
    with refused("identity_unverified"):
        signing.submit(as_ana, record, signing.all_of(ANA))
    people.confirm(people.signed_in(SAM), "ana")
    assert signing.submit(as_ana, record, signing.all_of(ANA)).user_id == "ana"


@pytest.mark.urs("URS-SIG-06", "URS-CRD-04")
def test_nor_where_nobody_was_confirmed_at_that_moment(stocked: Database, refused: Refused) -> None:
    """The new name, by Sam, ended it already; Uma's ending of the codes still stands between her and the confirmation."""
    one_time.enrolled()
    people.unconfirm("ana")
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    actions.end_code(uma, "ana", cause="replaced", reason="the phone was lost on a train")
    for actor in (sam, uma):
        with refused("second_person"):
            people.confirm(actor, "ana")
    reset(SAM, ANA)  # whoever knew her password knows it no more, and Sam stays bound by the name
    with refused("second_person"):
        people.confirm(sam, "ana")
    people.confirm(uma, "ana")


@pytest.mark.urs("URS-SIG-06", "URS-UNQ-03")
def test_nor_who_closed_or_recalled_it(stocked: Database, refused: Refused) -> None:
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    actions.deactivate_person(sam, "omar", reason="left the company")
    actions.reactivate_person(sam, "omar", reason="came back after a year")
    with refused("second_person"):
        people.confirm(sam, "omar")
    people.confirm(uma, "omar")
    with act(uma, PASSKEY_END, object="person:raj", reason="unused for ninety days") as opened:
        recalls.recall(opened, queries.person_of("raj"))
    with refused("second_person") as caught:
        people.confirm(uma, "raj")
    assert "recalled" in caught.value.detail
    reset(SAM, RAJ)
    with refused("second_person"):
        people.confirm(sam, "raj")
    people.confirm(uma, "raj")


@pytest.mark.urs("URS-SIG-06", "URS-CRD-04")
def test_an_ended_passkey_lowers_nothing_the_password_alone_was_enough_before(stocked: Database) -> None:
    made, uma = keys.enrolled(ANA, SecurityKey()), people.signed_in(UMA)
    actions.end_passkey(uma, "ana", made.pk, cause="lost", reason="left in the train to Olten")
    assert queries.is_identity_verified(queries.person_of("ana"))
