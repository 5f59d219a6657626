"""What keeps a hand from signing at a door that is not its own page: the record unread, the door closed."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from indelible.kernel.signatures import actions as signatures
from tests import people
from tests.api.calling import Caller
from tests.api.deviations import opened
from tests.conftest import Database
from tests.doors.hands import told
from tests.doors.refusing import Outcome, refused
from tests.people import ANA

SIGNATURE = {"user_id": "ana", "password": ANA.password, "meaning": "Responsibility for the report"}


def sign(caller: Caller, number: str, **over: Any) -> Outcome:
    body = {"revision": 1, "signature": {**SIGNATURE, **over}}
    return told(caller.post(f"/records/{number}/steps/report", body))


@pytest.mark.urs("URS-SIG-05")
def test_a_session_signs_only_what_it_has_read(stocked: Database) -> None:
    number = opened(Caller(ANA)).body["number"]
    fresh = Caller(ANA)
    refused(stocked, {"not_read"}, partial(sign, fresh, number))
    fresh.get(f"/records/{number}")
    assert sign(fresh, number).done


@pytest.mark.urs("URS-SIG-08", "URS-SIG-01", "URS-MAN-05")
def test_a_closed_door_an_unknown_component_another_meaning(stocked: Database) -> None:
    caller = Caller(ANA)
    number = opened(caller).body["number"]
    caller.get(f"/records/{number}")
    refused(stocked, {"component_unknown"}, partial(sign, caller, number, otp="123456"))
    refused(stocked, {"meaning_differs"}, partial(sign, caller, number, meaning="Approval"))
    signatures.decide_doors(people.signed_in(people.UMA), machines=False, reason="signing on the page only")
    refused(stocked, {"door_closed"}, partial(sign, caller, number))
