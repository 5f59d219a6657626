"""The guide to declarations says what is: its example is sound, its faults are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indelible.catalogue.loading import load
from indelible.kernel.workflow import checks
from indelible.kernel.workflow.fields import AnyField
from indelible.kernel.workflow.guards import GUARDS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "processes.md").read_text()
ROOMS = (ROOT / "src/indelible/kernel/workflow", ROOT / "src/indelible/catalogue")


def test_the_example_is_sound() -> None:
    example = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert example and "weighing" in load([example[1]])


def test_every_fault_is_named_and_no_other() -> None:
    source = "\n".join(path.read_text() for room in ROOMS for path in room.glob("*.py"))
    coded = set(re.findall(r'(?:Fault|ConditionError)\(\s*"([a-z_]+)"', source)) | set(
        checks._MISSING.values()
    )
    listed = GUIDE.partition("## Faults")[2].partition("## What is not")[0]
    told = {word for cell in re.findall(r"`([a-z_, ]+)`", listed) for word in cell.split(", ")}
    assert told == coded


@pytest.mark.parametrize("guard", sorted(GUARDS))
def test_every_guard_is_told(guard: str) -> None:
    assert f"`{guard}`" in GUIDE


def test_every_kind_of_field_is_told() -> None:
    kinds = {kind.model_fields["type"].annotation.__args__[0] for kind in AnyField.__args__}
    assert all(f"`{kind}`" in GUIDE for kind in kinds)
