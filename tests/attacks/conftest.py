"""The scene of the attacks: set once, a clone of it for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connections

from indelible.home.postgres import Server
from indelible.kernel.audit import tokens
from indelible.kernel.files.store import store
from tests.attacks.scene import Scene, set_scene
from tests.conftest import clone, drop, point_django_at


@pytest.fixture(scope="session")
def scene_template(server: Server, stocked_template: str, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The scene, set once; each attack gets a clone of its database and a copy of its sealer's folder."""
    database = clone(server, stocked_template)
    point_django_at(database)
    made = set_scene(database, tmp_path_factory.mktemp("sealer"))
    report = made.examine()
    connections.close_all()
    assert report.findings == (), "the scene is clean before the attack"
    assert report.size > 10
    return made


@pytest.fixture
def scene(server: Server, scene_template: Scene, tmp_path: Path) -> Iterator[Scene]:
    database = clone(server, scene_template.database.name)
    point_django_at(database)
    folder = shutil.copytree(scene_template.sealer_folder, tmp_path / "sealer")
    keys = shutil.copytree(database.home.keys, tmp_path / "keys")
    path = store().path(scene_template.sha256)
    kept = path.read_bytes()
    try:
        yield replace(scene_template, database=database, sealer_folder=folder)
    finally:
        shutil.rmtree(database.home.keys)
        shutil.copytree(keys, database.home.keys)
        tokens.forget_key()
        path.unlink(missing_ok=True)
        path.write_bytes(kept)
        connections.close_all()
        drop(database)
