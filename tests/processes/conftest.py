"""The company of the workflow tests, for processes that nobody has seen before."""

from tests.workflow.conftest import company, company_template, stocked

__all__ = ["company", "company_template", "stocked"]
