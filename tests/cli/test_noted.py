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
def test_after_an_upgrade_and_an_orderly_end_nothing_waits_for_the_seal(empty: Command) -> None:
    """Else `verify`, more than a minute later, would call them entries past the ledger."""
    assert empty("init").returncode == 0
    assert empty("upgrade", "--reason", "CHG-7: same version installed again").returncode == 0
    assert unsealed(empty) == []
    with empty.serving(free_port()):
        pass
    assert unsealed(empty) == []
    assert acts(empty, "where action = 'system.stopped'") == ["system.stopped"]


@pytest.mark.urs("URS-AUD-12", "URS-AUD-07")
@pytest.mark.parametrize(
    "words",
    [("step", "DEV-2026-00001", "report"), ("ledger", "export", "--out", "log")],
    ids=lambda words: words[0],
)
def test_what_a_refused_command_wrote_is_sealed_without_a_service_beside_it(
    empty: Command, words: tuple[str, ...]
) -> None:
    assert empty("init").returncode == 0
    refused = empty(*words, INDELIBLE_TOKEN="x" * 43)
    assert refused.returncode == 1 and "URS-ACC-01" in refused.stderr
    assert acts(empty, "where outcome = 'denied'") == ["session.use"]
    assert unsealed(empty) == []


def unsealed(command: Command) -> list[str]:
    """The acts that no leaf of the ledger holds."""
    return acts(command, "where not exists (select from audit.leaf as l where l.entry = a.id)")


def acts(command: Command, condition: str) -> list[str]:
    """The actions of some acts, the server started for this look alone."""
    with (
        Server(Home(command.home)) as server,
        psycopg.connect(server.url("superuser"), autocommit=True) as looking,
    ):
        return [
            row[0] for row in looking.execute(f"select action from audit.act as a {condition}").fetchall()
        ]
