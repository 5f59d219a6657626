"""A stranger switches no account lock off, and a flood fills no trail (URS-ACC-07, URS-CRD-05, URS-SIG-07, URS-AUD-07)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from indelible.kernel.audit.actions import note
from indelible.kernel.audit.types import Actor, Refusal, nobody
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import sources
from indelible.kernel.identity.events import SESSION_USE
from indelible.kernel.identity.models import Lockout, Strain
from indelible.kernel.signatures.models import Signature
from indelible.kernel.signatures.types import Components
from tests import people
from tests.authenticator import SecurityKey
from tests.conftest import Database
from tests.identity.test_sources import COUNTED, HERE, THERE, WRONG, fails, tries
from tests.people import ANA, EVE, LIN, OMAR, PETRA, RAJ, SAM, TOM, UMA, VIC, TestPerson
from tests.signatures.signing import MEANING, all_of, capa, submit

INSIDE = "198.51.100.10"
Attempt = Callable[[str, Actor, str], Any]


def use_up() -> None:
    """What a stranger can do: five ids of nobody reach five failures each, from addresses of one network."""
    for place in range(sources.LOCKS):
        fails(*[f"no.one.{place}"] * 5, source=f"198.51.100.{100 + place}")


def lock_five() -> None:
    """Five accounts locked from one network: it locks no more this hour."""
    for place, person in enumerate((RAJ, PETRA, OMAR, VIC, LIN)):
        fails(*[person] * 5, source=f"198.51.100.{100 + place}")
    assert Lockout.objects.exclude(locked_at=None).count() == sources.LOCKS


def is_locked(user_id: str) -> bool:
    return Lockout.objects.exclude(locked_at=None).filter(person__user_id=user_id).exists()


def denied(stocked: Database, source: str = HERE, rule: str = "") -> int:
    found = stocked.rows(
        "select count(*) from audit.act where outcome = 'denied' and source = %s and rule like %s",
        [source, f"%{rule}"],
    )
    return int(found[0][0])


def flooded(source: str, times: int = 25) -> None:
    """So many refused requests without a session that nothing more of this source stands alone this minute."""
    for _ in range(times):
        note(nobody(source=source, channel="web"), SESSION_USE, outcome="denied", throttled=True)


def unlocked(token: str, ana: Actor, password: str) -> Any:
    identity.lock_session(ana)
    return identity.unlock_session(token, password, source=INSIDE, channel="web")


def changed(_token: str, ana: Actor, password: str) -> Any:
    return identity.change_password(ana, password, "a quiet heron stands in the reeds")


def passkey(_token: str, ana: Actor, password: str) -> Any:
    handle, options = identity.ask_enrolment(ana)
    return identity.enrol(ana, handle, SecurityKey().create(options), password=password, label="Mine")


def one_time_code(_token: str, ana: Actor, password: str) -> Any:
    handle, _secret, _ = identity.ask_code_enrolment(ana)
    return identity.enrol_code(ana, handle, password=password, code="000000")


@pytest.mark.urs("URS-ACC-07", "URS-SIG-07")
def test_five_failed_signings_lock_whatever_the_network_has_used_up(stocked: Database, refused: Any) -> None:
    _, ana = people.session(ANA, source=INSIDE)
    record = capa(ana)
    use_up()
    for nth in range(1, 6):
        assert not is_locked("ana")
        with refused("signing_failed", ignoring=COUNTED):
            submit(ana, record, Components("ana", f"{WRONG} {nth}", None, MEANING))
    assert is_locked("ana")
    with refused("signing_failed"):
        submit(ana, record, all_of(ANA))
    assert not Signature.objects.filter(record=record).exists()


@pytest.mark.urs("URS-ACC-07", "URS-CRD-05")
@pytest.mark.parametrize("attempt", [unlocked, changed, passkey, one_time_code])
@pytest.mark.parametrize("before", [use_up, lock_five])
def test_five_failed_proofs_inside_a_session_lock_whatever_the_network_has_used_up(
    stocked: Database, refused: Any, attempt: Attempt, before: Callable[[], None]
) -> None:
    token, ana = people.session(ANA, source=INSIDE)
    before()
    for _ in range(5):
        assert not is_locked("ana")
        with pytest.raises(Refusal, match="proof_failed"):
            attempt(token, ana, WRONG)
    assert is_locked("ana")
    with pytest.raises(Refusal, match="proof_failed"):
        attempt(token, ana, ANA.password)


@pytest.mark.urs("URS-ACC-07")
def test_a_lock_from_inside_a_session_is_none_of_the_networks_five(stocked: Database) -> None:
    _, ana = people.session(ANA, source=INSIDE)
    for _ in range(5):
        with pytest.raises(Refusal, match="proof_failed"):
            identity.change_password(ana, WRONG, "a quiet heron stands in the reeds")
    for place, person in enumerate((RAJ, PETRA, OMAR, VIC, LIN)):
        fails(*[person] * 5, source=f"198.51.100.{100 + place}")
    assert Lockout.objects.exclude(locked_at=None).count() == sources.LOCKS + 1


@pytest.mark.urs("URS-ACC-07")
def test_no_answer_tells_what_an_id_is_though_made_up_ones_lock_nothing(stocked: Database) -> None:
    """Active, locked, not active, nobody's: each fails five times, then waits; once at five, each makes any address wait."""
    fails(*[LIN] * 5, source=THERE)
    identity.deactivate_person(people.signed_in(UMA), "tom", reason="did not start after all")
    fails(*["no.one.at.five"] * 5, source="203.0.113.200")
    use_up()
    for place, named in enumerate(("eve", "tom", "no.one.new")):
        said = []
        for _ in range(7):
            with pytest.raises(Refusal) as caught:
                tries(named, f"198.51.100.{20 + place}")
            said.append(str(caught.value).partition(":")[0])
        assert said == ["sign_in_failed"] * 5 + ["source_waits"] * 2, named
    for place, named in enumerate(("eve", "tom", "no.one.new", "lin", "no.one.at.five")):
        fails(named, source=f"198.51.100.{40 + place}")
        with pytest.raises(Refusal, match="source_waits"):
            tries(named, f"198.51.100.{40 + place}")
    assert is_locked("eve") and not is_locked("tom")


