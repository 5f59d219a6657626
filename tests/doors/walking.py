"""A record of a generated process on its way through one door, wrong turns first; and what its values look like in words."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Final

from indelible.exports.values import day, local, utc
from indelible.kernel.records.models import Record
from tests import people
from tests.conftest import Database
from tests.doors.cast import DORA
from tests.doors.hands import ApiHand, Hand, PageHand, kind_of
from tests.doors.refusing import Outcome, refused
from tests.people import TestPerson
from tests.processes.generator import Generated, Stage, right_value, wrong_values

APPROVERS: Final = {"reviewer": people.RAJ, "qa_approver": people.PETRA, "verifier": people.VIC}
WRONGLY_TYPED: Final[dict[str, str]] = {
    "short text": "x" * 201,
    "long text": "x" * 100_001,
    "number": "-1",
    "date": "31.12.2025",
    "date-time": "yesterday",
    "days": "91",
    "choice": "east",
    "multi-choice": "east",
    "person": "nobody.at.all",
    "record link": "RND-0000-00000",
}
"""What does not fit, as it can be typed or sent to a page."""
Turn = tuple[str, Callable[[], Outcome]]
"""A wrong turn: the code of the rule that refuses it, and the call."""
taken: set[tuple[str, str]] = set()
"""(door, code) of every wrong turn that this run has taken."""
MAKERS: Final[dict[str, Callable[..., Hand]]] = {"page": PageHand, "api": ApiHand}


class Walk:
    """One record on its way through one door ("page" or "api"); Dora owns it and holds every content role."""

    def __init__(self, door: str, process: Generated, database: Database, rng: random.Random) -> None:
        self.door, self.process, self.database, self.rng = door, process, database, rng
        self.fields = process.data["fields"]
        self._hands: dict[str, Hand] = {}
        self.owner = self.hand(DORA)
        self.other = self.owner.create(process.code, {"subject": "First of its kind"}).number
        made = self.owner.create(process.code, {"subject": "To be carried"})
        assert made.done, made
        self.number, self.tried = made.number, 0

    def hand(self, person: TestPerson) -> Hand:
        """The person's hand at this door, signed in when first wanted."""
        if person.user_id not in self._hands:
            self._hands[person.user_id] = MAKERS[self.door](person, self.fields)
        return self._hands[person.user_id]

    @property
    def now(self) -> Record:
        """The record as it stands in the database."""
        return Record.objects.get(number=self.number)

    def to_the_end(self) -> None:
        """Every stage of the process: filled, then left by its step."""
        for stage in self.process.route:
            if stage.fields:
                self._fill(stage)
            self._leave(stage)

    # filling

    def _fill(self, stage: Stage) -> None:
        files = [name for name in stage.fields if kind_of(self.fields[name]) == "attachment"]
        values = {
            name: right_value(self.rng, self.fields[name], person="raj", number=self.other)
            for name in stage.fields
            if name not in files
        }
        self._some(self._wrong_entries(stage, values, files), 1)
        for name in files:
            given = self.owner.attach(self.number, "proof.pdf", b"%PDF-1.7 " + self.number.encode(), name)
            assert given.done, given
        if values:
            saved = self.owner.edit(self.number, values, reason="filled as the procedure says")
            assert saved.done, saved
        stands = self.now.values
        assert {name: stands[name] for name in values} == values

    def _wrong_entries(self, stage: Stage, values: dict[str, Any], files: list[str]) -> list[Turn]:
        number, owner, why = self.number, self.owner, "helping out a little"
        turns: list[Turn] = [self._mistyped(stage)] if stage.fields != tuple(files) else []
        if set(stage.needs) - {"subject"}:
            sign = partial(owner.step, number, stage.step, password=DORA.password)
            turns.append(("field_missing", sign))
        turns += [("file_empty", partial(owner.attach, number, "proof.pdf", b"", name)) for name in files]
        if values:
            turns.append(("stale_revision", partial(owner.edit, number, values, revision=99, reason=why)))
        if values and self.door == "api":  # a page offers nothing to type into
            turns.append(("not_allowed", partial(self.hand(people.INES).edit, number, values, reason=why)))
        return turns

    def _mistyped(self, stage: Stage) -> Turn:
        """Something typed that does not fit: by page at a place of the form, by API as a whole value."""
        name = self.rng.choice([n for n in stage.fields if kind_of(self.fields[n]) != "attachment"])
        if isinstance(self.owner, PageHand):
            at, kind = _place(name, self.fields[name])
            path = f"/records/{self.number}/edit"
            return "wrong_value", partial(self.owner.tampered, path, f"f.{at}", WRONGLY_TYPED[kind])
        wrong = {name: self.rng.choice(wrong_values(self.fields[name]))}
        return "wrong_value", partial(self.owner.edit, self.number, wrong, reason="a slip of the hand")

    # leaving

    def _leave(self, stage: Stage) -> None:
        taker = self.owner if stage.role == "owner" else self.hand(APPROVERS[stage.role])
        judged, asks = dict.fromkeys(stage.fills, "accepted"), bool(self._step(stage).get("sign"))
        self._some(self._wrong_steps(stage, taker, judged, signs=asks), 2)
        secret = taker.person.password if asks else None
        done = taker.step(self.number, stage.step, judged, password=secret)
        assert done.done, done

    def _wrong_steps(self, stage: Stage, taker: Hand, judged: dict[str, str], *, signs: bool) -> list[Turn]:
        at, secret = (self.number, stage.step), taker.person.password
        turns: list[Turn] = [
            ("not_allowed", partial(self.hand(people.INES).step, *at, judged)),
            ("stale_revision", partial(taker.step, *at, judged, password=secret, revision=77)),
        ]
        elsewhere = [s for s in self.process.route if s.state != stage.state and s.role == stage.role]
        turns += [
            ("out_of_sequence", partial(taker.step, self.number, s.step, password=secret))
            for s in elsewhere[:1]
        ]
        if stage.role != "owner":
            turns.append(("field_missing", partial(taker.step, *at, password=secret)))
            turns.append(("own_work", partial(self.owner.step, *at, judged, password=DORA.password)))
        if signs:
            turns.append(("components_", partial(taker.step, *at, judged)))
            turns.append(("signing_failed", partial(taker.step, *at, judged, password="not the one")))
        return turns

    def _some(self, turns: list[Turn], count: int) -> None:
        """Takes some of the wrong turns; over all processes each kind is taken many times, at each door."""
        for code, call in self.rng.sample(turns, min(count, len(turns))):
            codes = {"components_first", "components_later"} if code == "components_" else {code}
            taken.add((self.door, refused(self.database, codes, call).code))
            self.tried += 1

    def _step(self, stage: Stage) -> dict[str, Any]:
        step: dict[str, Any] = self.process.data["steps"][stage.step]
        return step

    @property
    def signers(self) -> list[tuple[str, str]]:
        """(person's name, meaning) of every signature the route asks for, in order."""
        steps = self.process.data["steps"]
        return [
            (DORA.name if s.role == "owner" else APPROVERS[s.role].name, steps[s.step]["sign"]["meaning"])
            for s in self.process.route
            if steps[s.step].get("sign")
        ]


