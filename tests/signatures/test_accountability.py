"""Nobody signs before they have accepted that they answer for it; a new version or a year asks anew (URS-POL-01, -02)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import psycopg
import pytest

from indelible.kernel.audit.types import job
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import webauthn
from indelible.kernel.signatures import acceptances, accountability
from indelible.kernel.signatures.actions import decide_doors
from indelible.kernel.signatures.types import Components
from tests import people
from tests.api.calling import Caller
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.people import ANA, PETRA, RAJ, SAM, TOM, UMA
from tests.signatures import signing
from tests.signatures.keys import enrolled
from tests.web.conftest import signed_in as visiting

Refused = Callable[..., Any]
COUNTED = ("identity_lockout",)
NEWER = "I answer for every action under my electronic signature, which binds like my handwritten one, and I use it alone."


def forget(database: Database, person: people.TestPerson) -> None:
    """As before the person's first acceptance: their rows are kept, under nobody's name that counts."""
    database.superuser("alter table signatures_acceptance disable trigger user")
    database.superuser(
        "delete from signatures_acceptance where person_id = (select id from identity_person where user_id = %s)",
        [person.user_id],
    )
    database.superuser("alter table signatures_acceptance enable always trigger indelible_append_only")
    database.superuser("alter table signatures_acceptance enable always trigger indelible_capture")
    database.superuser("alter table signatures_acceptance enable always trigger indelible_no_truncate")


def age(database: Database, days: int) -> None:
    database.superuser("alter table signatures_acceptance disable trigger user")
    database.superuser("update signatures_acceptance set at = at - make_interval(days => %s)", [days])
    for name in ("append_only", "capture", "no_truncate"):
        database.superuser(f"alter table signatures_acceptance enable always trigger indelible_{name}")


@pytest.mark.urs("URS-POL-01")
def test_no_signature_before_it_and_the_same_signing_after_it(stocked: Database, refused: Refused) -> None:
    forget(stocked, ANA)
    ana = people.signed_in(ANA)
    record = signing.capa(ana)
    with refused("accountability_due", urs="URS-POL-01"):
        signing.submit(ana, record, signing.all_of(ANA))
    acceptances.accept(ana, Components("ana", ANA.password), version=1)
    made = stocked.rows("select version, components from signatures_acceptance order by id desc limit 1")
    assert made == [(1, "user_id,password")]
    assert signing.submit(ana, record, signing.all_of(ANA)).user_id == "ana"


@pytest.mark.urs("URS-POL-01")
def test_it_takes_all_components_of_the_person_and_the_version_they_read(
    stocked: Database, refused: Refused
) -> None:
    ana = people.signed_in(ANA)
    for given, rule in (
        (Components(None, ANA.password), "components_first"),
        (Components("ana", ""), "components_first"),
        (Components("raj", ANA.password), "signing_failed"),
        (Components("ana", RAJ.password), "signing_failed"),
    ):
        with refused(rule, ignoring=COUNTED):
            acceptances.accept(ana, given, version=1)
    for version in (0, 2):
        with refused("statement_stale"):
            acceptances.accept(ana, Components("ana", ANA.password), version=version)
    with refused("not_a_signer"):
        acceptances.accept(job("nobody", 1, on_behalf_of="ana"), Components("ana", ANA.password), version=1)


@pytest.mark.urs("URS-SIG-08", "URS-POL-01")
def test_another_door_than_the_page_accepts_only_where_it_may_sign(
    stocked: Database, refused: Refused
) -> None:
    given = Components("ana", ANA.password)
    ana = people.signed_in(ANA, channel="api")
    with refused("door_closed"):
        acceptances.accept(ana, given, version=1)
    decide_doors(people.signed_in(UMA), machines=True, reason="terminals sign over the interface")
    assert acceptances.accept(ana, given, version=1).version == 1


@pytest.mark.urs("URS-POL-01")
def test_a_session_that_is_over_accepts_nothing(stocked: Database, refused: Refused) -> None:
    ana = people.signed_in(ANA)
    identity.sign_out(ana)
    with refused("not_signed_in"):
        acceptances.accept(ana, Components("ana", ANA.password), version=1)


@pytest.mark.urs("URS-POL-01", "URS-SIG-01")
def test_a_passkey_accepts_what_was_put_before_it_and_nothing_else(
    stocked: Database, refused: Refused
) -> None:
    ana, key = people.signed_in(ANA), SecurityKey()
    enrolled(ANA, key)
    typed = Components("ana", means="passkey")
    with refused("components_first"):
        acceptances.put_statement(ana, Components("", means="passkey"), version=1)
    with refused("statement_stale"):
        acceptances.put_statement(ana, typed, version=2)
    first = acceptances.put_statement(ana, typed, version=1)
    answer = key.get(first.options)
    made = acceptances.accept_put(ana, first.handle, passkey=answer)
    assert made.components == "user_id,passkey"
    assert webauthn.holds(made.evidence["proof"], sha256(made.evidence["accepted"].encode()).digest()) == ""
    with refused("challenge_over"):
        acceptances.accept_put(ana, first.handle, passkey=answer)
    again = acceptances.put_statement(ana, typed, version=1)
    with refused("signing_failed", ignoring=("identity_lockout",)):  # the answer of then is none for now
        acceptances.accept_put(ana, again.handle, passkey=answer)


@pytest.mark.urs("URS-POL-02")
def test_a_new_version_and_a_year_ask_everybody_anew(stocked: Database, refused: Refused) -> None:
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    accountability.publish(petra, NEWER, grace_days=14, reason="new wording by legal, change 12")
    first = signing.capa(ana)
    assert signing.submit(ana, first, signing.all_of(ANA)).user_id == "ana"
    accountability.publish(petra, NEWER + " I report misuse.", grace_days=0, reason="change 13")
    second = signing.capa(ana)
    with refused("accountability_due"):
        signing.submit(ana, second, signing.later(ANA))
    assert {person.user_id for person, _ in accountability.missing(petra).items} > {"ana", "raj", "uma"}
    acceptances.accept(ana, Components("ana", ANA.password), version=3)
    assert "ana" not in {person.user_id for person, _ in accountability.missing(petra).items}
    assert signing.submit(ana, second, signing.later(ANA)).user_id == "ana"
    age(stocked, 366)
    third = signing.capa(ana)
    with refused("accountability_due") as caught:
        signing.submit(ana, third, signing.later(ANA))
    assert "more than a year ago" in str(caught.value.detail)


@pytest.mark.urs("URS-POL-02")
def test_a_later_grace_opens_nothing_that_an_earlier_version_closed(
    stocked: Database, refused: Refused
) -> None:
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    record = signing.capa(ana)
    accountability.publish(petra, NEWER, grace_days=0, reason="new wording by legal, change 12")
    accountability.publish(petra, NEWER + " I report misuse.", grace_days=30, reason="change 13")
    with refused("accountability_due") as caught:
        signing.submit(ana, record, signing.all_of(ANA))
    assert "version 3" in str(caught.value.detail)
    acceptances.accept(ana, Components("ana", ANA.password), version=3)
    assert signing.submit(ana, record, signing.all_of(ANA)).user_id == "ana"


@pytest.mark.urs("URS-POL-02")
def test_publishing_is_for_qa_and_the_security_unit_and_the_grace_has_an_end(
    stocked: Database, refused: Refused
) -> None:
    for who in (ANA, SAM):
        actor = people.signed_in(who)
        with refused("not_authorised"):
            accountability.publish(actor, NEWER, grace_days=0, reason="change 12")
    actor = people.signed_in(TOM)
    with pytest.raises(Exception, match=r"This is for"):
        accountability.missing(actor)
    for text, grace in (("Too short.", 14), (NEWER, 31), (NEWER, -1)):
        actor = people.signed_in(UMA)
        with refused("statement_incomplete"):
            accountability.publish(actor, text, grace_days=grace, reason="change 12")
    with psycopg.connect(stocked.url("app"), autocommit=True) as service, pytest.raises(psycopg.Error):
        service.execute("update signatures_acceptance set version = 9")


@pytest.mark.urs("URS-POL-01", "URS-POL-02")
def test_over_http(stocked: Database) -> None:
    decide_doors(people.signed_in(UMA), machines=True, reason="terminals sign over the interface")
    ana, petra, tom = Caller(ANA), Caller(PETRA), Caller(TOM)
    stands = ana.get("/accountability").body
    assert (stands["version"], stands["due"], stands["accepted_version"]) == (1, "", 1)
    new = {"text": NEWER, "grace_days": 0, "reason": "new wording by legal"}
    assert tom.post("/accountability/statements", new).is_problem(403, "URS-AUT-01")
    assert petra.post("/accountability/statements", new).body["version"] == 2
    assert ana.get("/accountability").body["due"] == "version 2 was published since"
    assert "ana" in [one["user_id"] for one in petra.get("/accountability/missing").body["items"]]
    assert tom.get("/accountability/missing").is_problem(403, "URS-AUT-01")
    given = {"version": 1, "user_id": "ana", "password": ANA.password}
    assert ana.post("/accountability", given).is_problem(409, "URS-POL-02")
    assert ana.post("/accountability", {**given, "version": 2}).status == 201
    assert ana.get("/accountability").body["due"] == ""


@pytest.mark.urs("URS-POL-02")
def test_while_a_grace_runs_each_is_asked_on_every_page_and_told_to_who_answers(stocked: Database) -> None:
    ana, petra = visiting(ANA), visiting(PETRA)
    assert "statement waits for you" not in ana.text(ana.get("/"))
    accountability.publish(people.signed_in(PETRA), NEWER, grace_days=14, reason="change 12")
    assert "A new version of the accountability statement waits for you" in ana.text(ana.get("/people"))
    report = petra.text(petra.get("/accountability"))
    assert "accepted version 1, signs under it until" in report and "accept it before" in report
    told = {one["user_id"]: one for one in Caller(PETRA).get("/accountability/missing").body["items"]}
    assert set(told) == {one.user_id for one in people.CAST}
    assert (told["ana"]["due"], told["ana"]["accepted_version"]) == ("", 1) and told["ana"]["until"]
    accountability.publish(
        people.signed_in(PETRA), NEWER + " I report misuse.", grace_days=0, reason="change 13"
    )
    assert "You sign nothing before you accept" in ana.text(ana.get("/people"))
    acceptances.accept(people.signed_in(ANA), Components("ana", ANA.password), version=3)
    assert "accountability statement" not in ana.text(ana.get("/people"))
    assert "ana" not in {one["user_id"] for one in Caller(PETRA).get("/accountability/missing").body["items"]}
