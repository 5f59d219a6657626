"""A connection of the service that writes what the sealer has to seal."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import Database
from tests.jobs import writers


@pytest.fixture
def writer(database: Database) -> Iterator[writers.Connection]:
    with psycopg.connect(database.url("app"), autocommit=True) as connection:
        yield connection
