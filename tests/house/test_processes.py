"""No name of a process stands in code: what a process is, its declaration alone says (decision D5)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src" / "indelible"
MAY_NAME_THEM = ("processes", "demonstration")


def _names() -> re.Pattern[str]:
    codes = [path.stem for path in (ROOT / "processes").glob("*.yaml")]
    prefixes = [
        re.search(r"^prefix: (\w+)", p.read_text(), re.M)[1] for p in (ROOT / "processes").glob("*.yaml")
    ]  # type: ignore[index]
    # an area of the URS is no prefix of records: URS-DEV-01 is about devices
    return re.compile(rf"\b({'|'.join(codes)})\b|(?<!URS-)\b({'|'.join(prefixes)})\b", re.IGNORECASE)


def _code_words(path: Path) -> Iterator[tuple[int, str]]:
    """Names and texts of a file, its docstrings left out."""
    tree = ast.parse(path.read_text())
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            said.add(id(node.value))
        if isinstance(node, ast.Name | ast.Attribute | ast.FunctionDef | ast.keyword):
            yield (
                getattr(node, "lineno", 0),
                getattr(node, "id", "")
                or getattr(node, "attr", "")
                or getattr(node, "name", "")
                or getattr(node, "arg", "")
                or "",
            )
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def test_no_process_is_named_in_python_outside_its_declaration() -> None:
    pattern = _names()
    found = [
        f"{path.relative_to(ROOT)}:{line} {word[:60]!r}"
        for path in sorted(ROOT.rglob("*.py"))
        if path.relative_to(ROOT).parts[0] not in MAY_NAME_THEM and "migrations" not in path.parts
        for line, word in _code_words(path)
        if pattern.search(word)
    ]
    assert not found, found


def test_no_process_is_named_in_a_template_or_query() -> None:
    pattern = _names()
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:80]}"
        for suffix in ("*.html", "*.sql", "*.js", "*.css", "*.typ")
        for path in sorted(ROOT.rglob(suffix))
        if "vendor" not in path.parts
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, found
