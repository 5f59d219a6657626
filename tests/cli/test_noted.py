"""Start and end of the service stand in the trail, written with the service's own login (URS-AUD-08)."""

from __future__ import annotations

import pytest

from indelible import __version__
from indelible.cli.serve import _note
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
