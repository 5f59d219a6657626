"""A database in which records can be opened and signed over the API: processes in force, certification, doors decided."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections

from indelible.catalogue.publishing import publish_shipped
from indelible.home.postgres import Server
from indelible.kernel.signatures import actions as signatures
from indelible.kernel.workflow.processes import in_force
from tests import people, seen
from tests.conftest import Database, clone, drop, point_django_at


@pytest.fixture(scope="session")
def signing_template(server: Server, stocked_template: str) -> str:
    """A template database of its own, made by the product's verbs."""
    made = clone(server, stocked_template)
    point_django_at(made)
    if not in_force():
        publish_shipped(people.signed_in(people.PETRA), reason="first version, change CC-0001")
    officer = people.signed_in(people.UMA)
    people.certify(officer)
    signatures.decide_doors(officer, machines=True, reason="the line's terminals sign over the interface")
    connections.close_all()
    seen.collect(made.rows(seen.QUERY))
    return made.name


@pytest.fixture
def stocked(server: Server, signing_template: str) -> Iterator[Database]:
    """A fresh clone of it; shadows the suite's own `stocked`, so that `refused` works on it too."""
    made = clone(server, signing_template)
    point_django_at(made)
    try:
        yield made
        seen.collect(made.rows(seen.QUERY))
    finally:
        connections.close_all()
        for opened in made.opened:
            opened.close()
        drop(made)
