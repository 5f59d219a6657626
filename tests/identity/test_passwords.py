"""Passwords: what is too easy, what is fine, what is kept (URS-CRD-01, URS-CRD-03)."""

import threading
import time

import pytest

from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions, passwords
from tests import people

OWN = ("ana", "Ana Alvarez", "ana.alvarez@acme.example")


@pytest.mark.urs("URS-CRD-03")
@pytest.mark.parametrize(
    "easy",
    [
        "",
        "Password2026!",
        "short phrase 1",
        "PasswordPassword2026!",
        "P@ssw0rdP@ssw0rd!!",
        "correct horse battery staple",
        "qwertyuiopasdfgh",
        "123456789012345",
        "aaaaaaaaaaaaaaaa",
        "my alvarez river boat",
        "4lv4r3z goes to town",
        "Winter2026Winter2026",
        "x" * 257,
        "a river of \x00 quiet otters",
        "a river of \ud800 quiet otters",
    ],
)
def test_an_easy_password_is_refused(easy):
    with pytest.raises(Refusal) as caught:
        passwords.check_strength(easy, own=OWN)
    assert caught.value.rule.code == "password_weak"


@pytest.mark.urs("URS-CRD-03")
@pytest.mark.parametrize(
    "fine",
    [
        "seven quiet otters drift by",
        "a phrase of sixty-four characters with spaces in it is just fine",
        "Тихая река течёт мимо",
        "河水静静流过七座古老的磨坊旁边的小",
        "x" * 120 + "seven quiet otters",
        "kV9$wq-2Lm;fT0zR",
    ],
)
def test_a_long_phrase_is_fine(fine):
    passwords.check_strength(fine, own=OWN)


def test_twelve_characters_do_with_a_second_factor():
    with pytest.raises(Refusal):
        passwords.check_strength("otter drifts", own=OWN)
    passwords.check_strength("otter drifts", own=OWN, second_factor=True)


@pytest.mark.urs("URS-CRD-01")
def test_equal_passwords_are_kept_differently_and_slowly_hashed():
    first, second = (
        passwords.digest("seven quiet otters", of="ana"),
        passwords.digest("seven quiet otters", of="ana"),
    )
    assert first != second
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in first
    assert passwords.matches("seven quiet otters", second, of="ana")
    assert not passwords.matches("seven quiet otter", second, of="ana")
    assert not passwords.matches("seven quiet otters", None, of="ana")


@pytest.mark.urs("URS-SIG-06")
def test_a_digest_is_one_persons_and_matches_for_nobody_else():
    kept = passwords.digest("seven quiet otters", of="ana")
    assert not passwords.matches("seven quiet otters", kept, of="eve")
    assert not passwords.matches("seven quiet otters", kept.removeprefix("of-id$"), of="ana")
    older = passwords._hasher.encode("seven quiet otters", "a salt of sixteen")
    assert passwords.matches("seven quiet otters", older, of="ana")


def test_one_password_however_the_keyboard_composes_it():
    assert passwords.matches(
        "cafe\u0301 at the river", passwords.digest("caf\u00e9 at the river", of="ana"), of="ana"
    )


def test_at_most_two_hashes_run_and_the_next_is_told_to_wait(monkeypatch):
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.05)
    gate = threading.Event()

    def occupy():
        with passwords._place():
            gate.wait(5)

    threads = [threading.Thread(target=occupy) for _ in range(passwords.HASHES_AT_ONCE)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    try:
        with pytest.raises(Refusal) as caught:
            passwords.matches("seven quiet otters", None, of="ana")
        assert (caught.value.rule.code, caught.value.rule.status) == ("busy", 429)
    finally:
        gate.set()
        for thread in threads:
            thread.join()


@pytest.mark.urs("URS-CRD-03")
def test_a_password_that_is_weak_or_was_used_is_refused_and_the_old_one_stays(stocked, refused):
    ana = people.signed_in(people.ANA)
    with refused("password_weak"):
        actions.change_password(ana, people.ANA.password, "Password2026!")
    with refused("password_repeated"):
        actions.change_password(ana, people.ANA.password, people.ANA.password)
    with refused("proof_failed", ignoring=("identity_lockout",)):
        actions.change_password(ana, "not the present one at all", "eleven loud herons wade past")
    people.signed_in(people.ANA)


@pytest.mark.urs("URS-CRD-03", "URS-ACC-03")
def test_a_new_password_ends_the_old_one_and_other_sessions(stocked, refused):
    elsewhere, _ = people.session(people.ANA, channel="api")
    ana = people.signed_in(people.ANA)
    actions.change_password(ana, people.ANA.password, "eleven loud herons wade past")
    with refused("not_signed_in"):
        actions.enter(elsewhere, source="192.0.2.10", channel="api")
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        people.signed_in(people.ANA)
    again = actions.sign_in("ana", "eleven loud herons wade past", source="192.0.2.1", channel="web")[1]
    with refused("password_repeated"):
        actions.change_password(again, "eleven loud herons wade past", people.ANA.password)


@pytest.mark.urs("URS-CRD-03")
def test_a_temporary_secret_dies_after_a_day(stocked, refused):
    secret = actions.issue_secret(people.signed_in(people.UMA), "ana", reason="forgot it on holiday")
    stocked.superuser(
        "update identity_credential set expires_at = now() - interval '1 second' where temporary and ended_at is null"
    )
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        actions.sign_in("ana", secret, source="192.0.2.1", channel="web")


@pytest.mark.urs("URS-CRD-03", "URS-SIG-06")
def test_issuing_a_secret_needs_a_reason_another_person_and_the_right(stocked, refused):
    who = people.signed_in(people.ANA)
    with refused("not_authorised"):
        actions.issue_secret(who, "raj", reason="he asked me to do it")
    who = people.signed_in(people.SAM)
    with refused("own_rights"):
        actions.issue_secret(who, "sam", reason="forgot it on holiday")
    who = people.signed_in(people.SAM)
    with refused("reason_missing"):
        actions.issue_secret(who, "ana", reason=" ")
    who = people.signed_in(people.SAM)
    with refused("person_unknown"):
        actions.issue_secret(who, "nobody-here", reason="forgot it on holiday")
