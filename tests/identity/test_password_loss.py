"""A password that somebody else may know is ended at once, and nobody gains a signature by it; the wrong paths first (URS-CRD-04)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries
from indelible.kernel.identity.models import Credential, Passkey, Session
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_one_time import code, come_in
from tests.identity.test_one_time import enrolled as authenticator
from tests.people import ANA, PETRA, RAJ, SAM, UMA
from tests.signatures.keys import enrolled, signed_in_by
from tests.signatures.signing import all_of, capa, submit

WHY = "typed into a page that was not ours"
COUNTED = ("identity_lockout",)
NEW = "nine slow herons wade past the old mill"


def report(actor: Any, user_id: str = "ana", **said: Any) -> Credential:
    return identity.report_password(actor, user_id, **{"cause": "suspect", "reason": WHY, **said})


def cause_of(actor: Any) -> str:
    return str(Session.objects.get(public_id=actor.session).ended_cause)


@pytest.mark.urs("URS-CRD-04")
def test_a_report_is_for_its_person_and_administration_with_cause_reason_and_a_time_that_was(
    stocked: Database, refused: Any
) -> None:
    raj, uma = people.signed_in(RAJ), people.signed_in(UMA)
    with refused("not_authorised"):
        report(raj)
    with refused("person_unknown"):
        report(uma, "nobody-here")
    with refused("reason_missing"):
        report(uma, reason=" ")
    for cause in ("", "mislaid", "replaced"):
        with refused("loss_incomplete", urs="URS-CRD-04"):
            report(uma, cause=cause)
    with refused("loss_incomplete"):
        report(uma, suspect_since=clock() + timedelta(hours=1))
    ended = report(uma, cause="stolen")
    assert (ended.ended_by, ended.ended_cause, ended.suspect_since) == ("uma", "stolen", ended.issued_at)
    with refused("password_unknown", urs="URS-CRD-04"):
        report(uma)


@pytest.mark.urs("URS-CRD-04", "URS-ACC-04")
@pytest.mark.parametrize("by", [UMA, ANA])
def test_it_is_dead_at_once_with_every_session_begun_with_it_and_no_other(
    stocked: Database, refused: Any, by: people.TestPerson
) -> None:
    key, found = SecurityKey(), SecurityKey()
    enrolled(ANA, key)
    waiting = enrolled(ANA, found, confirmed=False)
    plain, secret = people.signed_in(ANA), authenticator()
    coded, by_key = come_in(code(secret)), signed_in_by(key)
    since = clock() - timedelta(days=3)
    report(plain if by is ANA else people.signed_in(by), suspect_since=since)
    assert Credential.objects.filter(person__user_id="ana").latest("pk").suspect_since == since
    assert cause_of(plain) == cause_of(coded) == "password suspect" and cause_of(by_key) == ""
    assert Passkey.objects.get(pk=waiting.pk).ended_cause == "never confirmed"
    for password in (ANA.password, "another than hers"):
        with refused("sign_in_failed", ignoring=COUNTED):
            come_in(code(secret, 1), password)
    told = stocked.rows(
        "select detail ->> 'cause' from audit.acts where outcome = 'denied' order by id desc limit 2"
    )
    assert told == [("no password issued",), ("password reported lost, stolen or suspect",)]
    with refused("proof_failed", ignoring=COUNTED):
        identity.change_password(by_key, ANA.password, NEW)
    assert signed_in_by(key).user_id == "ana", "the key was in nobody else's hand"


@pytest.mark.urs("URS-CRD-04", "URS-SIG-06", "URS-UNQ-02")
def test_who_reports_it_does_not_sign_as_its_person_whatever_they_do_next(
    stocked: Database, refused: Any
) -> None:
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    report(sam)
    secret = identity.issue_secret(sam, "ana", reason="her password is known to somebody")
    ana = come_in(None, secret)
    identity.change_password(ana, secret, NEW)
    with refused("second_person"):
        people.confirm(sam, "ana")
    ana = come_in(None, NEW)
    record = capa(ana)
    signing = all_of(ANA)
    with refused("identity_unverified"):
        submit(ana, record, type(signing)("ana", NEW, None, signing.meaning))
    people.confirm(uma, "ana")
    assert submit(ana, record, type(signing)("ana", NEW, None, signing.meaning)).user_id == "ana"


@pytest.mark.urs("URS-CRD-04", "URS-CRD-03")
def test_a_one_time_secret_that_somebody_saw_on_its_way_is_ended_unused(
    stocked: Database, refused: Any
) -> None:
    secret = identity.issue_secret(people.signed_in(UMA), "ana", reason="forgot it on holiday")
    assert report(people.signed_in(SAM)).temporary
    with refused("sign_in_failed", ignoring=COUNTED):
        come_in(None, secret)


@pytest.mark.urs("URS-CRD-04", "URS-ACC-03")
def test_the_last_of_administration_who_can_come_in_changes_it_instead(
    stocked: Database, refused: Any
) -> None:
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    assert queries.administering() == {sam.person_id, uma.person_id}
    report(sam, "sam")
    with refused("last_administrators"):
        report(uma, "uma")
    identity.change_password(uma, UMA.password, NEW)
    with pytest.raises(Refusal):
        people.signed_in(UMA)
    secret = identity.issue_secret(uma, "sam", reason="his password was known to somebody")
    again = identity.sign_in("sam", secret, source="192.0.2.10", channel="web", device="Test")[1]
    identity.change_password(again, secret, NEW)
    assert report(uma, "uma").ended_at, "somebody else can come in again"
    people.confirm(people.signed_in(PETRA), "sam")
    assert identity.issue_secret(again, "uma", reason="her password was known to somebody")


@pytest.mark.urs("URS-CRD-04", "URS-ACC-03")
def test_a_key_of_ones_own_leaves_a_way_in_and_a_locked_account_does_not(
    stocked: Database, refused: Any
) -> None:
    key = SecurityKey()
    made = enrolled(SAM, key)
    sam, uma = people.signed_in(SAM), people.signed_in(UMA)
    for _ in range(5):
        with pytest.raises(Refusal):
            identity.sign_in("uma", "not her password", source="203.0.113.5", channel="web", device="Test")
    assert made.confirmed_by == "uma" and queries.is_account_locked(queries.person_of("uma"))
    report(sam, "sam")
    assert signed_in_by(key).user_id == "sam"
    with refused("password_unknown"):
        report(uma, "sam")
