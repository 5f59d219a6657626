"""The test installation: one template database made as `init` makes it, a fresh clone for each test that asks for one."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "indelible.config.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
_MEMORY = Path("/dev/shm")  # hundreds of clones come and go: a disk is the slowest part of the suite
_ROOMY = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 4 * 2**30
_HOME = tempfile.mkdtemp(prefix="ind-", dir=_MEMORY if _ROOMY else None)
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
Path(_HOME).chmod(0o755)
os.environ["INDELIBLE_HOME"] = _HOME
os.environ["INDELIBLE_HOLD_SIGNED"] = "0"  # nearly no test has a sealer beside it
os.environ.pop("INDELIBLE_DATABASE_URL", None)

from indelible.home.layout import Home, find_home  # noqa: E402
from tests.own_server import VARIABLE, OwnServer  # noqa: E402

OWN = OwnServer(find_home(), os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None
if OWN:
    OWN.announce()

import django  # noqa: E402
import psycopg  # noqa: E402
import pytest  # noqa: E402

django.setup()

from django.db import connection, connections  # noqa: E402

from indelible.home.postgres import Server, django_database  # noqa: E402
from indelible.home.roles import clone_database, drop_database  # noqa: E402
from indelible.kernel.audit.types import Refusal  # noqa: E402
from tests import seen  # noqa: E402

TEMPLATE = "indelible"
seen.watch()


@dataclass
class Database:
    """One clone: its name, its home, and ways in by each role."""

    name: str
    home: Home
    server: Server | OwnServer
    opened: list[psycopg.Connection[Any]] = field(default_factory=list)

    def url(self, role: str = "app") -> str:
        """The address for one of: app, owner, seal, verify, superuser."""
        return self.server.url(role, self.name)

    def connect(self, role: str = "app", **options: Any) -> psycopg.Connection[Any]:
        """A psycopg connection of its own, closed at the end of the test."""
        made: psycopg.Connection[Any] = psycopg.connect(self.url(role), **options)
        self.opened.append(made)
        return made

    def superuser(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Runs one statement as the database's superuser, at once."""
        with psycopg.connect(self.url("superuser"), autocommit=True) as made:
            cursor = made.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def rows(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Reads as indelible_verify, who sees every table and changes none."""
        with psycopg.connect(self.url("verify"), autocommit=True) as made:
            return made.execute(sql, parameters).fetchall()


@pytest.fixture(scope="session")
def server() -> Iterator[Server | OwnServer]:
    """The PostgreSQL of this test run, with the installed template database: embedded, or one's own (tests/own_server.py)."""
    from indelible.cli.installing import install_at

    if OWN:
        OWN.prepare()
    running = OWN or _embedded()
    try:
        install_at(
            running.url("owner"), reason="template of the test run", superuser_url=running.url("superuser")
        )
        connections.close_all()
        yield running
    finally:
        connections.close_all()
        running.stop()
        shutil.rmtree(_HOME, ignore_errors=True)


def _embedded() -> Server:
    running = Server(
        find_home(), options={"fsync": "off", "full_page_writes": "off", "max_connections": "60"}
    )
    running.initialise()
    running.start()
    return running


_counter = iter(range(1, 1_000_000))


def clone(server: Server | OwnServer, template: str = TEMPLATE) -> Database:
    """A fresh copy of the template database (50 ms)."""
    name = f"t{next(_counter)}"
    clone_database(server.url("superuser", "postgres"), template, name)
    return Database(name, find_home(), server)


def drop(database: Database) -> None:
    """Ends a clone and whoever is still connected to it."""
    drop_database(database.server.url("superuser", "postgres"), database.name)


def point_django_at(database: Database) -> None:
    """Lets the default connection of Django be this clone, as indelible_app."""
    connections.close_all()
    connection.settings_dict.update(django_database(database.url("app")))


@pytest.fixture
def database(server: Server | OwnServer) -> Iterator[Database]:
    """A fresh clone; Django's default connection is on it as indelible_app, with real commits."""
    made = clone(server)
    point_django_at(made)
    try:
        yield made
        seen.collect(made.rows(seen.QUERY))
    finally:
        connections.close_all()
        for opened in made.opened:
            opened.close()
        drop(made)


@pytest.fixture(scope="session")
def stocked_template(server: Server | OwnServer) -> Iterator[str]:
    """A second template with the test people of tests/people.py and the shipped processes, made by the product's verbs."""
    from tests.people import stock

    made = clone(server)
    point_django_at(made)
    stock()
    connections.close_all()
    seen.collect(made.rows(seen.QUERY))
    yield made.name
    drop(made)


@pytest.fixture
def stocked(server: Server | OwnServer, stocked_template: str) -> Iterator[Database]:
    """Like `database`, with people and the shipped processes in it."""
    made = clone(server, stocked_template)
    point_django_at(made)
    try:
        yield made
        seen.collect(made.rows(seen.QUERY))
    finally:
        connections.close_all()
        for opened in made.opened:
            opened.close()
        drop(made)


def snapshot(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every regulated table, for a comparison before and after a refusal."""
    tables = [row[0] for row in database.rows("select tbl from audit.protection order by 1")]
    with psycopg.connect(database.url("verify"), autocommit=True) as made:
        return {t: made.execute(f"select t::text from public.{t} as t order by 1").fetchall() for t in tables}


def seal_all(database: Database, folder: Path) -> None:
    """What the sealer does every second, with its state in `folder`."""
    from indelible.jobs.sealer import seal_once
    from indelible.kernel.audit import seal

    seal_once(database.url("seal"), folder, seal.signer(database.home))


@pytest.fixture
def refused(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """`with refused("rule_code") as r:` - the refusal came, nothing changed, and its entry stands where it must."""

    @contextmanager
    def expect(code: str, *, urs: str | None = None, ignoring: tuple[str, ...] = ()) -> Iterator[Any]:
        name = "stocked" if "stocked" in request.fixturenames else "database"
        database: Database = request.getfixturevalue(name)
        before = snapshot(database)
        last = database.rows("select coalesce(max(id), 0) from audit.act")[0][0]
        with pytest.raises(Refusal) as caught:
            yield caught
        rule = caught.value.rule
        assert rule.code == code, f"refused by {rule.code} ({caught.value.detail}), not {code}"
        assert rule.urs.startswith("URS-") and rule.clause and caught.value.detail
        assert urs is None or rule.urs == urs
        after = snapshot(database)
        for table in before:
            assert table in ignoring or before[table] == after[table], f"the refusal changed {table}"
        denied = database.rows("select rule from audit.act where id > %s and outcome = 'denied'", [last])
        if rule.recorded:
            assert (f"{rule.urs} {rule.code}",) in denied, "the refusal left no entry"
        seen.rules.add(rule.code)

    return expect


# ----------------------------------------------------------------- the gate at the end of a whole run

_run: dict[str, int] = {"deselected": 0, "ended": 0}


def pytest_deselected(items: list[pytest.Item]) -> None:
    """A run of which something was left out is not a whole one."""
    _run["deselected"] += len(items)


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Counts the tests that came to their end."""
    _run["ended"] += 1


def _whole(session: pytest.Session) -> bool:
    """Whether every test there is was run: no file, folder, expression or early end chose among them."""
    config = session.config
    named = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    everything = any(Path(__file__).parent.is_relative_to(path) for path in named)
    narrowed = config.option.ignore or config.option.ignore_glob or config.option.collectonly
    ran = _run["ended"] == session.testscollected and not _run["deselected"]
    return everything and not narrowed and ran


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """One of several processes of a run has ended: what it saw counts for the whole."""
    if "seen" in getattr(node, "workeroutput", {}):
        seen.add(node.workeroutput["seen"])
        _run["deselected"] += node.workeroutput["deselected"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """After a whole run: what no test has seen is a failure (issue 2, acceptance)."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput |= {"seen": seen.all_of_it(), "deselected": _run["deselected"]}
    elif _whole(session) and (lost := seen.missing()):
        session.config.stash[_UNSEEN] = lost
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Names what was not seen, one a line."""
    if lost := config.stash.get(_UNSEEN, []):
        terminalreporter.section(f"{len(lost)} things that no test of the whole suite has seen", red=True)
        for name in lost:
            terminalreporter.line(name)


_UNSEEN = pytest.StashKey[list[str]]()
