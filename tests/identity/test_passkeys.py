"""Passkeys: whose they are, who confirmed it, what makes one not count; the wrong paths first (URS-CRD-04, -06, URS-SIG-06)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries
from indelible.kernel.identity.models import Passkey, Session
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.people import ANA, PETRA, RAJ, SAM, UMA
from tests.signatures.keys import enrolled, in_hand, signed_in_by

WHY = "left in the train to Olten"


@pytest.mark.urs("URS-CRD-04", "URS-SIG-06")
def test_a_key_is_enrolled_by_its_own_person_with_their_password(stocked: Database, refused: Any) -> None:
    ana, elsewhere, key = people.signed_in(ANA), people.signed_in(ANA), SecurityKey()
    handle, options = identity.ask_enrolment(ana)
    with refused("proof_failed", ignoring=("identity_lockout",)):
        identity.enrol(ana, handle, key.create(options), password="nine slow herons wade past", label="Blue")
    with refused("challenge_over"):  # asked once, answered once
        identity.enrol(ana, handle, key.create(options), password=ANA.password, label="Blue")
    handle, options = identity.ask_enrolment(ana)
    with refused("challenge_over"):  # in the session it was asked in
        identity.enrol(elsewhere, handle, key.create(options), password=ANA.password, label="Blue")
    for device in (SecurityKey(origin="https://indelible.example"), SecurityKey(verified=False)):
        handle, options = identity.ask_enrolment(ana)
        with refused("passkey_refused"):
            identity.enrol(ana, handle, device.create(options), password=ANA.password, label="Blue")
    handle, options = identity.ask_enrolment(ana)
    with refused("passkey_refused"):
        identity.enrol(ana, handle, {"id": "AA", "response": 7}, password=ANA.password, label="Blue")
    made = enrolled(ANA, key, confirmed=False)
    assert (made.label, made.confirmed_at, made.algorithm) == ("Blue key", None, -7)
    handle, options = identity.ask_enrolment(ana)
    with refused("passkey_refused"):  # the same key again
        identity.enrol(ana, handle, key.create(options), password=ANA.password, label="Blue")
    for _ in range(4):
        enrolled(ANA, SecurityKey(), confirmed=False)
    with refused("too_many_passkeys"):
        identity.ask_enrolment(ana)


@pytest.mark.urs("URS-CRD-04", "URS-SIG-06", "URS-UNQ-02")
def test_it_counts_when_somebody_else_has_confirmed_it_and_not_who_could_have_enrolled_it(
    stocked: Database, refused: Any
) -> None:
    sam, uma, raj, key = people.signed_in(SAM), people.signed_in(UMA), people.signed_in(RAJ), SecurityKey()
    made = enrolled(ANA, key, confirmed=False)
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        signed_in_by(key)
    with refused("not_authorised"):
        identity.confirm_passkey(raj, "ana", made.pk)
    with refused("second_person"):  # Sam issued Ana's first secret: he could have come in as her
        identity.confirm_passkey(sam, "ana", made.pk)
    with refused("passkey_unknown"):
        identity.confirm_passkey(uma, "petra", made.pk)
    own = enrolled(UMA, SecurityKey(), confirmed=False)
    with refused("own_rights"):
        identity.confirm_passkey(uma, "uma", own.pk)
    people.unconfirm("ana")
    with refused("identity_unverified", urs="URS-UNQ-02"):
        identity.confirm_passkey(uma, "ana", made.pk)
    people.confirm(uma, "ana")
    assert identity.confirm_passkey(uma, "ana", made.pk).confirmed_by == "uma"
    with refused("passkey_confirmed"):
        identity.confirm_passkey(uma, "ana", made.pk)
    actor = signed_in_by(key)
    assert (actor.user_id, actor.roles) == ("ana", ("author",))
    session = Session.objects.get(public_id=actor.session)
    assert session.begun_by == f"passkey {made.pk}"
    assert queries.credentials_now(session.person).endswith(f"passkey {made.pk}")


@pytest.mark.urs("URS-CRD-04")
def test_a_lost_key_is_dead_at_once_with_its_sessions_and_never_comes_back(
    stocked: Database, refused: Any
) -> None:
    key, uma, raj = SecurityKey(), people.signed_in(UMA), people.signed_in(RAJ)
    made = enrolled(ANA, key)
    ana, other = signed_in_by(key), people.signed_in(ANA)
    with refused("not_authorised"):
        identity.end_passkey(raj, "ana", made.pk, cause="lost", reason=WHY)
    with refused("reason_missing"):
        identity.end_passkey(uma, "ana", made.pk, cause="lost", reason=" ")
    with refused("loss_incomplete"):
        identity.end_passkey(uma, "ana", made.pk, cause="mislaid", reason=WHY)
    with refused("loss_incomplete"):
        identity.end_passkey(
            uma, "ana", made.pk, cause="lost", reason=WHY, suspect_since=clock() + timedelta(hours=1)
        )
    since = datetime(2026, 1, 1, tzinfo=UTC)
    ended = identity.end_passkey(uma, "ana", made.pk, cause="lost", reason=WHY, suspect_since=since)
    assert (ended.ended_cause, ended.suspect_since) == ("lost", since)
    for actor in (ana, other):
        assert Session.objects.get(public_id=actor.session).ended_cause == "passkey lost"
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        signed_in_by(key)
    with refused("passkey_unknown"):
        identity.end_passkey(uma, "ana", made.pk, cause="lost", reason=WHY)
    spare = SecurityKey()
    identity.end_passkey(people.signed_in(ANA), "ana", enrolled(ANA, spare).pk, cause="replaced", reason=WHY)
    assert queries.passkeys(uma, "ana").count() == 2
    with pytest.raises(Refusal):
        queries.passkeys(raj, "ana")


@pytest.mark.urs("URS-CRD-06")
def test_a_copied_key_is_found_by_its_count_and_ended(stocked: Database, refused: Any) -> None:
    key = SecurityKey()
    made = enrolled(ANA, key)
    signed_in_by(key)
    twin = SecurityKey(id=key.id, key=key.key, count=key.count - 1)
    with refused("sign_in_failed", ignoring=("identity_lockout", "identity_passkey")):
        signed_in_by(twin)
    made.refresh_from_db()
    assert made.ended_cause == "copied"
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        signed_in_by(key)


@pytest.mark.urs("URS-CRD-06")
def test_a_key_not_tested_for_a_year_does_not_count_until_it_is(
    stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, stranger = SecurityKey(), SecurityKey()
    made = enrolled(ANA, key)
    monkeypatch.setattr("indelible.kernel.identity.passkeys.TESTED_FOR", made.tested_at - made.tested_at)
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        signed_in_by(key)
    monkeypatch.undo()
    ana, petra = people.signed_in(ANA), people.signed_in(PETRA)
    with refused("passkey_unknown"):
        identity.ask_test(petra, made.pk)
    handle, options = identity.ask_test(ana, made.pk)
    with refused("passkey_refused"):
        identity.take_test(ana, handle, stranger.get(options))
    handle, options = identity.ask_test(ana, made.pk)
    assert identity.take_test(ana, handle, key.get(options)).tested_at > made.tested_at
    handle, options = identity.ask_test(ana, made.pk)
    key.count = 0
    with refused("passkey_refused", ignoring=("identity_passkey",)):
        identity.take_test(ana, handle, key.get(options))
    assert Passkey.objects.get(pk=made.pk).ended_cause == "copied"


@pytest.mark.urs("URS-ACC-07")
def test_failed_answers_count_with_failed_passwords_and_lock(stocked: Database, refused: Any) -> None:
    key = SecurityKey()
    enrolled(ANA, key)
    impostor = SecurityKey(id=key.id, count=50)
    for _ in range(5):
        with refused("sign_in_failed", ignoring=("identity_lockout",)):
            signed_in_by(impostor)
    with refused("sign_in_failed"):
        signed_in_by(key)
    with refused("sign_in_failed"):
        people.signed_in(ANA)


@pytest.mark.urs("URS-ACC-01")
def test_an_answer_is_good_for_one_sign_in(stocked: Database, refused: Any) -> None:
    key = SecurityKey()
    enrolled(ANA, key)
    handle, options = in_hand()
    answer = key.get(options)
    identity.sign_in_by_passkey(handle, answer, source="192.0.2.10", channel="web")
    with refused("challenge_over"):
        identity.sign_in_by_passkey(handle, answer, source="192.0.2.10", channel="web")
    other, _ = in_hand()
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        identity.sign_in_by_passkey(other, answer, source="192.0.2.10", channel="web")


@pytest.mark.urs("URS-SIG-06")
def test_a_key_that_an_issuer_enrolled_as_somebody_dies_with_the_next_secret(
    stocked: Database, refused: Any
) -> None:
    """Sam resets Ana's password, comes in as her, enrols his own key; Uma resets it again; then Sam would confirm his key."""
    sam, uma, his = people.signed_in(SAM), people.signed_in(UMA), SecurityKey()
    secret = identity.issue_secret(sam, "ana", reason="Ana says she forgot it")
    known = "nine copper kettles hum at dawn 31"
    as_her = identity.sign_in("ana", secret, source="192.0.2.10", channel="web", device="Sam's")[1]
    identity.change_password(as_her, secret, known)
    handle, options = identity.ask_enrolment(as_her)
    made = identity.enrol(as_her, handle, his.create(options), password=known, label="Ana's")
    with refused("second_person"):
        identity.confirm_passkey(sam, "ana", made.pk)
    identity.issue_secret(uma, "ana", reason="Ana cannot come in any more")
    with refused("passkey_unknown"):
        identity.confirm_passkey(sam, "ana", made.pk)
    made.refresh_from_db()
    assert made.ended_cause == "never confirmed"


@pytest.mark.urs("URS-UNQ-03", "URS-ACC-03")
def test_who_returns_has_no_credential_of_before(stocked: Database, refused: Any) -> None:
    key, uma = SecurityKey(), people.signed_in(UMA)
    enrolled(ANA, key)
    identity.deactivate_person(uma, "ana", reason="left the company in May")
    with refused("sign_in_failed"):
        signed_in_by(key)
    identity.reactivate_person(uma, "ana", reason="came back in June")
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        signed_in_by(key)
    assert queries.credentials_now(queries.person_of("ana")) == ""
