"""Writes random processes, sound by construction, and right and wrong values for each of their fields.

The same seed gives the same process. Whoever drives them (verbs here; page, API, PDF and copy elsewhere) takes
`generated(seed)`, puts `text` in force and walks `route`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

import yaml

OWNERS: Final = ("author", "operator", "reviewer")
APPROVERS: Final = ("qa_approver", "verifier", "reviewer")
WORDS: Final = [
    "amber",
    "basin",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "haven",
    "inlet",
    "jetty",
    "knoll",
    "ledge",
    "marsh",
    "north",
    "ocean",
    "plain",
]
SCRIPTS: Final = (
    "Temperature excursion",
    "انحراف درجة الحرارة",
    "温度逸脱",
    "Отклонение",
    "חריגת טמפרטורה",
    "तापमान विचलन",
)
SIMPLE: Final = (
    "short text",
    "long text",
    "number",
    "date",
    "date-time",
    "days",
    "choice",
    "multi-choice",
    "person",
    "record link",
)
KINDS: Final = (*SIMPLE, "group", "table", "attachment")


@dataclass(frozen=True)
class Stage:
    """One state on the way: the step that leaves it forward, who takes it, what is entered before or with it."""

    state: str
    step: str
    role: str
    fields: tuple[str, ...]
    fills: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Generated:
    """A process: its code, its declaration as data and as YAML, and the way from first entry to its end."""

    code: str
    data: dict[str, Any]
    route: tuple[Stage, ...]
    owner: str

    @property
    def text(self) -> str:
        """The declaration as one file."""
        return yaml.safe_dump(self.data, sort_keys=False, allow_unicode=True)


def generated(seed: int) -> Generated:
    """A random process with every kind of field, approvals, guards, conditions, due dates and links."""
    rng = random.Random(seed)
    code, owner = f"random_{seed}", rng.choice(OWNERS)
    fields = _fields(rng, code)
    stages = _stages(rng, list(fields), owner)
    for stage in stages:
        for name in stage.fills:
            fields[name] = {
                "type": "choice",
                "options": ["accepted", "rejected"],
                "label": f"Judgement {name[-1]}",
            }
    data = {
        "process": code,
        "title": f"Random process {seed}",
        "prefix": f"RND{seed}",
        "named_by": "subject",
        "requirements": ["URS-OPS-01"],
        "retain": {"rule": "quality record", "years": rng.randint(1, 30), "from": ["ended", "void"]},
        "links": {
            "follows": {"to": [code], "back": "followed_by", "by": ["owner"], "keeps_open": "this"},
            "about": {"to": [code], "back": "named_in", "by": ["owner", "qa_approver"]},
        },
        "fields": fields,
        "states": [*(stage.state for stage in stages), "ended", "void"],
        "final": ["ended", "void"],
        "create": {"by": [owner]},
        "edit": _edits(stages),
        "steps": _steps(rng, stages, fields),
        "due": {stage.state: rng.choice(["3 days", "5 business days", "1 day"]) for stage in stages[1:]},
    }
    return Generated(code, data, stages, owner)


def _fields(rng: random.Random, code: str) -> dict[str, Any]:
    """The subject and each kind of field once, in random order."""
    kinds = [*KINDS]
    rng.shuffle(kinds)
    made = {"subject": {"type": "short text", "label": "Subject"}}
    for place, kind in enumerate(kinds):
        name = f"{kind.replace(' ', '_').replace('-', '_')}_{rng.choice(WORDS)}"
        made[name] = {**_field(rng, kind, code), "label": f"Field {place + 1} {kind}"}
    return made


def _field(rng: random.Random, kind: str, code: str) -> dict[str, Any]:
    if kind == "group":
        parts = {
            f"part_{k.replace(' ', '_').replace('-', '_')}": _field(rng, k, code)
            for k in rng.sample(SIMPLE, 3)
        }
        return {"type": kind, "fields": parts, "required": rng.sample(sorted(parts), 2)}
    if kind == "table":
        columns = {
            f"cell_{k.replace(' ', '_').replace('-', '_')}": _field(rng, k, code)
            for k in rng.sample(SIMPLE, 3)
        }
        return {"type": kind, "columns": columns, "required": rng.sample(sorted(columns), 1)}
    extras: dict[str, dict[str, Any]] = {
        "number": {"unit": rng.choice(["mg", "%", "°C", "1"]), "possible": {"min": "0", "max": "1000.5"}},
        "days": {"min": 0, "max": 90},
        "choice": {"options": ["low", "medium", "high"]},
        "multi-choice": {"options": ["north", "south", "west"]},
        "record link": {"to": [code]},
        "date": {"past": rng.random() < 0.5},
        "date-time": {"past": rng.random() < 0.5},
    }
    return {"type": kind, **extras.get(kind, {})}


def _stages(rng: random.Random, names: list[str], owner: str) -> tuple[Stage, ...]:
    """States by turns of work (the owner fills a share of the fields) and judgement (an approver signs)."""
    turns = rng.randint(1, 3)
    shares: list[list[str]] = [[] for _ in range(turns)]
    for place, name in enumerate(names):
        shares[0 if place == 0 else rng.randrange(turns)].append(name)
    roles = [role for role in APPROVERS if role != owner]
    stages = []
    for turn, share in enumerate(shares):
        needs = tuple(name for name in share if name == "subject" or rng.random() < 0.7)
        stages.append(Stage(f"work_{turn}", f"hand_in_{turn}", "owner", tuple(share), (), needs))
        judgement = f"judgement_{turn}"
        stages.append(
            Stage(
                f"judged_{turn}", f"approve_{turn}", roles[turn % len(roles)], (), (judgement,), (judgement,)
            )
        )
    return tuple(stages)


def _edits(stages: tuple[Stage, ...]) -> dict[str, Any]:
    return {stage.state: {"by": "owner", "fields": list(stage.fields)} for stage in stages if stage.fields}


def _steps(rng: random.Random, stages: tuple[Stage, ...], fields: dict[str, Any]) -> dict[str, Any]:
    targets = [*(stage.state for stage in stages[1:]), "ended"]
    steps: dict[str, Any] = {}
    signed: set[str] = set()
    for stage, target in zip(stages, targets, strict=True):
        steps[stage.step] = _step(rng, stage, target, fields, signed)
        if stage.role != "owner":
            before = stages[stages.index(stage) - 1].state
            steps[f"return_{stage.state}"] = {
                "from": stage.state,
                "to": before,
                "by": stage.role,
                "reason": "required",
                "sign": {"meaning": "Returned"},
            }
    steps["cancel"] = {
        "from": [stage.state for stage in stages],
        "to": "void",
        "by": "qa_approver",
        "reason": "required",
        "sign": {"meaning": "Cancellation"},
        "unless": ["signer_is_author", "signer_is_owner"],
    }
    return steps


def _step(
    rng: random.Random, stage: Stage, target: str, fields: dict[str, Any], signed: set[str]
) -> dict[str, Any]:
    made: dict[str, Any] = {"from": stage.state, "to": target, "by": stage.role, "needs": list(stage.needs)}
    if stage.role == "owner":
        if rng.random() < 0.7:
            made["sign"] = {"meaning": f"Authorship of {stage.state}"}
        conditions = [c for name in stage.needs if (c := _condition(name, fields[name]))]
        if conditions:
            made["when"] = rng.sample(conditions, min(2, len(conditions)))
        return made
    guards = ["signer_is_author", *(["signer_is_owner"] if rng.random() < 0.5 else [])]
    guards += ["signer_signed_before"] if stage.role not in signed and rng.random() < 0.5 else []
    guards += ["link_open"] if rng.random() < 0.5 else []
    signed.add(stage.role)
    return {
        **made,
        "fills": list(stage.fills),
        "sign": {"meaning": f"Approval of {stage.state}"},
        "unless": guards,
    }


def _condition(name: str, field: dict[str, Any]) -> str:
    """An expression that holds for every right value of the field."""
    return {
        "short text": f"size({name}) > 0",
        "number": f"{name} >= 0.0 && {name} <= 1000.5",
        "days": f"{name} < duration('9600h')",
        "choice": f"{name} in ['low', 'medium', 'high']",
        "multi-choice": f"{name}.all(x, x != 'east')",
        "table": f"size({name}) > 0",
        "date": f"{name} < now + duration('8784h')",
        "attachment": f"size({name}) == 1",
    }.get(field["type"], "")


def right_value(rng: random.Random, field: dict[str, Any], *, person: str, number: str) -> Any:
    """A value that fits; `person` is a user id, `number` a record the field may name. Attachments come as files."""
    kind = field["type"]
    if kind in ("group", "table"):
        parts = field["fields" if kind == "group" else "columns"]
        rows = [
            {name: right_value(rng, part, person=person, number=number) for name, part in parts.items()}
            for _ in range(1 if kind == "group" else rng.randint(1, 3))
        ]
        return rows[0] if kind == "group" else rows
    return {
        "short text": rng.choice(SCRIPTS),
        "long text": "\n".join(rng.sample(SCRIPTS, 3)),
        "number": {
            "value": f"{rng.randint(0, 999)}.{rng.choice(['0', '50', '125'])}",
            "unit": field.get("unit"),
        },
        "date": f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "date-time": f"2025-06-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:15:00+02:00",
        "days": rng.randint(0, 90),
        "choice": rng.choice(field.get("options", [""])),
        "multi-choice": rng.sample(field.get("options", [""]), 1),
        "person": person,
        "record link": number,
    }[kind]


def wrong_values(field: dict[str, Any]) -> list[Any]:
    """Values that do not fit, whatever the process says."""
    kind = field["type"]
    always: list[Any] = [True, {"strange": 1}, 3.5]
    special: dict[str, list[Any]] = {
        "short text": ["two\nlines", "x" * 201, "NUL \x00"],
        "long text": ["x" * 100_001, ["a"]],
        "number": [
            {"value": 1, "unit": field.get("unit")},
            {"value": "1", "unit": "lb"},
            {"value": "-1", "unit": field.get("unit")},
        ],
        "date": ["31.12.2025", "2025-02-30", "9999-01-01"],
        "date-time": ["2025-06-01T10:00:00", "yesterday"],
        "days": [-1, 91, "4"],
        "choice": ["east", ["low"]],
        "multi-choice": [["north", "north"], ["east"], "north"],
        "person": ["nobody.at.all"],
        "record link": ["RND-0000-00000"],
        "group": [[], "x", {"unheard_of": 1}],
        "table": [{}, ["row"], [{"unheard_of": 1}]],
        "attachment": ["ab" * 32, ["ab" * 32], ["no digest"]],
    }
    return [*special[kind], *always]
