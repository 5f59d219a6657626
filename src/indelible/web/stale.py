"""What changed in a record while somebody was writing: opened, now, typed, side by side (URS-OPS-04)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from indelible.kernel.workflow.fields import label_of
from indelible.kernel.workflow.situations import Case
from indelible.web.fields import Reading
from indelible.web.record_values import content_at, value_words


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is no longer what the person saw, each side in words."""

    label: str
    before: str
    now: str
    typed: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The revision that was opened and every field that differs from it now."""

    opened: int
    differences: tuple[Difference, ...]


def comparison(case: Case, opened: int, typed: Mapping[str, Any], reading: Reading) -> Comparison:
    """What the second of two people is told."""
    before, now = content_at(case, opened), case.values
    found = tuple(
        Difference(
            label=label_of(name, field),
            before=value_words(case.declaration, name, before.get(name), reading),
            now=value_words(case.declaration, name, now.get(name), reading),
            typed=value_words(case.declaration, name, typed.get(name), reading),
        )
        for name, field in case.declaration.fields.items()
        if before.get(name) != now.get(name)
    )
    return Comparison(opened, found)
