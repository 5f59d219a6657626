"""Two administrators unlock at the machine, though both are locked; nobody else does (URS-ACC-07, issue 4 item 9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indelible.cli.person import SOURCE
from indelible.cli.unlock import lift
from indelible.jobs.verification import examine
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries
from indelible.kernel.identity.lifting import Presented
from indelible.kernel.identity.unlockings import last_unlocking
from tests import people
from tests.cli.test_step import Answers
from tests.conftest import Database, seal_all
from tests.identity.test_one_time import code
from tests.people import ANA, RAJ, SAM, UMA, TestPerson

COUNTED = ("identity_lockout",)
WRONG = "nine slow herons wade past the mill"
WHY = "both were locked by guesses; seen in person"


def locked(*persons: TestPerson) -> None:
    for place, person in enumerate(persons):
        for _ in range(5):
            with pytest.raises(Refusal):
                identity.sign_in(person.user_id, WRONG, source=f"198.51.{place}.7", channel="web")
        assert queries.is_account_locked(queries.person_of(person.user_id))


def unlock(
    whose: TestPerson | str,
    acting: Any,
    beside: Any,
    *,
    reason: str = WHY,
    confirmed: str = "seen_in_person",
) -> Any:
    both = [
        one if isinstance(one, Presented) else Presented(one.user_id, one.password)
        for one in (acting, beside)
    ]
    named = whose if isinstance(whose, str) else whose.user_id
    return identity.unlock_at_machine(
        named, *both, confirmed=confirmed, reason=reason, source=SOURCE, device="Test"
    )


@pytest.mark.urs("URS-ACC-07")
def test_one_person_alone_nobody_without_the_role_and_never_the_locked_one_first(
    stocked: Database, refused: Any
) -> None:
    locked(UMA)
    with refused("second_person"):
        unlock(UMA, SAM, SAM)
    with refused("not_authorised"):
        unlock(UMA, SAM, ANA)
    with refused("not_authorised"):
        unlock(UMA, RAJ, SAM)
    with refused("own_rights"):
        unlock(UMA, UMA, SAM)
    with refused("reason_missing"):
        unlock(UMA, SAM, UMA, reason=" ")
    for said in ("", "she sounded like herself"):
        with refused("unlock_unconfirmed"):
            unlock(UMA, SAM, UMA, confirmed=said)
    with refused("not_locked"):
        unlock(ANA, SAM, UMA)
    with refused("person_unknown"):
        unlock("nobody.here", SAM, UMA)
    assert queries.is_account_locked(queries.person_of("uma"))


@pytest.mark.urs("URS-ACC-07", "URS-AUD-07")
def test_each_of_the_two_proves_themselves_and_failures_count(stocked: Database, refused: Any) -> None:
    locked(UMA)
    failing = {
        "wrong password": Presented("sam", WRONG),
        "unknown id": Presented("nobody.here", WRONG),
        "no one-time code is set up": Presented("sam", SAM.password, "123456"),
    }
    for cause, presented in failing.items():
        with refused("proof_failed", ignoring=COUNTED):
            unlock(UMA, presented, UMA)
        told = "select detail ->> 'cause', channel from audit.act order by id desc limit 1"
        assert stocked.rows(told) == [(cause, "cli")]
    assert stocked.rows("select failures from identity_lockout l join identity_person p on p.id = l.person_id"
                        " where p.user_id = 'sam'") == [(2,)]  # fmt: skip
    with refused("proof_failed", ignoring=COUNTED):
        unlock(UMA, SAM, Presented("uma", WRONG))
    identity.deactivate_person(people.signed_in(SAM), "raj", reason="left the company today")
    with refused("proof_failed", ignoring=COUNTED):
        unlock(UMA, SAM, RAJ)


@pytest.mark.urs("URS-ACC-07", "URS-SIG-06")
def test_who_reset_a_password_is_not_the_second_person_by_it(stocked: Database, refused: Any) -> None:
    people.granted("tom", "system_administrator")  # of two, none is reset by the other
    secret = identity.issue_secret(people.signed_in(SAM), "uma", reason="she forgot it on holiday")
    locked(ANA)
    with refused("proof_failed", ignoring=COUNTED):
        unlock(ANA, SAM, Presented("uma", secret))


@pytest.mark.urs("URS-ACC-07")
def test_a_one_time_code_is_asked_of_whom_it_was_confirmed_for_and_works_once(
    stocked: Database, refused: Any
) -> None:
    sam = people.signed_in(SAM)
    handle, secret, _ = identity.ask_code_enrolment(sam)
    identity.enrol_code(sam, handle, password=SAM.password, code=code(secret, -1))
    identity.confirm_code(people.signed_in(UMA), "sam")
    locked(UMA)
    with refused("proof_failed", ignoring=COUNTED):
        unlock(UMA, SAM, UMA)
    shown = Presented("sam", SAM.password, code(secret))
    unlock(UMA, shown, UMA)
    locked(UMA)
    with refused("proof_failed", ignoring=COUNTED):
        unlock(UMA, shown, UMA)


@pytest.mark.urs("URS-ACC-07")
def test_two_locked_administrators_let_each_other_in_and_both_stand_in_the_trail(
    stocked: Database, tmp_path: Path
) -> None:
    locked(SAM, UMA)
    for acting, whose in ((SAM, UMA), (UMA, SAM)):
        asked = Answers(acting.user_id, acting.password, "", whose.user_id, whose.password, "")
        assert lift(asked, whose.user_id, confirmed="seen_in_person", reason=WHY) == {
            "user_id": whose.user_id,
            "name": whose.name,
            "confirmed": "seen_in_person",
            "reason": WHY,
        }
        told = stocked.rows(
            "select user_id, object, reason, channel, outcome, detail ->> 'with' from audit.act"
            " where action = 'account.unlock' order by id desc limit 1"
        )
        assert told == [(acting.user_id, f"person:{whose.user_id}", WHY, "cli", "done", whose.user_id)]
        known = last_unlocking(queries.person_of(whose.user_id))
        assert known is not None and (known.by, known.how) == (acting.name, "Seen in person and known")
    people.signed_in(SAM)
    people.signed_in(UMA)
    seal_all(stocked, tmp_path)
    assert examine(stocked.url("verify"), stocked.home, sealer_folder=tmp_path).findings == ()
