"""The catalogue: shipped files are sound, the published schema is the real one, diagrams are plain and told."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from indelible.catalogue import schema
from indelible.catalogue.diagram import draw, told
from indelible.catalogue.loading import load, read, shipped, shipped_files

TOY = Path(__file__).parents[1] / "processes" / "weighing.yaml"


def test_shipped_processes_are_sound() -> None:
    assert set(shipped()) == {"capa", "deviation", "integrity_finding"}


def test_a_third_process_is_one_file() -> None:
    assert "weighing" in load([*(path.read_bytes() for path in shipped_files()), TOY.read_bytes()])


def test_the_published_schema_is_the_generated_one() -> None:
    assert schema.published() == schema.text(), "run: python -m indelible.catalogue.schema"


@pytest.mark.parametrize("path", [*shipped_files(), TOY], ids=lambda path: path.stem)
def test_the_published_schema_accepts_the_files(path: Path) -> None:
    validator = jsonschema_rs.validator_for(json.loads(schema.published()))
    assert [error.message for error in validator.iter_errors(read(path.read_bytes()))] == []


def test_the_published_schema_refuses_an_unknown_word() -> None:
    data = read(TOY.read_bytes()) | {"audit_trail": "off"}
    assert not jsonschema_rs.validator_for(json.loads(schema.published())).is_valid(data)


@pytest.mark.parametrize("code", ["capa", "deviation"])
def test_a_diagram_is_plain_and_says_what_it_shows(code: str) -> None:
    declaration = shipped()[code]
    drawing = draw(declaration, current=declaration.states[1])
    root = ElementTree.fromstring(drawing)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "desc", "defs", "marker", "path", "g", "rect", "text"}
    assert not any(key.startswith(("style", "on")) for element in root.iter() for key in element.attrib)
    shown = "".join(root.itertext())
    assert all(declaration.step_title(step) in shown for step in declaration.steps)
    assert told(declaration) in shown
    assert drawing.count("state-current") == 1
