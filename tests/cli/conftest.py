"""The command as people start it: a process of its own, on a home of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

Done = subprocess.CompletedProcess[str]


@dataclass
class Command:
    """`indelible` on one home; every process it leaves is ended with the fixture."""

    home: Path
    patience: float = 120
    """Seconds a command may take."""

    def __call__(self, *words: str, **variables: str) -> Done:
        """Run to the end."""
        return subprocess.run(
            [sys.executable, "-m", "indelible.cli", *words],
            capture_output=True,
            text=True,
            timeout=self.patience,
            check=False,
            env=self.environment(**variables),
        )

    @contextlib.contextmanager
    def serving(self, port: int, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """`serve` as a process, once it has printed its address; ended in order after the block."""
        process = subprocess.Popen(
            [sys.executable, "-m", "indelible.cli", "serve", "--port", str(port), "--workers", "1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment(**variables),
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = variables.get("INDELIBLE_PUBLIC_URL", f"http://localhost:{port}")
            assert line == f"Indelible serves {address}\n", (line, process.poll())
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def environment(self, **variables: str) -> dict[str, str]:
        """Ours without what the test run itself set, and with the home."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INDELIBLE_")}
        return {**kept, "INDELIBLE_HOME": str(self.home), **variables}


@pytest.fixture
def empty() -> Iterator[Command]:
    """On a folder where nothing was installed."""
    yield from _command()


@pytest.fixture(scope="session")
def installed() -> Iterator[Command]:
    """On an installation that `init` made."""
    for command in _command():
        done = command("init")
        assert done.returncode == 0, done.stderr
        yield command


def _command() -> Iterator[Command]:
    parent = Path(tempfile.mkdtemp(prefix="ic-"))
    parent.chmod(0o755)
    try:
        yield Command(parent / "var")
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(port: int, path: str) -> int:
    """The HTTP status a page answers with."""
    try:
        return int(urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20).status)
    except urllib.error.HTTPError as error:
        return int(error.code)


def children_of(process: int) -> dict[str, int]:
    """The service's parts by name, from the system's process table."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_text().split("\0")
                if parent == process and "indelible.cli.children" in words:
                    found[words[words.index("indelible.cli.children") + 1]] = int(folder.name)
    return found


def wait_until(question: object, seconds: float = 30.0) -> None:
    """Wait until the question answers True; AssertionError after so many seconds."""
    assert callable(question)
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
