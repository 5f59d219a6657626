"""The database goes away under people who only read: pages and API say so plainly, and go on when it is back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import Database, seal_all
from tests.people import PETRA
from tests.resilience.conftest import reconnect
from tests.resilience.test_gone import ENDING
from tests.web.conftest import signed_in
from tests.web.test_walk import open_deviation

PAGES = (
    "/",
    "/processes/deviation",
    "/records/DEV-2026-00001",
    "/records/DEV-2026-00001/audit-trail",
    "/search?q=freezer",
    "/audit-trail",
    "/people",
    "/about",
)
API = (
    "/api/v1/records",
    "/api/v1/records?q=freezer",
    "/api/v1/records/DEV-2026-00001",
    "/api/v1/audit-trail",
    "/api/v1/processes",
)


@pytest.fixture
def visitors() -> tuple[Client, Client]:
    """A browser with a session's cookie and a machine with its token; neither has to be one that is in force."""
    page = Client(raise_request_exception=False, headers={"host": "localhost"})
    page.cookies["session"] = "t" * 43
    bearer = {"host": "localhost", "authorization": "Bearer " + "t" * 43}
    return page, Client(raise_request_exception=False, headers=bearer)


@pytest.fixture
def stopped(broken: Database) -> Iterator[Database]:
    """The victim with its server stopped and Django on its way to it."""
    broken.server.stop()
    reconnect(broken)
    try:
        yield broken
    finally:
        broken.server.start()


def _says_so_on_a_page(answer: Any, path: str) -> None:
    text = answer.content.decode()
    assert answer.status_code == 503, (path, answer.status_code)
    assert "The database does not answer" in text and "Traceback" not in text and "psycopg" not in text
    assert answer.headers["Cache-Control"] == "no-store"


def _says_so_to_a_machine(answer: Any, path: str) -> None:
    assert answer.status_code == 503, (path, answer.status_code, answer.content[:300])
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == 503 and told["title"] == "The database does not answer"
    assert "psycopg" not in answer.content.decode() and "Traceback" not in answer.content.decode()


@pytest.mark.urs("URS-BCK-03")
def test_with_the_server_stopped_every_read_says_so_and_readiness_too(
    stopped: Database, visitors: tuple[Client, Client]
) -> None:
    page, machine = visitors
    for path in PAGES:
        _says_so_on_a_page(page.get(path), path)
    for path in API:
        _says_so_to_a_machine(machine.get(path), path)
    ready = page.get("/readyz")
    assert ready.status_code == 503 and "Traceback" not in ready.content.decode()
    assert page.get("/healthz").status_code == 200


@pytest.mark.urs("URS-BCK-03")
@pytest.mark.parametrize("path", ["", "/audit-trail"])
def test_a_connection_lost_at_any_statement_of_a_read_is_one_plain_answer_and_the_next_read_goes_on(
    stocked: Database, path: str, tmp_path: Path
) -> None:
    petra = signed_in(PETRA)
    petra.client.raise_request_exception = False
    record = open_deviation(petra)
    seal_all(stocked, tmp_path)
    for page, says_so in (
        (record + path, _says_so_on_a_page),
        (f"/api/v1{record}{path}", _says_so_to_a_machine),
    ):
        petra.get(page)
        with CaptureQueriesContext(connection) as asked:
            assert petra.get(page).status_code == 200
        for place in range(len(asked)):
            with connection.execute_wrapper(_Loss(stocked, place)):
                says_so(petra.get(page), f"{page} at statement {place}")
            close_old_connections()  # as the server does at the end of each request; the test client does not
            assert petra.get("/readyz").status_code == 200 == petra.get(page).status_code


class _Loss:
    """Ends the backend right before the statement at this place, counted from 0."""

    def __init__(self, database: Database, place: int) -> None:
        self._database, self._left = database, place

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if self._left == 0:
            self._database.superuser(ENDING, [connection.connection.info.backend_pid])
            time.sleep(0.2)
        self._left -= 1
        return execute(sql, parameters, many, context)