def _place(name: str, declared: Any, at: str = "") -> tuple[str, str]:
    """A place of the form that belongs to the field, and its kind."""
    kind, at = kind_of(declared), at or name
    if kind in ("group", "table"):
        part, inside = next(iter(declared["fields" if kind == "group" else "columns"].items()))
        return _place(part, inside, f"{at}.{part}" if kind == "group" else f"{at}.0.{part}")
    return at, kind


def in_words(declared: Any, value: Any, *, site_zone: str = "Europe/Zurich") -> list[str]:
    """What a reader of paper must find for a value, part by part."""
    kind = kind_of(declared)
    if kind == "group":
        return [w for part, v in value.items() for w in in_words(declared["fields"][part], v)]
    if kind == "table":
        return [w for row in value for col, v in row.items() for w in in_words(declared["columns"][col], v)]
    if kind == "number":
        return [f"{value['value']} {value['unit'] or ''}".strip()]
    if kind == "date":
        return [day(date.fromisoformat(value))]
    if kind == "date-time":
        return [utc(value), local(value, site_zone)]
    if kind == "days":
        return [f"{value} day" if value == 1 else f"{value} days"]
    if kind == "person":
        return ["Raj Ramanathan"]
    if kind == "long text":
        return str(value).split("\n")
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]
