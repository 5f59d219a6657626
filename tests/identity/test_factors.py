"""A second factor for administrators and from outside, once decided; the wrong paths first (URS-ACC-08)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.factor_rules import why_due
from tests import people
from tests.api.calling import Caller
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_one_time import code
from tests.people import ANA, RAJ, SAM, UMA
from tests.signatures.keys import signed_in_by
from tests.web.conftest import Visitor, signed_in

WHY = "decided by the security board in May"
INSIDE, OUTSIDE = "10.20.1.7", "203.0.113.9"


def key_of(person: people.TestPerson, by: people.TestPerson) -> SecurityKey:
    """A key of this person that another saw."""
    key, actor = SecurityKey(), people.signed_in(person)
    handle, options = identity.ask_enrolment(actor)
    made = identity.enrol(actor, handle, key.create(options), password=person.password, label="Key")
    identity.confirm_passkey(people.signed_in(by), person.user_id, made.pk)
    return key


@pytest.mark.urs("URS-ACC-08")
def test_it_is_decided_by_those_who_answer_for_it_when_somebody_can_confirm_others(
    stocked: Database, refused: Any
) -> None:
    uma, raj, sam = people.signed_in(UMA), people.signed_in(RAJ), people.signed_in(SAM)
    with refused("not_authorised"):
        identity.decide_factors(raj, administrators=True, networks=[], reason=WHY)
    with refused("not_authorised"):
        identity.decide_factors(sam, administrators=False, networks=[], reason=WHY)
    with refused("reason_missing"):
        identity.decide_factors(uma, administrators=True, networks=[], reason="")
    for wrong in (
        "10.20.0.1/16",
        "everywhere",
        "10.20.0.0/33",
        "0.0.0.0/0",
        "0.0.0.0/1 128.0.0.0/1",
        "::/15",
    ):
        with refused("factors_wrong"):
            identity.decide_factors(uma, administrators=False, networks=wrong.split(), reason=WHY)
    with refused("factors_unready"):
        identity.decide_factors(uma, administrators=True, networks=[], reason=WHY)
    key_of(SAM, UMA)
    with refused("factors_unready"):
        identity.decide_factors(uma, administrators=True, networks=[], reason=WHY)
    key_of(UMA, SAM)
    made = identity.decide_factors(uma, administrators=True, networks=["10.20.0.0/16", ""], reason=WHY)
    assert made.networks == ["10.20.0.0/16"]


@pytest.mark.urs("URS-ACC-08")
def test_who_comes_in_by_less_can_only_enrol_what_is_missing(stocked: Database, refused: Any) -> None:
    key_of(SAM, UMA)
    key = key_of(UMA, SAM)
    identity.decide_factors(people.signed_in(UMA), administrators=True, networks=[], reason=WHY)
    token, _ = people.session(UMA)
    with refused("factor_due"):
        identity.enter(token, source="192.0.2.10", channel="web")
    assert Caller(UMA).get("/people").status == 403
    uma = signed_in(UMA)
    assert uma.get("/people").status_code == 403
    assert uma.get("/")["Location"] == "/account/credentials"
    assert uma.get("/account/credentials").status_code == 200
    asked = uma.post("/account/credentials/passkeys/question", page="/account/credentials")
    assert asked.status_code == 200
    assert signed_in_by(key).user_id == "uma"
    by_key = Visitor()
    question = by_key.post("/sign-in/passkey").json()
    given = {"handle": question["handle"], "answer": json.dumps(key.get(question["options"]))}
    assert by_key.post("/sign-in/passkey", given).status_code == 302
    assert by_key.get("/people").status_code == 200
    assert signed_in(ANA).get("/").status_code == 200  # of her nothing more is asked


@pytest.mark.urs("URS-ACC-08")
def test_from_outside_a_code_makes_the_difference(stocked: Database, refused: Any) -> None:
    key_of(SAM, UMA)
    key_of(UMA, SAM)
    ana = people.signed_in(ANA)
    handle, secret, _ = identity.ask_code_enrolment(ana)
    identity.enrol_code(ana, handle, password=ANA.password, code=code(secret, -1))
    identity.decide_factors(
        people.signed_in(UMA), administrators=False, networks=["10.20.0.0/16"], reason=WHY
    )
    for source, fine in ((INSIDE, True), (OUTSIDE, False), ("2001:db8::1", False), ("not an address", False)):
        token, _ = people.session(ANA, source=source)
        if fine:
            assert identity.enter(token, source=source, channel="web").user_id == "ana"
        else:
            with refused("factor_due"):
                identity.enter(token, source=source, channel="web")
    token, _ = people.session(ANA, source=INSIDE)
    with refused("factor_due"):  # a session of inside, carried outside
        identity.enter(token, source=OUTSIDE, channel="web")
    token, _ = people.session(UMA, source=INSIDE)
    identity.confirm_code(identity.enter(token, source=INSIDE, channel="web"), "ana")
    token, _ = identity.sign_in("ana", ANA.password, source=OUTSIDE, channel="web", otp=code(secret))
    assert identity.enter(token, source=OUTSIDE, channel="web").user_id == "ana"


@pytest.mark.urs("URS-ACC-08")
def test_the_desk_decides_it(stocked: Database) -> None:
    uma = signed_in(UMA)
    assert "a password is enough" in uma.text(uma.get("/security"))
    given = {"administrators": "yes", "networks": "10.20.0.0/16, 10.30.0.0/16", "reason": WHY}
    answer = uma.post("/security/second-factor", given, page="/security")
    assert answer.status_code == 409 and "10.30.0.0/16" in uma.text(answer)
    key_of(SAM, UMA)
    key_of(UMA, SAM)
    inside = {**given, "administrators": "", "networks": "127.0.0.0/8"}
    assert uma.post("/security/second-factor", inside, page="/security").status_code == 302
    assert "Asked of everybody outside 127.0.0.0/8" in uma.text(uma.get("/security"))


def test_nothing_is_asked_where_nothing_was_decided() -> None:
    assert why_due(None, None, ["system_administrator"], OUTSIDE) == ""
    rule = {"administrators": True, "networks": [], "provider_asks": True}
    assert why_due(rule, None, ["system_administrator"], OUTSIDE)
    assert why_due(rule, "provider 3", ["system_administrator"], OUTSIDE) == ""
    assert why_due(rule, "password", ["author"], OUTSIDE) == ""


@pytest.mark.urs("URS-ACC-08")
def test_inside_is_inside_however_the_address_is_told() -> None:
    rule = {"administrators": False, "networks": ["10.20.0.0/16"], "provider_asks": True}
    assert why_due(rule, "password", ["author"], f"::ffff:{INSIDE}") == ""
    assert why_due(rule, "password", ["author"], f"::ffff:{OUTSIDE}")
