"""The import contracts hold, and they bite: a forbidden import makes the check fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"},
    )


def test_the_contracts_are_kept() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_forbidden_import_and_an_undeclared_room_are_found(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("static", "fonts", "__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ledger = tmp_path / "src" / "indelible" / "ledger" / "__init__.py"
    ledger.write_text(ledger.read_text() + "\nimport indelible.kernel.audit.types\n")
    (tmp_path / "src" / "indelible" / "annex").mkdir()
    (tmp_path / "src" / "indelible" / "annex" / "__init__.py").write_text('"""A room nobody declared."""\n')
    done = _lint(tmp_path)
    assert done.returncode == 1
    assert (
        "indelible.ledger is not allowed to import indelible.kernel" in done.stdout or "annex" in done.stdout
    )
    assert "annex" in done.stdout


def test_the_map_shows_the_floors_that_the_contracts_enforce() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {c["id"]: c["layers"] for c in settings if c["type"] == "layers"}
    text = (ROOT / "docs" / "house.md").read_text()
    for name, floors in layers.items():
        block = re.search(rf"```floors {name}\n(.*?)```", text, re.S)
        assert block, f"docs/house.md has no drawing of the {name} floors"
        drawn = [line.strip() for line in block.group(1).splitlines() if line.strip()]
        assert drawn == floors


def test_every_room_is_described_on_the_map() -> None:
    text = (ROOT / "docs" / "house.md").read_text()
    rooms = [p.name for p in (ROOT / "src" / "indelible").iterdir() if p.is_dir() and p.name != "__pycache__"]
    rooms += [
        "kernel/" + p.name
        for p in (ROOT / "src" / "indelible" / "kernel").iterdir()
        if p.is_dir() and p.name != "__pycache__"
    ]
    assert not [room for room in rooms if f"`{room}/`" not in text]
