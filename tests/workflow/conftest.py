"""A stocked database with the shipped processes and the toy one in force, and people who may sign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connections

from indelible.catalogue.loading import shipped_files
from indelible.catalogue.publishing import publish
from indelible.home.postgres import Server
from indelible.kernel.signatures.actions import record_certification
from indelible.kernel.signatures.models import Certification
from tests import people, seen
from tests.conftest import Database, clone, drop, point_django_at

TOY = Path(__file__).parents[1] / "processes" / "weighing.yaml"
DISTINCT = seen.QUERY


def found_company() -> None:
    """Puts the shipped processes and the toy one in force, and the company's certification on file."""
    petra = people.signed_in(people.PETRA)
    publish(
        petra, [*(p.read_bytes() for p in shipped_files()), TOY.read_bytes()], reason="first version for use"
    )
    if not Certification.objects.exists():
        record_certification(
            petra,
            "ACME",
            signatory="Petra Novak",
            route="electronic",
            sent_on=date(2026, 1, 5),
            receipt="ESG receipt 12345",
            reason="letter sent to the agency",
        )


@pytest.fixture(scope="session")
def company_template(server: Server, stocked_template: str) -> str:
    """The name of a template with people, a certification on file, and three processes in force."""
    made = clone(server, stocked_template)
    point_django_at(made)
    found_company()
    connections.close_all()
    seen.collect(made.rows(DISTINCT))
    return made.name


@pytest.fixture
def stocked(server: Server, company_template: str) -> Iterator[Database]:
    """A clone of the company, with Django's connection on it as the service."""
    made = clone(server, company_template)
    point_django_at(made)
    try:
        yield made
        seen.collect(made.rows(DISTINCT))
    finally:
        connections.close_all()
        for opened in made.opened:
            opened.close()
        drop(made)


@pytest.fixture
def company(stocked: Database) -> Database:
    """The same clone, by the name these tests use."""
    return stocked
