"""One Chromium for the whole suite; a service of its own on a fresh stocked database for each test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser

from tests.browser.sight import DESKTOP, SIZES, Sight, chromium
from tests.conftest import Database
from tests.people import TestPerson

Windows = Callable[..., Sight]


@contextmanager
def served() -> Iterator[str]:
    """The service on a free port of this machine; yields its address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Quiet(WSGIRequestHandler):
    """Handles requests and prints nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with chromium() as found:
        yield found


@pytest.fixture
def base(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the service, running on this test's own database; the service knows it by this address too."""
    with served() as address:
        monkeypatch.setattr(settings, "CONFIGURATION", replace(settings.CONFIGURATION, public_url=address))
        yield address


@pytest.fixture(params=list(SIZES.values()), ids=list(SIZES))
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    """Desktop and phone in turn."""
    found: dict[str, int] = request.param
    return found


@pytest.fixture
def window(browser: Browser, base: str) -> Iterator[Windows]:
    """`window(ANA, size)`: a browser of its own, signed in if a person is named; each must have stayed quiet."""
    made: list[Sight] = []

    def open_window(
        person: TestPerson | None = None, size: dict[str, int] = DESKTOP, *, scripts: bool = True
    ) -> Sight:
        sight = Sight(browser, base, size, scripts=scripts)
        made.append(sight)
        if person is not None:
            sight.sign_in(person)
        return sight

    yield open_window
    for sight in made:
        sight.quiet()
        sight.context.close()
