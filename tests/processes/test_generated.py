"""Twenty random processes, each put in force as one file and carried to its end by the verbs, right and wrong."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest

from indelible.catalogue.diagram import draw
from indelible.catalogue.loading import load
from indelible.catalogue.publishing import publish
from indelible.kernel.audit.types import Refusal
from indelible.kernel.records.models import Record
from indelible.kernel.records.queries import get
from indelible.kernel.workflow import actions, queries
from tests import people
from tests.conftest import Database
from tests.processes.generator import Generated, Stage, generated, right_value, wrong_values
from tests.workflow.carrying import Hand

BY_ROLE = {
    "author": people.ANA,
    "reviewer": people.RAJ,
    "qa_approver": people.PETRA,
    "operator": people.OMAR,
    "verifier": people.VIC,
}


class Walk:
    """One record of a generated process on its way, with everybody's hand at the ready."""

    def __init__(self, process: Generated, rng: random.Random) -> None:
        self.process, self.rng = process, rng
        self.hands = {role: Hand(person) for role, person in BY_ROLE.items()}
        self.owner = self.hands[process.owner]
        first = self.owner.create(process.code, {"subject": "First of its kind"})
        self.other = first.number
        self.record = self.owner.create(process.code, {"subject": "To be carried"})
        self.tried = 0

    def taker(self, stage: Stage) -> Hand:
        """Who takes the step of a stage."""
        return self.owner if stage.role == "owner" else self.hands[stage.role]

    def refused(self, expected: set[str], call: Any, *given: Any, **more: Any) -> None:
        """The call is refused by one of these rules, and the record is as before."""
        before = (self.now.digest, self.now.state, self.now.revision)
        with pytest.raises(Refusal) as caught:
            call(*given, **more)
        assert caught.value.rule.code in expected, str(caught.value)
        assert (self.now.digest, self.now.state, self.now.revision) == before
        self.tried += 1

    @property
    def now(self) -> Record:
        """The record as it stands in the database."""
        return get(self.owner.actor, self.record.number)

    def fill(self, stage: Stage) -> None:
        """Enters every field of a stage, wrong values first."""
        fields = self.process.data["fields"]
        for name in stage.fields:
            wrong = self.rng.choice(wrong_values(fields[name]))
            self.refused(
                {"wrong_value"}, self.owner.edit, self.now, {name: wrong}, reason="a slip of the hand"
            )
        files = [name for name in stage.fields if fields[name]["type"] == "attachment"]
        for name in files:
            content = io.BytesIO(b"%PDF-1.7 " + self.process.code.encode())
            actions.attach_file(
                self.owner.actor, self.record.number, name="proof.pdf", content=content, field=name
            )
        given = {
            name: right_value(self.rng, fields[name], person="raj", number=self.other)
            for name in stage.fields
            if name not in files
        }
        self.refused(
            {"stale_revision"}, self.owner.edit, self.now, given, revision=99, reason="told too late"
        )
        self.owner.edit(self.now, given, reason="filled as the procedure says")
        saved = self.now.values
        assert all(saved[name] == value for name, value in given.items())

    def leave(self, stage: Stage) -> None:
        """Takes the step of a stage, wrong people and wrong steps first."""
        taker, judged = self.taker(stage), dict.fromkeys(stage.fills, "accepted")
        strangers = [h for h in self.hands.values() if h is not taker and h is not self.owner]
        self.refused({"not_allowed"}, self.rng.choice(strangers).sign, self.now, stage.step, judged)
        for other in self.process.route:
            if other.state != stage.state and self.taker(other) is taker:
                self.refused({"out_of_sequence"}, taker.sign, self.now, other.step)
                break
        if stage.role != "owner":
            self.refused({"field_missing"}, taker.sign, self.now, stage.step)
            self.refused({"not_allowed", "own_work"}, self.owner.sign, self.now, stage.step, judged)
        offered = {s["name"] for s in queries.record_document(taker.actor, self.record.number)["steps"]}
        assert stage.step in offered
        if self.process.data["steps"][stage.step].get("sign"):
            self.refused({"components_first", "components_later"}, taker.take, self.now, stage.step, judged)
            self.record = taker.sign(self.now, stage.step, judged)
        else:
            self.refused({"signature_unasked"}, taker.sign, self.now, stage.step, judged)
            self.record = taker.take(self.now, stage.step, judged)


@pytest.mark.urs("URS-OPS-01", "URS-OPS-02", "URS-SMS-01")
@pytest.mark.parametrize("seed", range(20))
def test_a_random_process_is_carried_to_its_end(company: Database, seed: int) -> None:
    process, rng = generated(seed), random.Random(seed + 1_000)
    publish(people.signed_in(people.PETRA), [process.text], reason="generated for this test")
    walk = Walk(process, rng)
    for stage in process.route:
        if stage.fields:
            walk.fill(stage)
        walk.leave(stage)
    document = queries.record_document(walk.owner.actor, walk.record.number)
    assert document["state"] == "ended" and document["retain_until"]
    assert {s["standing"] for s in document["signatures"]} == {"stands"}
    signed = [s for s in process.route if process.data["steps"][s.step].get("sign")]
    assert [s["step"] for s in document["signatures"]] == [stage.step for stage in signed]
    assert document["steps"] == [] and document["editable"] == []
    assert walk.tried >= len(process.route) * 3


@pytest.mark.parametrize("seed", range(20))
def test_a_random_process_is_sound_and_drawn(seed: int) -> None:
    process = generated(seed)
    declaration = load([process.text])[process.code]
    assert declaration.process == process.code
    assert generated(seed) == process
    assert "states-title" in draw(declaration)
    kinds = {field.type for field in declaration.fields.values()}
    assert len(kinds) == 13
