"""`indelible demo` from the outside: made once, made anew when broken off, never over an installation that is none."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.slow

SMALL = ("demo", "--no-serve", "--scale", "0.05")


def test_a_broken_off_demonstration_is_made_anew_and_then_only_shown(empty: Command) -> None:
    broken = subprocess.Popen(
        [sys.executable, "-m", "indelible.cli", *SMALL],
        env=empty.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (empty.home / "keys" / "sealer.pem").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    broken.kill()
    broken.wait()
    again = empty(*SMALL)
    assert again.returncode == 0, again.stderr
    assert "made anew" in again.stderr and "not for regulated use" in again.stdout
    people = json.loads((empty.home / "demo-people.json").read_text())
    assert json.loads(empty(*SMALL, "--json").stdout) == people
    verified = empty("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_an_installation_is_never_made_into_a_demonstration(empty: Command) -> None:
    empty.home.mkdir(parents=True, exist_ok=True)
    (empty.home / "id").write_text("0123456789abcdef")
    done = empty(*SMALL)
    assert done.returncode == 1
    assert "no demonstration" in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in empty.home.iterdir()] == ["id"]
