"""A real browser before the real service: Chromium without network of its own, the service in a thread, axe beside it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, Page, sync_playwright

ROOT: Final = Path(__file__).resolve().parents[2]
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP: Final = {"width": 1440, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
OVERFLOWING: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, or the one INDELIBLE_CHROMIUM names."""
    path = os.environ.get("INDELIBLE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "no Chromium found: install it (Debian: apt-get install chromium) or set INDELIBLE_CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served() -> Iterator[str]:
    """The service on a free port of this machine; yields its address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


class Quiet(WSGIRequestHandler):
    """Handles requests and prints nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class Sight:
    """One person's window. Every page it shows is checked: no axe finding, no CSP report, nothing wider than the window."""

    def __init__(self, browser: Browser, base: str, size: dict[str, int], *, scripts: bool = True) -> None:
        self.base = base
        self.page: Page = browser.new_context(viewport=size, java_script_enabled=scripts).new_page()  # type: ignore[arg-type]
        self.scripts = scripts
        self.reports: list[str] = []
        self.page.on("console", lambda message: self._heard(message.type, message.text))

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.reports.append(text)

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def press(self, words: str) -> None:
        """Presses a button or link by its name and waits for the page it leads to."""
        target = (
            self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words)).first
        )
        with self.page.expect_navigation():
            target.click()

    def sign_in(self, user_id: str, password: str) -> None:
        self.open("/sign-in")
        self.page.fill("#user", user_id)
        self.page.fill("#secret", password)
        self.press("Sign in")

    def check(self) -> None:
        """What must hold of every page a person sees."""
        self.page.wait_for_load_state("networkidle")
        assert self.page.evaluate(OVERFLOWING) <= 0, f"{self.page.url} is wider than the window"
        self.page.context.new_cdp_session(self.page).send("Runtime.evaluate", {"expression": AXE.read_text()})
        found: list[dict[str, Any]] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules})", RULES
        )["violations"]
        told = [f"{v['id']}: {node['html'][:120]}" for v in found for node in v["nodes"]]
        assert not told, f"{self.page.url}: {told}"
        assert not self.reports, self.reports
