"""A scratch installation for a benchmark: its own home, its own PostgreSQL with fsync on, removed at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indelible.home.postgres import Server

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def installation() -> Iterator[Server]:
    """A running server whose database `indelible` is installed by the product's own step; settings are the product's."""
    folder = tempfile.mkdtemp(prefix="ind-bench-")
    Path(folder).chmod(0o755)
    os.environ["INDELIBLE_HOME"] = folder
    os.environ.pop("INDELIBLE_DATABASE_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "indelible.config.settings"
    from indelible.home.layout import find_home
    from indelible.home.postgres import Server

    running = Server(find_home())
    running.initialise()
    running.start()
    outside = running.home.database
    try:
        run(["-m", "bench.install"], {})
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(outside, ignore_errors=True)


def database(server: Server, name: str, *, installed: bool) -> None:
    """A further database: a copy of the installed one, or an empty one with the same roles and rights."""
    from indelible.home.roles import clone_database, create_roles_and_database, secrets_of

    superuser = server.url("superuser", "postgres")
    if installed:
        clone_database(superuser, "indelible", name)
    else:
        create_roles_and_database(superuser, name, secrets_of(server.home))


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Our environment, the sources on the path, and what is given."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **extra}


def run(words: list[str], extra: Mapping[str, str]) -> str:
    """Runs Python to its end with these words and returns what it printed; raises CalledProcessError."""
    done = subprocess.run(
        [sys.executable, *words],
        check=True,
        cwd=ROOT,
        env=environment(extra),
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout
