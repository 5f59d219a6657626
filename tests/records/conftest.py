"""The small company that tests of records work in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.company import Company, found


@pytest.fixture
def company(database: Any) -> Company:
    """Two sites, four people, on a fresh clone."""
    return found()
