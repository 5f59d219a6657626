"""`indelible step`: the person, never the shell, is the actor; what is signed was shown and agreed to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from indelible.catalogue.publishing import publish_shipped
from indelible.cli.answers import Problem
from indelible.cli.person import SOURCE, TOKEN, signed_in
from indelible.cli.step import take
from indelible.kernel.signatures import actions as signatures
from indelible.kernel.workflow import actions
from indelible.kernel.workflow.processes import in_force
from tests import people
from tests.api.deviations import FIRST
from tests.cli.conftest import Command
from tests.people import ANA, PETRA, UMA


class Answers:
    """A person whose answers are known beforehand, in order."""

    def __init__(self, *answers: Any) -> None:
        self.answers: Iterator[Any] = iter(answers)

    def line(self, question: str) -> str:
        return str(next(self.answers))

    def secret(self, question: str) -> str:
        return str(next(self.answers))

    def agrees(self, question: str) -> bool:
        return bool(next(self.answers))


@pytest.fixture
def number(stocked: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A deviation of Ana's, in an installation where machines' doors may sign."""
    monkeypatch.delenv(TOKEN, raising=False)
    if not in_force():
        publish_shipped(people.signed_in(PETRA), reason="first version, change CC-0001")
    officer = people.signed_in(UMA)
    people.certify(officer)
    signatures.decide_doors(officer, machines=True, reason="operators sign at the command line")
    return str(actions.create_record(people.signed_in(ANA), "deviation", FIRST).number)


def test_who_does_not_prove_themselves_does_nothing(stocked: Any, number: str, refused: Any) -> None:
    with (
        refused("sign_in_failed", ignoring=("identity_lockout",)),
        signed_in(Answers("ana", "wrong"), purpose="step"),
    ):
        raise AssertionError("nobody came in")


def test_who_does_not_agree_signs_nothing(stocked: Any, number: str) -> None:
    with (
        signed_in(Answers("ana", ANA.password), purpose="step") as actor,
        pytest.raises(Problem, match="Not signed"),
    ):
        take(actor, Answers(False), number, "report", fields=None, reason="")
    assert stocked.rows("select state from records_record") == [("draft",)]


@pytest.mark.urs("URS-SIG-02")
def test_signing_in_never_counts_as_a_signing(stocked: Any, number: str, refused: Any) -> None:
    with signed_in(Answers("ana", ANA.password), purpose="step") as actor, refused("components_first"):
        take(actor, Answers(True, "", ANA.password), number, "report", fields=None, reason="")


@pytest.mark.urs("URS-SIG-08")
def test_an_installation_that_signs_on_its_page_only_refuses_the_command_too(
    stocked: Any, number: str, refused: Any
) -> None:
    signatures.decide_doors(people.signed_in(UMA), machines=False, reason="signing on the page only")
    with signed_in(Answers("ana", ANA.password), purpose="step") as actor, refused("door_closed"):
        take(actor, Answers(True, "ana", ANA.password), number, "report", fields=None, reason="")


@pytest.mark.urs("URS-AUD-01", "URS-SIG-05")
def test_the_step_is_the_persons_and_their_session_ends_with_it(
    stocked: Any, number: str, capsys: Any
) -> None:
    with signed_in(Answers("ana", ANA.password), purpose="step") as actor:
        done = take(actor, Answers(True, "ana", ANA.password), number, "report", fields=None, reason="")
    assert done["state"] == "classification"
    shown = capsys.readouterr().err
    assert FIRST["facts"] in shown and "same legal effect" in shown
    entry = stocked.rows("select user_id, channel, source from audit.act where action = 'record.step'")
    assert entry == [("ana", "cli", SOURCE)]
    ended = stocked.rows(
        "select count(*) from identity_session where public_id = %s and ended_at is not null", [actor.session]
    )
    assert ended == [(1,)]


def test_a_token_of_a_session_enters_and_stays(
    stocked: Any, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, _ = people.session(ANA, channel="cli")
    monkeypatch.setenv(TOKEN, token)
    for _ in range(2):
        with signed_in(Answers(), purpose="step") as actor:
            assert actor.user_id == "ana"


def test_without_a_terminal_nobody_is_asked_and_nothing_happens(installed: Command) -> None:
    done = installed("step", "DEV-2026-00001", "report")
    assert done.returncode == 1
    assert "at a terminal" in done.stderr and "Traceback" not in done.stderr
    refused = installed("step", "DEV-2026-00001", "report", INDELIBLE_TOKEN="x" * 43)
    assert refused.returncode == 1
    assert "URS-ACC-01" in refused.stderr
    assert installed("step").returncode == 2


def test_two_administrators_are_asked_at_a_terminal_alone(installed: Command) -> None:
    done = installed(
        "unlock", "uma", "--reason", "both were locked by guesses", "--confirmed", "seen_in_person"
    )
    assert done.returncode == 1
    assert "at a terminal" in done.stderr and "Traceback" not in done.stderr
    assert installed("unlock", "uma").returncode == 2
    assert installed("unlock", "uma", "--reason", "locked by guesses").returncode == 2
    unknown = installed("unlock", "uma", "--reason", "locked by guesses", "--confirmed", "by voice")
    assert unknown.returncode == 2 and "called_back" in unknown.stderr
