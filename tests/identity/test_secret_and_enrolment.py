"""An authenticator enrolled while the service's secret is changed is kept under the new one or refused, never lost (URS-OPN-04)."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connections

from indelible.cli import preflight
from indelible.home import keys as files
from indelible.home.layout import Home
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions, at_rest, challenges, keys, proofs, secret_change
from indelible.kernel.identity.models import OneTimeCode
from tests import people
from tests.conftest import Database
from tests.identity.test_one_time import code
from tests.identity.test_secret_change import WHY, home
from tests.people import ANA, SAM

__all__ = ["home"]
pytestmark = pytest.mark.urs("URS-OPN-04")


class Beside:
    """Something done in a connection of its own at the same time; what it was refused stands in `refused`."""

    def __init__(self, verb: Callable[[], object]) -> None:
        self.refused = ""
        self._verb = verb
        self._thread = Thread(target=self._run)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._verb()
        except Refusal as refusal:
            self.refused = refusal.rule.code
        finally:
            connections.close_all()


def until_somebody_waits(stocked: Database) -> None:
    """Until one of two waits for a lock of the other."""
    within = monotonic() + 30
    while stocked.rows("select count(*) from pg_locks where not granted") == [(0,)]:
        assert monotonic() < within, "nobody came to wait"
        sleep(0.05)


def asked_of_ana() -> tuple[Callable[[], object], str]:
    """An enrolment that is open, as what answers it, and its secret."""
    ana = people.signed_in(ANA)
    handle, secret, _ = actions.ask_code_enrolment(ana)
    now = code(secret)
    return lambda: actions.enrol_code(ana, handle, password=ANA.password, code=now), secret


def test_one_that_comes_while_it_is_changed_is_begun_anew(
    stocked: Database, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment, _ = asked_of_ana()
    sam, beside, whole = people.signed_in(SAM), Beside(enrolment), secret_change._encrypt_anew

    def encrypt_anew(old: str, new: str) -> Any:
        lost = whole(old, new)
        beside.begin()
        until_somebody_waits(stocked)
        return lost

    monkeypatch.setattr(secret_change, "_encrypt_anew", encrypt_anew)
    actions.rotate_secret(sam, reason=WHY)
    beside.end()
    assert beside.refused == "challenge_over"
    assert not OneTimeCode.objects.exists() and preflight.obstacles() == []


def test_one_whose_question_was_answered_before_it_is_not_kept_after_it(
    stocked: Database, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment, _ = asked_of_ana()
    sam, whole = people.signed_in(SAM), challenges.take

    def take(handle: str, purpose: str, *, session: str = "") -> Any:
        found = whole(handle, purpose, session=session)
        actions.rotate_secret(sam, reason=WHY)
        return found

    monkeypatch.setattr(challenges, "take", take)
    with pytest.raises(Refusal, match="challenge_over"):
        enrolment()
    assert not OneTimeCode.objects.exists() and preflight.obstacles() == []


def test_one_that_was_first_is_waited_for_and_encrypted_anew(
    stocked: Database, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment, secret = asked_of_ana()
    sam, whole = people.signed_in(SAM), proofs.clear_failures
    beside = Beside(lambda: actions.rotate_secret(sam, reason=WHY))

    def clear_failures(person: Any) -> None:
        whole(person)
        beside.begin()
        until_somebody_waits(stocked)

    monkeypatch.setattr(proofs, "clear_failures", clear_failures)
    enrolment()
    beside.end()
    assert beside.refused == ""
    [kept] = OneTimeCode.objects.all()
    assert at_rest.opened(kept.secret, under=files.django_secret(home)) == secret
    assert preflight.obstacles() == []


def test_between_act_and_file_none_is_kept_under_the_secret_that_goes(
    stocked: Database, home: Home, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(keys, "settle", lambda: None)
        actions.rotate_secret(people.signed_in(SAM), reason=WHY)
    enrolment, _ = asked_of_ana()  # asked under what lies on disk still
    with refused("challenge_over", urs="URS-SIG-08"):
        enrolment()
    keys.settle()
    assert not OneTimeCode.objects.exists() and preflight.obstacles() == []
    enrolment, secret = asked_of_ana()
    enrolment()
    assert at_rest.opened(OneTimeCode.objects.get().secret) == secret


def test_one_that_was_only_proposed_stops_no_enrolment(stocked: Database, home: Home) -> None:
    files.propose_secret(home)
    enrolment, secret = asked_of_ana()
    enrolment()
    assert at_rest.opened(OneTimeCode.objects.get().secret) == secret
