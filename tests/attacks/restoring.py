"""A database put back to before its last twenty entries, and what two people and the sealer do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from indelible.home.roles import clone_database, drop_database
from indelible.jobs.sealer import LedgerBroken
from indelible.jobs.verification import Report
from indelible.kernel.audit import actions as audit
from indelible.kernel.audit import seal
from indelible.kernel.identity import actions
from indelible.kernel.identity.events import SESSION_LOCK
from tests import people
from tests.attacks.scene import Scene, set_scene
from tests.conftest import Database

WHY = "Disk of the database server failed at 21:40, backup of 21:00 put back, ticket 4711"
Refused = Callable[..., Any]


@dataclass
class Restored:
    """A database put back to before its last 20 entries: from which ledger entry on, up to which, and the last number."""

    scene: Scene
    backup: str
    kept: int
    size: int
    number: str

    def settle(self) -> None:
        """What two people do, and the sealer after them."""
        actions.propose_epoch(people.signed_in(people.SAM), reason=WHY)
        actions.approve_epoch(people.signed_in(people.PETRA))
        self.scene.seal()


def back_up(database: Database, name: str) -> str:
    connections.close_all()
    clone_database(database.server.url("superuser", "postgres"), database.name, name)
    return name


def put_back(database: Database, name: str) -> None:
    connections.close_all()
    drop_database(database.server.url("superuser", "postgres"), database.name)
    clone_database(database.server.url("superuser", "postgres"), name, database.name)


def size_of(scene: Scene) -> int:
    return int(scene.database.rows("select count(*) from audit.leaf")[0][0])


def twenty_entries(scene: Scene) -> str:
    """Two records and as much else as makes exactly 20 entries, sealed; the number of the second record."""
    start = size_of(scene)
    scene.create("Door of cold room 3 left open over night")
    number = scene.create("Label printer 2 prints the wrong lot")
    (entries,) = scene.database.rows(
        "select (select count(*) from audit.act) + (select count(*) from audit.event)"
    )[0]
    for _ in range(start + 20 - entries):
        audit.note(scene.author, SESSION_LOCK, object="session")
    scene.seal()
    assert size_of(scene) == start + 20
    return number


@pytest.fixture
def restored(stocked: Database, tmp_path: Path) -> Iterator[Restored]:
    scene = set_scene(stocked, folder(tmp_path))
    kept, name = size_of(scene), back_up(stocked, f"{stocked.name}_backup")
    number = twenty_entries(scene)
    put_back(stocked, name)
    try:
        yield Restored(scene, name, kept, kept + 20, number)
    finally:
        drop_database(stocked.server.url("superuser", "postgres"), name)


def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sealer"
    made.mkdir()
    return made


def refusing(scene: Scene) -> str:
    """The sealer signs nothing, and says why; no leaf, checkpoint or state of its own changes."""
    file = scene.sealer_folder / seal.STATE_FILE
    asked = "select count(*) from audit.leaf union all select count(*) from audit.checkpoint"
    before = scene.database.rows(asked), file.read_bytes()
    with pytest.raises(LedgerBroken) as caught:
        scene.seal()
    assert (scene.database.rows(asked), file.read_bytes()) == before
    return str(caught.value)


def sentences(report: Report) -> str:
    return "\n".join(f"{one.object}: {one.sentence}" for one in report.findings)
