"""The database of the API's tests: processes in force, certification, doors decided."""

from tests.api.conftest import signing_template, stocked

__all__ = ["signing_template", "stocked"]
