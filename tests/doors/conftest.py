"""A company with the toy process and twenty random ones in force, whose installation lets machines sign as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from indelible.catalogue.publishing import publish
from indelible.home.postgres import Server
from indelible.kernel.signatures import actions as signatures
from tests import people, seen
from tests.conftest import Database, clone, drop, point_django_at
from tests.doors.cast import engage
from tests.processes.generator import generated

SEEDS = range(20)
TOY = Path(__file__).parents[1] / "processes" / "weighing.yaml"


@pytest.fixture(scope="session")
def doors_template(server: Server, stocked_template: str) -> str:
    """A template database of its own, made by the product's verbs."""
    made = clone(server, stocked_template)
    point_django_at(made)
    engage()
    texts = [generated(seed).text.encode() for seed in SEEDS]
    petra, officer = people.signed_in(people.PETRA), people.signed_in(people.UMA)
    publish(petra, [TOY.read_bytes(), *texts], reason="one file each, nothing else")
    signatures.decide_doors(officer, machines=True, reason="the line's terminals sign over the interface")
    connections.close_all()
    seen.collect(made.rows(seen.QUERY))
    return made.name


@pytest.fixture
def stocked(server: Server, doors_template: str) -> Iterator[Database]:
    """A fresh clone of it, with Django's connection on it as the service."""
    made = clone(server, doors_template)
    point_django_at(made)
    try:
        yield made
        seen.collect(made.rows(seen.QUERY))
    finally:
        connections.close_all()
        for opened in made.opened:
            opened.close()
        drop(made)
