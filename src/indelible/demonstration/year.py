"""A year at the demonstration company: when each story happens, who works on it, and every step through the kernel's verbs.

Deterministic: people, texts, order and dates relative to the first day come from one seed; keys, passwords and hashes do not.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from indelible.demonstration import clock
from indelible.demonstration.cast import Cast, welcome
from indelible.demonstration.people import ADMINISTRATOR, APPROVER, AUTHORS, PEOPLE
from indelible.demonstration.stories import STORIES, Plan, Story
from indelible.kernel.audit.queries import clock as database_clock
from indelible.kernel.identity import actions as identity
from indelible.kernel.records.queries import get as get_record
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions as workflow
from indelible.kernel.workflow import queries as workflow_queries

SEED: Final = 211
DAYS: Final = 364
DEVIATIONS: Final = 30

Scene = Iterator[float]
"""A scene yields the days until its next part; between two parts other scenes go on."""


@dataclass
class Telling:
    """One story told once: its numbers filled in, its author and approver."""

    story: Story
    site: str
    author: str
    approver: str
    dice: random.Random
    signed_in: dict[str, Any] = field(default_factory=dict)


class Year:
    """Plays all scenes in the order of their time."""

    def __init__(self, cast: Cast, *, scale: float = 1.0) -> None:
        self.cast = cast
        self.dice = random.Random(SEED)  # noqa: S311  (a story, not a secret)
        self.first = database_clock()
        self.deviations = max(2, round(DEVIATIONS * scale))
        self._order = count()
        self._stage: list[tuple[datetime, int, Scene]] = []

    def play(self, tell: Callable[[float], None] = lambda _: None) -> None:
        """Runs the year; `tell` is given the share that is done, 0 to 1."""
        for number in range(self.deviations):
            day = 3 + (DAYS - 8) * number / self.deviations + self.dice.uniform(0, 2)
            self._enter(self.first + timedelta(days=day), self._deviation(self._telling(number)))
        for person in PEOPLE:
            if person.started:
                self._enter(self.first + timedelta(days=person.started), self._arrival(person.user_id))
        last = self.first + timedelta(days=DAYS)
        while self._stage and self._stage[0][0] < last:
            moment, _, scene = heapq.heappop(self._stage)
            clock.advance_to(_working_hour(moment))
            tell(min(1.0, (moment - self.first) / timedelta(days=DAYS)))
            pause = next(scene, None)
            if pause is not None:
                self._enter(moment + timedelta(days=pause), scene)

    def _enter(self, moment: datetime, scene: Scene) -> None:
        heapq.heappush(self._stage, (moment, next(self._order), scene))

    def _telling(self, number: int) -> Telling:
        dice = random.Random(SEED * 1000 + number)  # noqa: S311
        site = dice.choice(("GAL", "GAL", "RAL"))
        filled = {
            "lot": f"{dice.choice('ABCK')}{dice.randrange(1000, 9999)}",
            "room": f"{dice.choice('BCR')}{dice.randrange(10, 49)}",
            "n": str(dice.randrange(2, 9)),
        }
        story = _filled(STORIES[number % len(STORIES)], filled)
        return Telling(story, site, dice.choice(AUTHORS[site]), APPROVER[site], dice)

    def _arrival(self, user_id: str) -> Scene:
        person = next(p for p in PEOPLE if p.user_id == user_id)
        administrator = self.cast.visit(ADMINISTRATOR.user_id)
        welcome(self.cast, person, administrator)
        identity.sign_out(administrator)
        yield from ()

    def _deviation(self, telling: Telling) -> Scene:
        story, dice = telling.story, telling.dice
        with self._at_work(telling.author) as author:
            now = database_clock()
            number = author.create("deviation", _first_entries(story, now, dice))
            if dice.random() < 0.3:
                author.edit(
                    number,
                    {"area": f"{story.area}, shift {dice.choice('ABC')}"},
                    reason="The shift was missing from the area",
                )
        if dice.random() < 0.06:
            yield 40.0
        with self._at_work(telling.author) as author:
            author.step(number, "report", meaning="Responsibility for the report")
        yield dice.uniform(0.5, 2.5)
        with self._at_work(telling.approver) as approver:
            if dice.random() < 0.08:
                approver.step(
                    number,
                    "cancel",
                    meaning="Cancellation",
                    reason="Duplicate report of the same event, see the earlier record",
                )
                return
            approver.step(
                number,
                "classify",
                meaning="Classification",
                fields={"classification": story.classification, "classification_reason": story.why_class},
            )
        yield dice.uniform(4, 12)
        with self._at_work(telling.author) as author:
            author.edit(number, {"cause_category": story.category, "cause": story.cause})
        if story.sharper_cause:
            yield dice.uniform(2, 5)
            with self._at_work(telling.author) as author:
                author.edit(number, {"cause": story.sharper_cause}, reason=story.sharper_why)
        capa = ""
        with self._at_work(telling.author) as author:
            author.edit(number, _investigation(story))
            if story.plan is not None:
                capa = author.start(number, "raise_capa")
        if story.plan is not None and capa:
            self._enter(
                database_clock() + timedelta(days=dice.uniform(1, 4)), self._capa(telling, capa, story.plan)
            )
        yield dice.uniform(3, 8)
        with self._at_work(telling.author) as author:
            author.step(number, "propose", meaning="Authorship of the investigation")
        yield dice.uniform(1, 4)
        while True:
            with self._at_work(telling.approver) as approver:
                if approver.may(number, "close"):
                    approver.step(
                        number, "close", meaning="Closure by QA", fields={"qa_assessment": story.assessment}
                    )
                    return
            yield 14.0

    def _capa(self, telling: Telling, number: str, plan: Plan) -> Scene:
        dice = telling.dice
        with self._at_work(telling.author) as author:
            author.edit(number, {"source": "deviation"})
            author.step(number, "submit", meaning="Responsibility for the report")
        yield dice.uniform(5, 14)
        with self._at_work(telling.author) as author:
            author.edit(number, _planned(plan, telling.author, database_clock()))
            author.step(number, "propose", meaning="Authorship of the plan")
        yield dice.uniform(1, 4)
        if dice.random() < 0.25:
            with self._at_work(telling.approver) as approver:
                approver.step(
                    number,
                    "return_plan",
                    meaning="Rejection of the plan",
                    reason="The criterion does not say which lots are counted; please name them",
                )
            yield dice.uniform(1, 3)
            with self._at_work(telling.author) as author:
                better = author.field(number, "criterion") | {
                    "source": f"{plan.source}, every lot of the window"
                }
                author.edit(number, {"criterion": better}, reason="Lots named as QA asked")
                author.step(number, "propose", meaning="Authorship of the plan")
            yield dice.uniform(1, 3)
        with self._at_work(telling.approver) as approver:
            approver.step(number, "approve_plan", meaning="Approval of the plan")
        for index in range(len(plan.actions)):
            yield max(3.0, plan.actions[index][2] / len(plan.actions) - dice.uniform(0, 3))
            with self._at_work(telling.author) as author:
                author.finish_action(number, index)
        yield 1.0
        with self._at_work(telling.author) as author:
            author.step(number, "finish", meaning="Implementation complete")
        yield plan.window + dice.uniform(0.5, 6)
        with self._at_work(telling.approver) as approver:
            failed = "One excursion" in plan.result
            approver.step(
                number,
                "replace" if failed else "effective",
                meaning="Failed check" if failed else "Effectiveness confirmed",
                fields={"result": plan.result},
                reason="The target was missed within the window" if failed else "",
            )

    def _at_work(self, user_id: str) -> Visit:
        return Visit(self.cast, user_id)


class Visit:
    """One person's session: signs in, works, signs out; the first signing of it uses all components."""

    def __init__(self, cast: Cast, user_id: str) -> None:
        self.cast, self.user_id, self.signings = cast, user_id, 0

    def __enter__(self) -> Visit:
        self.actor = self.cast.visit(self.user_id)
        return self

    def __exit__(self, *_: object) -> None:
        identity.sign_out(self.actor)

    def create(self, process: str, fields: dict[str, Any]) -> str:
        """Opens a record; returns its number."""
        return str(workflow.create_record(self.actor, process, fields).number)

    def edit(self, number: str, fields: dict[str, Any], reason: str = "") -> None:
        """Changes fields on the record as it stands."""
        workflow.edit_record(self.actor, number, fields, revision=self._revision(number), reason=reason)

    def step(
        self,
        number: str,
        step: str,
        *,
        meaning: str = "",
        fields: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Takes a step, signing it when it has a meaning."""
        signature = None
        if meaning:
            first = self.signings == 0
            signature = Components(
                user_id=self.user_id if first else None,
                password=self.cast.passwords[self.user_id],
                otp=None,
                meaning=meaning,
            )
        workflow.take_step(
            self.actor,
            number,
            step,
            revision=self._revision(number),
            fields=fields,
            reason=reason,
            signature=signature,
        )
        self.signings += bool(meaning)

    def start(self, number: str, step: str) -> str:
        """Takes a step that opens another record; returns the number of that one."""
        before = self._linked(number)
        self.step(number, step)
        return next(iter(self._linked(number) - before))

    def may(self, number: str, step: str) -> bool:
        """Whether the step is offered to the person now."""
        return step in {s["name"] for s in self._document(number)["steps"]}

    def field(self, number: str, name: str) -> Any:
        """The present value of one field."""
        return self._document(number)["fields"][name]

    def finish_action(self, number: str, index: int) -> None:
        """Enters the day and the evidence of one planned action."""
        rows = [dict(row) for row in self.field(number, "actions")]
        rows[index] |= {
            "done": database_clock().date().isoformat(),
            "evidence": f"Report IR-{number[-5:]}-{index + 1} and photographs, filed with the area",
        }
        self.edit(number, {"actions": rows})

    def _revision(self, number: str) -> int:
        return int(get_record(self.actor, number).revision)

    def _document(self, number: str) -> dict[str, Any]:
        return workflow_queries.record_document(self.actor, number)

    def _linked(self, number: str) -> set[str]:
        return {link["number"] for link in self._document(number)["links"]}


def _working_hour(moment: datetime) -> datetime:
    """The same day between 8 and 17 UTC, Saturdays and Sundays moved to Monday; keeps the order of a day's scenes."""
    shift = {5: 2, 6: 1}.get(moment.weekday(), 0)
    fraction = (moment.hour * 60 + moment.minute) / 1440
    day = (moment + timedelta(days=shift)).replace(hour=8, minute=0, second=0, microsecond=0)
    return day + timedelta(minutes=fraction * 540)


def _filled(story: Story, values: dict[str, str]) -> Story:
    texts: dict[str, Any] = {name: value.format(**values) for name, value in _texts_of(story).items()}
    return replace(story, **texts)


def _texts_of(story: Story) -> dict[str, str]:
    """The texts of a story by name."""
    return {
        name: getattr(story, name)
        for name in story.__dataclass_fields__
        if isinstance(getattr(story, name), str)
    }


def _first_entries(story: Story, now: datetime, dice: random.Random) -> dict[str, Any]:
    occurred = now - timedelta(hours=dice.uniform(3, 60))
    discovered = occurred + (now - occurred) * dice.uniform(0.3, 0.95)
    lot = story.title.rsplit(" ", 1)[-1]
    has_lot = any(c.isdigit() for c in lot) and "/" not in lot and len(lot) == 5
    return {
        "title": story.title,
        "occurred_at": occurred.isoformat(timespec="minutes"),
        "discovered_at": discovered.isoformat(timespec="minutes"),
        "area": story.area,
        "product": story.product or {"not_applicable": "No product is involved"},
        "facts": story.facts,
        "immediate_action": story.immediate,
        "lots": [{"lot": lot, "product": story.product or story.area, "status": "on hold"}]
        if has_lot
        else {"not_applicable": "No lot is affected"},
        "systems": story.systems,
        "documents": story.documents,
    }


def _investigation(story: Story) -> dict[str, Any]:
    raised = story.plan is not None
    return {
        "impact": story.impact,
        "other_lots": story.other_lots,
        "correction": story.correction,
        "capa_decision": "CAPA raised" if raised else "CAPA not needed",
        "capa_decision_reason": "The cause lies in a procedure or an interval and can come back."
        if raised
        else "Single event with an explained cause; the correction removes it.",
    }


def _planned(plan: Plan, owner: str, now: datetime) -> dict[str, Any]:
    return {
        "root_cause": plan.root_cause,
        "risk": plan.risk,
        "actions": [
            {
                "what": what,
                "kind": kind,
                "owner": owner,
                "due": (now + timedelta(days=days)).date().isoformat(),
            }
            for what, kind, days in plan.actions
        ],
        "no_harm": plan.no_harm,
        "criterion": {
            "measure": plan.measure,
            "target": plan.target,
            "source": plan.source,
            "window": plan.window,
        },
    }
