"""Start and end of the service stand in the trail, written with the service's own login (URS-AUD-08)."""

from __future__ import annotations

import psycopg
import pytest

from indelible import __version__
from indelible.cli.serve import _note
from indelible.home.layout import Home
from indelible.home.postgres import Server
from tests.cli.conftest import Command, free_port
from tests.conftest import Database


@pytest.mark.urs("URS-AUD-08")
def test_start_and_end_are_entries_of_the_service(database: Database) -> None:
    _note(started=True)
    _note(started=False)
    entries = database.rows(
        "select action, user_id, db, detail ->> 'version' from audit.act where object = 'service' order by id"
    )
    assert entries == [
        (action, "service", "indelible_app", __version__) for action in ("system.started", "system.stopped")
    ]


@pytest.mark.urs("URS-AUD-12", "URS-AUD-08")
def test_after_an_orderly_end_nothing_waits_for_the_seal(empty: Command) -> None:
    """Else `verify`, more than a minute later, would call the end of the service an entry past the ledger."""
    assert empty("init").returncode == 0
    with empty.serving(free_port()):
        pass
    with (
        Server(Home(empty.home)) as server,
        psycopg.connect(server.url("superuser"), autocommit=True) as looking,
    ):
        waiting = looking.execute(
            "select action from audit.act as a where not exists (select from audit.leaf as l where l.entry = a.id)"
        ).fetchall()
        ended = looking.execute("select count(*) from audit.act where action = 'system.stopped'").fetchone()
    assert (waiting, ended) == ([], (1,))