@pytest.mark.urs("URS-CRD-05", "URS-ACC-07")
def test_five_failures_that_lock_nothing_leave_an_event_whoevers_the_id(stocked: Database) -> None:
    use_up()
    lock_five()
    fails(*[EVE] * 5, source="198.51.100.77")
    assert not is_locked("eve")
    found = stocked.rows(
        "select object, source, detail from audit.act where action = 'account.spared' order by id"
    )
    assert [row[0].partition(":")[0] for row in found] == ["unknown"] * 5 + ["person"]
    assert found[-1][:2] == ("person:eve", "198.51.100.77") and found[-1][2]["failures"] == 5
    fails(EVE, source=THERE)
    assert is_locked("eve"), "from a network that has locks left it locks at once"


@pytest.mark.urs("URS-ACC-07", "URS-AUD-07")
@pytest.mark.parametrize("person", ["no.such.id", ANA])
def test_a_source_waits_after_fifteen_failures_on_one_id_and_its_flood_is_counted(
    stocked: Database, refused: Any, person: TestPerson | str
) -> None:
    fails(*[person] * sources.TRIES)
    with refused("source_waits", urs="URS-ACC-07"):
        tries(person)
    with refused("source_waits"):  # whoever comes from there
        tries(PETRA, password=PETRA.password)
    for _ in range(100):
        with pytest.raises(Refusal, match="source_waits"):
            tries(person)
    assert denied(stocked) <= 5 + 40, (
        "five counted by the lock; twice twenty where the minute turned in between"
    )
    further = stocked.superuser(
        "select coalesce(sum(n - kept), 0) from audit.flood where source = %s", [HERE]
    )
    assert further[0][0] >= 102 + sources.TRIES - 45
    assert denied(stocked, rule="source_waits"), "the first that waited stands alone"
    assert is_locked("ana") is (person is ANA)
    people.signed_in(PETRA, source=THERE)


@pytest.mark.urs("URS-ACC-07")
def test_own_success_takes_no_failure_on_others_out_of_the_count(stocked: Database, refused: Any) -> None:
    for _ in range(sources.TRIES - 1):
        fails("no.such.id")
        people.signed_in(RAJ, source=HERE)
    fails("no.such.id")
    with refused("source_waits"):
        tries(RAJ, password=RAJ.password)


@pytest.mark.urs("URS-AUD-07", "URS-CRD-05")
def test_a_flood_hides_no_failure_on_an_account_and_loses_no_count(stocked: Database, refused: Any) -> None:
    identity.deactivate_person(people.signed_in(UMA), "tom", reason="did not start after all")
    flooded(HERE)
    fails("no.such.id", ANA)
    assert Strain.objects.get(source=HERE).accounts.__len__() == 2
    before = denied(stocked, rule="sign_in_failed")
    assert before == 1, "of nobody's id only counted"
    fails(TOM)  # one try of a deactivated account is told
    assert denied(stocked, rule="sign_in_failed") == 2
    with pytest.raises(Refusal, match="source_waits"):
        tries(SAM)
    assert Lockout.objects.get(person__user_id="ana").failures == 1
    told = stocked.rows("select detail from audit.act where object = 'person:tom' and outcome = 'denied'")
    assert told[0][0]["source"] == "waits from now on"


@pytest.mark.urs("URS-AUD-07")
@pytest.mark.parametrize("named", ["no.such.id", "ana", "tom"])
def test_at_the_machine_itself_where_nothing_waits_a_flood_is_counted_all_the_same(
    stocked: Database, named: str
) -> None:
    """An undeclared proxy: everybody comes from 127.0.0.1."""
    identity.deactivate_person(people.signed_in(UMA), "tom", reason="did not start after all")
    before = denied(stocked, "127.0.0.1")
    fails(*[named] * 60, source="127.0.0.1")
    assert denied(stocked, "127.0.0.1") - before <= 5 + 40
