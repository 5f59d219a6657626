"""A stocked database with the shipped processes and the toy one in force, and people who may sign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from indelible.catalogue.loading import shipped_files
from indelible.catalogue.publishing import publish
from indelible.kernel.signatures.actions import record_certification
from tests import people
from tests.conftest import Database

TOY = Path(__file__).parents[1] / "processes" / "weighing.yaml"


@pytest.fixture
def company(stocked: Database) -> Iterator[Database]:
    """People, a certification on file, and three processes in force."""
    petra = people.signed_in(people.PETRA)
    publish(
        petra, [*(p.read_bytes() for p in shipped_files()), TOY.read_bytes()], reason="first version for use"
    )
    record_certification(
        petra,
        "ACME",
        signatory="Petra Novak",
        route="electronic",
        sent_on=date(2026, 1, 5),
        receipt="ESG receipt 12345",
        reason="letter sent to the agency",
    )
    yield stocked
