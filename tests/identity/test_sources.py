"""Who guesses waits, and nobody locks out a company (URS-ACC-07, issue 4 item 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from indelible.jobs import tasks
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import sources
from indelible.kernel.identity.models import Lockout, Strain
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.people import ANA, EVE, LIN, OMAR, PETRA, RAJ, TOM, VIC, TestPerson
from tests.signatures.keys import enrolled, signed_in_by

HERE, THERE = "198.51.100.7", "203.0.113.9"
WRONG = "nine slow herons wade past the mill"
COUNTED = ("identity_lockout",)


def tries(person: TestPerson | str, source: str = HERE, password: str = WRONG) -> None:
    named = person if isinstance(person, str) else person.user_id
    identity.sign_in(named, password, source=source, channel="web", device="Test")


def fails(*persons: TestPerson | str, source: str = HERE) -> None:
    for person in persons:
        with pytest.raises(Refusal) as caught:
            tries(person, source)
        assert caught.value.rule.code == "sign_in_failed"


@pytest.mark.urs("URS-ACC-07")
def test_a_source_that_failed_on_three_accounts_waits_before_anything_is_counted(
    stocked: Database, refused: Any
) -> None:
    fails(ANA, "nobody.here", RAJ)
    for person in (PETRA, ANA, "another.nobody"):  # known, tried before, unknown: one answer
        with refused("source_waits"):
            tries(person)
    with refused("source_waits"):
        tries(PETRA, password=PETRA.password)
    people.signed_in(PETRA, source=THERE)
    key = SecurityKey()
    enrolled(ANA, key)
    assert signed_in_by(key).user_id == "ana"


@pytest.mark.urs("URS-ACC-07")
def test_it_waits_ten_minutes_and_who_only_mistyped_is_taken_out(stocked: Database, refused: Any) -> None:
    fails(ANA, RAJ)
    people.signed_in(ANA, source=HERE)
    fails(OMAR)
    people.signed_in(PETRA, source=HERE)
    fails(VIC)
    with refused("source_waits"):
        tries(PETRA)
    Strain.objects.update(last_at=Strain.objects.get(source=HERE).last_at - sources.WAITS)
    people.signed_in(PETRA, source=HERE)
    fails(VIC)
    people.signed_in(PETRA, source=HERE)


@pytest.mark.urs("URS-ACC-07")
def test_a_network_locks_five_accounts_an_hour_at_most_then_addresses_wait(
    stocked: Database, refused: Any
) -> None:
    victims = (ANA, RAJ, PETRA, OMAR, VIC, TOM, EVE, LIN)
    for place, person in enumerate(victims):  # a source an account: only the network is the same
        for _ in range(5):
            try:
                tries(person, f"198.51.100.{place}")
            except Refusal as refusal:
                last = refusal.rule.code
    assert last == "sign_in_failed"
    assert Lockout.objects.exclude(locked_at=None).count() == sources.LOCKS
    for place, person in enumerate(victims[sources.LOCKS :], sources.LOCKS):
        with refused("source_waits"):  # where the sixth and later would be locked, the address waits
            tries(person, f"198.51.100.{place}", person.password)
        people.signed_in(person, source="198.51.100.200")  # and nobody else of that network
        people.signed_in(person, source=THERE)


@pytest.mark.urs("URS-ACC-07")
def test_addresses_are_told_apart_as_networks_are(stocked: Database) -> None:
    fails(ANA, source="2001:db8:1:2::1")
    fails(RAJ, source="2001:db8:1:2:ffff::9")
    fails(OMAR, source="not an address")
    kept = set(Strain.objects.values_list("source", flat=True))
    assert kept == {"2001:db8:1:2::/64", "not an address"}


@pytest.mark.urs("URS-ACC-07")
def test_this_machine_itself_never_waits_and_its_failures_lock_all_the_same(stocked: Database) -> None:
    for source in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        fails(ANA, RAJ, OMAR, "nobody.here", source=source)
    people.signed_in(PETRA, source="127.0.0.1")
    for _ in range(3):
        fails(ANA, source="127.0.0.1")
    assert Lockout.objects.exclude(locked_at=None).count() == 1


@pytest.mark.urs("URS-ACC-07")
def test_a_network_without_locks_left_tells_no_id_that_exists_from_one_that_does_not(
    stocked: Database,
) -> None:
    for place, person in enumerate((ANA, RAJ, PETRA, OMAR, VIC)):
        for _ in range(5):
            fails(person, source=f"198.51.100.{place}")
    answers = []
    for source, named in (("198.51.100.77", "eve"), ("198.51.100.78", "nobody.here")):
        said = []
        for _ in range(7):
            with pytest.raises(Refusal) as caught:
                tries(named, source)
            said.append(caught.value.rule.code)
        answers.append(said)
    assert answers[0] == answers[1] == ["sign_in_failed"] * 5 + ["source_waits"] * 2


@pytest.mark.urs("URS-ACC-07")
def test_an_id_that_is_nobodys_makes_addresses_wait_as_an_account_does_and_uses_up_no_lock(
    stocked: Database,
) -> None:
    for place in range(sources.LOCKS):
        for _ in range(9):  # at five; no more is counted
            fails(f"no.one.{place}", source=f"198.51.100.{place}")
    for _ in range(5):
        fails(EVE, source="198.51.100.77")
    with pytest.raises(Refusal) as caught:
        tries(EVE, "198.51.100.77")
    assert caught.value.rule.code == "source_waits"
    locked = Lockout.objects.exclude(locked_at=None).values_list("person__user_id", flat=True)
    assert list(locked) == ["eve"], "a stranger with made-up ids switches no lock off"


@pytest.mark.urs("URS-ACC-07")
def test_counts_that_count_no_more_are_forgotten(stocked: Database) -> None:
    """An id that is nobody's stays as long as anybody could tell it from an account by its lock."""
    now = clock()
    for source, days in (("198.51.100.7", 0), ("198.51.100.8", 2), ("unknown:aa", 89), ("unknown:bb", 91)):
        at = now - timedelta(days=days)
        Strain.objects.create(source=source, last_at=at, locks_since=at)
    tasks.forget_strains(0)
    kept = set(Strain.objects.values_list("source", flat=True))
    assert {"198.51.100.7", "unknown:aa"} <= kept and not {"198.51.100.8", "unknown:bb"} & kept
