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


def told(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Trail items with what the table needs to draw them."""
    return [_told(item) for item in items]


def _told(item: Mapping[str, Any]) -> dict[str, Any]:
    denied = item["outcome"] != "done"
    colour = "pill-bad" if denied else COLOURS.get(str(item["action"]).rpartition(".")[2], "pill-plain")
    person = item["person"]
    role = ", ".join(ROLES[r].title if r in ROLES else r for r in str(person["role"]).split(",") if r.strip())
    return {
        **item,
        "title": item["action_title"],
        "tag": colour,
        "denied": denied,
        "rule_words": f"Refused: {item['rule']}" + (f", {item['clause']}" if item["clause"] else ""),
        "person": {**person, "role": role or person["role"]},
        "changes": [{**c, "old": plain(c["old"]), "new": plain(c["new"])} for c in item["changes"]],
    }


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
