"""What every source file owes its reader, and what none may contain."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(p for p in (ROOT / "src" / "indelible").rglob("*.py"))
TESTS = sorted(p for p in (ROOT / "tests").rglob("*.py"))
_MACHINE = re.compile(r"[\"' ]/(home|root|Users|work|mnt)/")
ROOM_FILES = {"__init__", "apps", "models", "types", "queries", "actions", "events"}
FORBIDDEN = {
    r"\bapps\.get_model\(": "tables are reached through their own room",
    r"^\s*@receiver\(": "nothing that matters hangs on a signal",
    r"\b(post|pre)_(save|delete|init|migrate)\.connect": "nothing that matters hangs on a signal",
    r"django\.contrib\.(admin|sessions)\b|django\.contrib\.auth\.(models|backends)|django\.dispatch": "no foreign sessions or back doors",
    r"\bcreatesuperuser\b|\bis_superuser\b": "there is no superuser in this product",
}


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_opens_with_a_sentence_that_says_what_it_is_for(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text()))
    assert text and len(text.split()) >= 3


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_source_reaches_around_the_house(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not found, f"{FORBIDDEN[pattern]}: {found}"


def test_no_file_is_named_after_nothing() -> None:
    assert not [p for p in SOURCES if p.stem in {"utils", "helpers", "common", "misc", "extras"}]


def test_a_table_is_imported_only_inside_its_own_room_or_by_rooms_above() -> None:
    """Models are named across rooms only in foreign keys and reads; writes of another room's table are found here."""
    pattern = re.compile(r"from indelible\.kernel\.(\w+)\.models import")
    allowed_above = {"workflow", "notices", "signatures", "records", "files", "access", "identity"}
    for path in SOURCES:
        room = path.relative_to(ROOT / "src" / "indelible").parts
        for match in pattern.finditer(path.read_text()):
            inside = room[0] == "kernel" and room[1] in allowed_above
            assert inside, (
                f"{path.relative_to(ROOT)} touches the tables of {match.group(1)}: go through its queries or actions"
            )


def test_no_path_of_a_machine_and_no_registry_stands_in_the_tree() -> None:
    for path in SOURCES + TESTS:
        text = path.read_text()
        assert not _MACHINE.search(text), path
