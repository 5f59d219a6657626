"""Homes of their own for the tests of this room, each taken away with its database at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from indelible.home import postmaster
from indelible.home.layout import Home
from indelible.home.postgres import Server

collect_ignore = [] if os.geteuid() == 0 else ["test_as_root.py"]
FAST = {"fsync": "off", "max_connections": "20"}


def remove(home: Home) -> None:
    """Take a home away, with a database or socket outside it."""
    outside = (
        [home.database, Path(home.socket_record.read_text().strip())] if home.socket_record.exists() else []
    )
    for folder in (*outside, home.root.parent):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def open_home() -> Iterator[Home]:
    """A home in a folder that every account may pass through."""
    parent = Path(tempfile.mkdtemp(prefix="ih-"))
    parent.chmod(0o755)
    home = Home(parent / "var")
    yield home
    remove(home)


@pytest.fixture
def closed_home() -> Iterator[Home]:
    """A home below a folder of mode 0700, as a clone under /root is."""
    home = Home(Path(tempfile.mkdtemp(prefix="ih-")) / "var")
    yield home
    remove(home)


@pytest.fixture(scope="module")
def roles_server() -> Iterator[Server]:
    """One running server for the tests that only look at roles."""
    parent = Path(tempfile.mkdtemp(prefix="ih-"))
    parent.chmod(0o755)
    home = Home(parent / "var")
    with Server(home, FAST) as server:
        yield server
    remove(home)


def ask(url: str, statement: str) -> object:
    """The first value of the first row."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


def process_of(server: Server) -> int:
    """The number of the server's process, as its pid file says."""
    found = postmaster.read(server.data)
    assert found is not None
    return found.pid
