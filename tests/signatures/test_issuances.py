"""The dated check of codes and passwords, dormant ones recalled; the wrong paths first (URS-CRD-02, 21 CFR 11.300(b))."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries
from indelible.kernel.signatures import issuances
from indelible.kernel.signatures.types import Components
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.people import ANA, EVE, RAJ, SAM, TOM, UMA
from tests.signatures.keys import enrolled, signed_in_by
from tests.web.conftest import signed_in

ALL = Components("uma", UMA.password)


def dormant_but(monkeypatch: pytest.MonkeyPatch, *awake: people.TestPerson) -> None:
    """Only who signs in from now on is not dormant."""
    monkeypatch.setattr(issuances, "EVERY", timedelta(seconds=2))
    time.sleep(2.1)
    for person in awake:
        people.signed_in(person)


@pytest.mark.urs("URS-CRD-02")
def test_it_is_the_security_units_signature_on_exactly_the_list_shown(
    stocked: Database, refused: Any
) -> None:
    uma, sam, raj = people.signed_in(UMA), people.signed_in(SAM), people.signed_in(RAJ)
    with pytest.raises(Refusal, match="not_authorised"):
        issuances.issuances(raj)
    shown = issuances.digest_of(issuances.issuances(uma))
    with refused("not_authorised"):
        issuances.check_issuances(sam, Components("sam", SAM.password), digest=shown)
    with refused("components_first"):
        issuances.check_issuances(uma, Components("", UMA.password), digest=shown)
    with refused("signing_failed", ignoring=("identity_lockout",)):
        issuances.check_issuances(uma, Components("uma", "nine slow herons wade"), digest=shown)
    enrolled(ANA, SecurityKey())
    with refused("issuances_changed"):
        issuances.check_issuances(uma, ALL, digest=shown)
    made = issuances.check_issuances(uma, ALL, digest=issuances.digest_of(issuances.issuances(uma)))
    assert (made.by.user_id, made.components, made.recalled) == ("uma", "user_id,password", [])
    assert made.listed == len(issuances.issuances(uma))


@pytest.mark.urs("URS-CRD-02", "URS-SIG-06")
def test_what_nobody_used_for_ninety_days_is_recalled(
    stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = SecurityKey()
    enrolled(TOM, key)
    dormant_but(monkeypatch, ANA, SAM)
    uma = people.signed_in(UMA)
    listed = issuances.issuances(uma)
    assert {one.person.user_id for one in listed if not one.dormant} == {"ana", "sam", "uma"}
    made = issuances.check_issuances(uma, ALL, digest=issuances.digest_of(listed))
    assert {"tom", "eve", "raj"} <= set(made.recalled) and "ana" not in made.recalled
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        signed_in_by(key)
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        identity.sign_in("eve", EVE.password, source="192.0.2.99", channel="web")
    assert not queries.is_identity_verified(queries.person_of("eve"))
    monkeypatch.undo()
    secret = identity.issue_secret(people.signed_in(SAM), "eve", reason="back from a long leave")
    _, eve = identity.sign_in("eve", secret, source="192.0.2.99", channel="web")
    assert eve.user_id == "eve"


@pytest.mark.urs("URS-CRD-02", "URS-SIG-06")
def test_who_reset_the_security_units_password_cannot_sign_the_check_as_her(
    stocked: Database, refused: Any
) -> None:
    people.granted("tom", "system_administrator")  # of two, none is reset by the other
    secret = identity.issue_secret(people.signed_in(SAM), "uma", reason="Uma says she forgot it")
    known = "nine copper kettles hum at dawn 31"
    as_her = identity.sign_in("uma", secret, source="192.0.2.10", channel="web", device="Sam's")[1]
    identity.change_password(as_her, secret, known)
    shown = issuances.digest_of(issuances.issuances(as_her))
    with refused("identity_unverified"):
        issuances.check_issuances(as_her, Components("uma", known), digest=shown)


@pytest.mark.urs("URS-CRD-02")
def test_an_overdue_check_is_told_on_the_desk(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not issuances.due().overdue
    monkeypatch.setattr(issuances, "EVERY", timedelta(0))
    assert issuances.due().overdue
    uma = signed_in(UMA)
    assert "is overdue since" in uma.text(uma.get("/security"))
    monkeypatch.undo()
    page = uma.text(uma.get("/security/issuances"))
    assert "Ana Alvarez" in page and "none yet" in page
    digest = page.split('name="digest" value="')[1].split('"')[0]
    given = {"digest": digest, "user_id": "uma", "password": UMA.password}
    wrong = uma.post("/security/issuances", {**given, "password": "x"}, page="/security/issuances")
    assert wrong.status_code == 422
    assert uma.post("/security/issuances", given, page="/security/issuances").status_code == 302
    assert "0 recalled" in uma.text(uma.get("/security/issuances"))
    assert signed_in(RAJ).get("/security/issuances").status_code == 403
