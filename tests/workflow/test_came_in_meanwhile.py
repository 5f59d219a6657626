"""What a request came in by, a session or a program's credential, counts to the end of its act (URS-AUT-01, URS-ACC-09, URS-CRD-04)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from indelible.kernel.access import actions as access
from indelible.kernel.access.machines import enter_by_machine
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.records.models import Record, Revision
from indelible.kernel.workflow import actions
from tests import people
from tests.access.programs import allowed
from tests.conftest import Database
from tests.people import ANA, SAM
from tests.workflow.test_rights_meanwhile import WHY, Waiting, held, wait_for

pytestmark = pytest.mark.urs("URS-AUT-01", "URS-ACC-03")
TITLE = {"title": "Cold store at 9 °C"}


def program() -> tuple[Actor, int]:
    """The actor of a request of Ana's program, and its credential."""
    credential = allowed(ANA)
    token = access.draw_machine(people.signed_in(ANA), credential)
    return enter_by_machine(token, source="10.0.0.9", object="records"), credential


def deviation() -> Record:
    return actions.create_record(people.signed_in(ANA), "deviation", TITLE)


def by_session() -> tuple[Actor, Any]:
    ana = people.signed_in(ANA)
    return ana, lambda: identity.end_session(people.signed_in(SAM), ana.session, reason="laptop was stolen")


def by_program() -> tuple[Actor, Any]:
    actor, credential = program()
    return actor, lambda: access.end_machine(people.signed_in(SAM), credential, reason="token was stolen")


ENDED = [(by_session, "not_signed_in"), (by_program, "machine_refused")]


@pytest.mark.urs("URS-ACC-09", "URS-CRD-04")
@pytest.mark.parametrize(("begin", "rule"), ENDED)
@pytest.mark.parametrize("verb", ["edit", "attach"])
def test_nothing_is_done_in_what_was_ended_while_the_record_was_held(
    stocked: Database, begin: Any, rule: str, verb: str
) -> None:
    record = deviation()
    actor, end = begin()
    number = record.number
    call = {
        "edit": lambda: actions.edit_record(actor, number, {"title": "x"}, revision=1, reason=WHY),
        "attach": lambda: actions.attach_file(actor, number, name="a.txt", content=BytesIO(b"a")),
    }[verb]
    with held(stocked, "records_record", f"number = '{number}'"):
        waiting = Waiting(call)
        wait_for(stocked, 1)
        end()
    assert waiting.outcome() == rule
    assert Revision.objects.filter(record=record).count() == 1
    denied = stocked.rows("select rule from audit.act where record = %s and outcome = 'denied'", [number])
    assert [row[0].partition(" ")[2] for row in denied] == [rule]


@pytest.mark.urs("URS-ACC-09", "URS-CRD-04")
@pytest.mark.parametrize(("begin", "rule"), ENDED)
def test_no_record_is_opened_in_what_was_ended(stocked: Database, begin: Any, rule: str) -> None:
    actor, end = begin()
    end()
    with pytest.raises(Refusal) as caught:
        actions.create_record(actor, "deviation", TITLE)
    assert caught.value.rule.code == rule and not Record.objects.exists()


@pytest.mark.urs("URS-ACC-09", "URS-CRD-04")
@pytest.mark.parametrize("begin", [by_session, by_program])
def test_an_end_waits_for_the_act_that_is_being_done(stocked: Database, begin: Any) -> None:
    actor, end = begin()
    with held(stocked, "identity_person", "user_id = 'ana'"):
        acting = Waiting(lambda: actions.create_record(actor, "deviation", TITLE))
        wait_for(stocked, 1)
        ending = Waiting(end)
        wait_for(stocked, 2)
        assert ending.told is None
    assert (acting.outcome(), ending.outcome()) == ("", "") and Record.objects.count() == 1
