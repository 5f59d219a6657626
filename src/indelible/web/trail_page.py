"""How entries of the audit trail are drawn: values in words, colours by kind, refusals with their rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from indelible.kernel.identity.types import ROLES

COLOURS = {
    "create": "pill-plain",
    "step": "pill-good",
    "edit": "pill-note",
    "attach": "pill-plain",
    "link": "pill-plain",
}
OUTCOMES = ("done", "denied")
BESIDE = ("Signature: ", "Period: ", "Passage: ", "Session: ", "Credential: ", "Lockout: ", "Reading: ")
"""Labels of what the product itself writes beside a person's entry."""
FRONT = 8
"""Changes shown at once; the rest of an entry unfolds."""


def told(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Trail items with what the table needs to draw them."""
    return [_told(item) for item in items]


def _told(item: Mapping[str, Any]) -> dict[str, Any]:
    denied = item["outcome"] != "done"
    colour = "pill-bad" if denied else COLOURS.get(str(item["action"]).rpartition(".")[2], "pill-plain")
    person = item["person"]
    role = ", ".join(
        ROLES[r].title if r in ROLES else r
        for r in (one.strip() for one in str(person["role"]).split(","))
        if r
    )
    return {
        **item,
        "title": item["action_title"],
        "tag": colour,
        "denied": denied,
        "rule_words": f"Refused: {item['rule']}" + (f", {item['clause']}" if item["clause"] else ""),
        "person": {**person, "role": role or person["role"]},
        **_folded([{**c, "old": plain(c["old"]), "new": plain(c["new"])} for c in item["changes"]]),
    }


def _folded(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """What people entered in front; what the product wrote beside it (periods, digests, keys) one press away.

    Nothing is left out: `more` holds the rest, however long (URS-AUD-11).
    """
    front = [c for c in changes if not c["label"].startswith(BESIDE) or c["field"] == "signature.meaning"]
    shown = front[:FRONT] or changes[:3]
    return {"changes": shown, "more": [c for c in changes if c not in shown]}


def plain(value: Any) -> str:
    """Any stored value as text: a number with its unit, a list by commas, a row by its cells."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, Mapping):
        if set(value) <= {"value", "unit"}:
            return f"{value.get('value', '')} {value.get('unit', '')}".strip()
        if "not_applicable" in value:
            return f"Not applicable: {value['not_applicable']}"
        return "; ".join(f"{k.replace('_', ' ')}: {plain(v)}" for k, v in value.items() if plain(v))
    if isinstance(value, list | tuple):
        joint = "\n" if any(isinstance(v, Mapping) for v in value) else ", "
        return joint.join(plain(v) for v in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
