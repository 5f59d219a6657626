"""People and times as they are printed: a name beside each id in the trail, local time and UTC beside each signature."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.kernel.audit.types import Refusal
from indelible.kernel.records import trail
from indelible.kernel.records.types import TrailFilter
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import processes
from indelible.web.signature_views import signature_view
from indelible.web.trail_people import OWNER, _told
from tests.conftest import Database
from tests.people import ANA, LIN, PETRA, RAJ, UMA, shown
from tests.people import signed_in as actor_of
from tests.web.conftest import signed_in

NAMES = {"ana": "Ana Alvarez"}


@pytest.mark.urs("URS-MAN-02", "URS-AUD-11")
def test_a_person_in_the_trail_has_a_name(stocked: Database) -> None:
    ana = actor_of(ANA)
    given = {"title": "Door alarm", "source": "audit", "problem": "The door stood open and nobody knew"}
    record = workflow.create_record(ana, "capa", given)
    workflow.take_step(
        ana,
        record.number,
        "submit",
        revision=shown(ana, record.number),
        signature=Components(user_id="ana", password=ANA.password, otp=None, meaning=None),
    )
    action = {"what": "Fit a door alarm", "owner": RAJ.user_id, "due": "2027-03-01"}
    cause = {"root_cause": "No alarm on the door; found by walking the store"}
    workflow.edit_record(ana, record.number, cause, revision=1, reason="cause is found")
    workflow.edit_record(ana, record.number, {"actions": [action]}, revision=2, reason="the plan begins")
    workflow.reassign(ana, record.number, RAJ.user_id, reason="knows the cold store best")
    petra = signed_in(PETRA)
    foot = petra.client.get(f"/records/{record.number}/audit-trail?latest=1", headers={"HX-Request": "true"})
    for text in (
        petra.text(petra.get("/audit-trail")),
        petra.text(petra.get(f"/records/{record.number}/audit-trail")),
        petra.text(foot),
    ):
        assert text.count("Raj Ramanathan (raj)") >= 2, "the cell of the table and the record's own owner"
        assert "Ana Alvarez (ana)" in text


def test_an_id_that_is_nobodys_stays_as_it_is() -> None:
    assert _told(OWNER, "nobody", NAMES) == "nobody" and _told(OWNER, None, NAMES) is None
    assert _told(OWNER, "ana", NAMES) == "Ana Alvarez (ana)"


@pytest.mark.urs("URS-MAN-03", "URS-MAN-04", "URS-TIM-04")
@pytest.mark.parametrize(
    ("offset", "zone", "local"),
    [
        ("+00:00", "Europe/Lisbon", "5 Jan 2026, 10:00:00 +00:00"),
        ("+00:00", "UTC", "5 Jan 2026, 10:00:00 +00:00"),
        ("+01:00", "Europe/Zurich", "5 Jan 2026, 11:00:00 +01:00"),
        ("-03:30", "America/St_Johns", "5 Jan 2026, 06:30:00 -03:30"),
    ],
)
def test_a_signature_always_says_local_time_and_utc(offset: str, zone: str, local: str) -> None:
    given: dict[str, Any] = {
        "standing": "stands",
        "components": ["password"],
        "at": "2026-01-05T10:00:00+00:00",
    }
    told = signature_view({**given, "offset": offset, "zone": zone})
    assert told["at_local"] == local and told["at_utc"] == "5 Jan 2026, 10:00:00 UTC"


@pytest.mark.urs("URS-AUD-11")
def test_a_step_is_called_in_the_trail_what_its_declaration_calls_it(stocked: Database) -> None:
    ana, petra = actor_of(ANA), signed_in(PETRA)
    given = {"title": "Door alarm", "source": "audit", "problem": "The door stood open and nobody knew"}
    number = workflow.create_record(ana, "capa", given).number
    with pytest.raises(Refusal):
        workflow.take_step(ana, number, "approve_plan", revision=1)
    with pytest.raises(Refusal):
        workflow.take_step(ana, number, "no_such_step", revision=1)
    for path in ("/audit-trail", f"/records/{number}/audit-trail"):
        told = petra.text(petra.get(path))
        assert "Approve the plan" in told and "No such step" in told and "Step taken</span>" not in told, path
    titles = {item["action_title"] for item in trail.page(ana, TrailFilter(record=number)).items}
    assert titles == {"Record opened", "Step approve plan", "Step no such step"}, (
        "where no declaration is at hand"
    )


def test_the_name_of_a_step_does_not_tell_that_a_record_is_there(stocked: Database) -> None:
    number = workflow.create_record(
        actor_of(ANA), "capa", {"title": "Door", "source": "audit", "problem": "Open"}
    ).number
    with pytest.raises(Refusal):
        workflow.take_step(actor_of(LIN), number, "approve_plan", revision=1)
    with pytest.raises(Refusal):
        workflow.take_step(actor_of(LIN), "CAPA-2026-09999", "approve_plan", revision=1)
    lines = trail.page(
        actor_of(UMA), TrailFilter(person="lin", outcome="denied"), labels=processes.label
    ).items
    assert [line["action_title"] for line in lines] == ["Step taken", "Step taken"]
