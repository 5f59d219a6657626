"""A second installation whose server these tests may fill, limit and kill without harm to the rest of the run."""

from __future__ import annotations

import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections

from indelible.cli.installing import install_at
from indelible.home import keys
from indelible.home.layout import Home, find_home
from indelible.home.postgres import Server, django_database
from indelible.kernel.audit import actions, events
from indelible.kernel.audit.types import Actor
from tests import seen
from tests.conftest import Database, point_django_at

WRITER = Actor(user_id="ana", name="Ana Author", source="127.0.0.1", channel="web", sites=("*",))
WHY = "two entities of one save"
ENTITY = "insert into identity_legal_entity (code, name) values (%s, %s)"


@pytest.fixture(scope="module")
def victim() -> Iterator[Database]:
    """An installed database on a server of its own, started as the product starts it."""
    find_home().create()
    keys.create(find_home())  # tokens are minted with the keys of the run's own home
    parent = Path(tempfile.mkdtemp(prefix="ind-r-"))
    parent.chmod(0o755)
    server = Server(Home(parent / "var"), options={"fsync": "off"})
    server.initialise()
    server.start()
    try:
        install_at(server.url("owner"), reason="an installation to be broken")
        yield Database("indelible", server.home, server)
    finally:
        server.stop()
        shutil.rmtree(server.home.database, ignore_errors=True)
        shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def broken(victim: Database) -> Iterator[Database]:
    """The victim, running, with Django's connection on it as indelible_app."""
    before = dict(connection.settings_dict)
    if not victim.server.is_running():
        victim.server.start()
    point_django_at(victim)
    try:
        yield victim
        seen.collect(victim.rows(seen.QUERY))
    finally:
        connections.close_all()
        connection.settings_dict.update(before)


@contextmanager
def largest_file(limit: int) -> Iterator[None]:
    """Like `ulimit -f` for what is started inside: no file grows over `limit` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def save(
    code: str, between: Callable[[], object] = lambda: None, last: Callable[[], object] = lambda: None
) -> None:
    """One act with two rows, `between` them something happens, and `last` before COMMIT."""
    with (
        actions.act(WRITER, events.INSTALLED, object=f"pair:{code}", reason=WHY),
        connection.cursor() as cursor,
    ):
        cursor.execute(ENTITY, [f"{code}-1", "First of a pair"])
        between()
        cursor.execute(ENTITY, [f"{code}-2", "Second of a pair"])
        last()


def pairs(database: Database) -> set[str]:
    """The saves that are there, each seen to be whole: its act, its two rows and their two events."""
    rows = {
        row[0]
        for row in database.rows("select code from identity_legal_entity where name like '%% of a pair'")
    }
    acts = dict(database.rows("select substr(object, 6), id from audit.act where object like 'pair:%%'"))
    told = database.rows(
        "select e.new ->> 'code', substr(a.object, 6) from audit.event as e join audit.act as a on a.id = e.act"
        " where a.object like 'pair:%%'"
    )
    assert rows == {f"{code}-{n}" for code in acts for n in (1, 2)}
    assert sorted(told) == sorted((f"{code}-{n}", code) for code in acts for n in (1, 2))
    return set(acts)


def reconnect(database: Database) -> None:
    """Django's next statement opens a new connection."""
    connections.close_all()
    connection.settings_dict.update(django_database(database.url("app")))
