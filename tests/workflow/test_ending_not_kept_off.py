"""However much somebody does, their ending is not kept off: who ends takes their turn among who acts (URS-ACC-03, URS-AUT-01)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.models import Person
from indelible.kernel.records.models import Record
from indelible.kernel.workflow import actions
from tests import people
from tests.conftest import Database
from tests.people import ANA, SAM
from tests.workflow.test_rights_meanwhile import WHY, Waiting

pytestmark = pytest.mark.urs("URS-ACC-03", "URS-AUT-01")
TITLE = {"title": "Cold store at 9 °C"}


class Busy(Thread):
    """Somebody who does the same over and over until told to stop; the rules by which they were refused."""

    def __init__(self, call: Callable[[], Any], stop: Event) -> None:
        super().__init__()
        self.call, self.stop, self.rules = call, stop, set[str]()
        self.start()

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                try:
                    self.call()
                except Refusal as refusal:
                    self.rules.add(refusal.rule.code)
        finally:
            connections.close_all()


@contextmanager
def four_at_once(call: Callable[[], Any]) -> Iterator[list[Busy]]:
    stop = Event()
    busy = [Busy(call, stop) for _ in range(4)]
    try:
        yield busy
    finally:
        stop.set()
        for one in busy:
            one.join()


def saved(ana: Actor) -> Any:
    return actions.create_record(ana, "deviation", TITLE)


def refused(ana: Actor) -> Any:
    """An act that leaves nothing but its refusal."""
    return actions.create_record(ana, "deviation", {**TITLE, "nonsense": 1})


@pytest.mark.parametrize("act", [saved, refused])
@pytest.mark.parametrize("verb", ["close", "end role"])
def test_an_ending_comes_through_while_its_person_acts_on_and_on(
    stocked: Database, act: Callable[[Actor], Any], verb: str
) -> None:
    ana, sam, role = people.signed_in(ANA), people.signed_in(SAM), people.grant_of(ANA)
    end: Callable[[], Any] = {
        "close": lambda: identity.deactivate_person(sam, "ana", reason=WHY),
        "end role": lambda: identity.end_grant(sam, role, reason=WHY),
    }[verb]
    rule = {"close": "not_signed_in", "end role": "not_allowed"}[verb]
    with four_at_once(lambda: act(ana)) as busy:
        ending = Waiting(end)
        assert ending.outcome() == ""
        assert all(one.is_alive() for one in busy)
    made = Record.objects.count()
    with pytest.raises(Refusal) as caught:
        act(ana)
    assert caught.value.rule.code == rule and Record.objects.count() == made
    assert (Person.objects.get(user_id="ana").status == Person.ACTIVE) == (verb == "end role")
