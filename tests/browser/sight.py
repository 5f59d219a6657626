"""One person's window on the real service: Chromium without network of its own, every page held against axe and the CSP."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    sync_playwright,
)
from playwright.sync_api import TimeoutError as PlaywrightTimeout

if TYPE_CHECKING:
    from tests.people import TestPerson

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
SIZES: Final = {"desktop": DESKTOP, "phone": PHONE}
FONTS_OF_A_READER: Final = f"""<fontconfig>
    <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
    <dir>{ROOT / "src" / "indelible" / "exports" / "fonts"}</dir>
    <cachedir>{{cache}}</cachedir>
</fontconfig>"""
"""A reader's computer knows more scripts than a test machine; those of the copies stand in for them."""
OVERFLOWING: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HEARD: Final = """
    document.addEventListener("securitypolicyviolation", (report) =>
        console.error(`CSP ${report.effectiveDirective} ${report.blockedURI} ${report.sample}`));
"""
FOCUS: Final = """() => {
    const at = document.activeElement, drawn = getComputedStyle(at), box = at.getBoundingClientRect();
    return {
        tag: at.tagName, id: at.id, href: at.getAttribute("href") ?? "",
        text: (at.innerText ?? "").replace(/\\s+/g, " ").trim(),
        outlined: drawn.outlineStyle !== "none" && parseFloat(drawn.outlineWidth) >= 2
            && drawn.outlineColor !== "rgba(0, 0, 0, 0)" || drawn.boxShadow !== "none",
        seen: at.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)),
    };
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, or the one INDELIBLE_CHROMIUM names."""
    named = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = os.environ.get("INDELIBLE_CHROMIUM") or next(filter(None, map(shutil.which, named)), None)
    assert path, "no Chromium found: install it (Debian: apt-get install chromium) or set INDELIBLE_CHROMIUM"
    with TemporaryDirectory(prefix="indelible-fonts-") as folder, sync_playwright() as playwright:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(FONTS_OF_A_READER.format(cache=folder), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=path, args=FLAGS, env={**os.environ, "FONTCONFIG_FILE": str(fonts)}
        )
        yield browser
        browser.close()


class Sight:
    """One person's window; `reports` holds what it heard that no page may say: scripts, CSP, lost files, foreign hosts."""

    def __init__(self, browser: Browser, base: str, size: dict[str, int], *, scripts: bool = True) -> None:
        self.base, self.scripts, self.is_phone = base, scripts, size == PHONE
        self.reports: list[str] = []
        self.known: tuple[str, ...] = (base, "data:", "blob:", "about:")
        self._open_requests: set[Request] = set()
        self.context = browser.new_context(viewport=size, java_script_enabled=scripts)  # type: ignore[arg-type]
        self.context.add_init_script(HEARD)
        self.page = self.tab()

    def tab(self) -> Page:
        """One more tab of the same browser, listened to like the first."""
        page = self.context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.reports.append(f"script: {error}"))
        page.on("request", self._asked)
        page.on("requestfinished", lambda request: self._open_requests.discard(request))
        page.on("requestfailed", lambda request: self._open_requests.discard(request))
        page.on("response", self._answered)
        return page

    def _said(self, message: ConsoleMessage) -> None:
        # a refused page is told by its status in the console too; lost files are found by `_answered`
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.reports.append(message.text)

    def _asked(self, request: Request) -> None:
        self._open_requests.add(request)
        if not request.url.startswith(self.known):
            self.reports.append(f"foreign host: {request.url}")

    def _answered(self, response: Response) -> None:
        refused_page = response.request.resource_type == "fetch" and response.request.method == "POST"
        if response.status >= 400 and response.request.resource_type != "document" and not refused_page:
            self.reports.append(f"{response.status}: {response.url}")

    # ------------------------------------------------------------- acting

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    @property
    def path(self) -> str:
        """Where the window is, without the host and what stands behind # or ?."""
        return self.page.url.removeprefix(self.base).partition("#")[0].partition("?")[0]

    def named(self, words: str) -> Locator:
        """The first button or link of this name that can be seen."""
        roles = self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words))
        return roles.filter(visible=True).first

    def press(self, words: str) -> None:
        """Presses a button or link by its name and waits for the page it leads to."""
        with self._another_page():
            self.named(words).click()

    @contextmanager
    def _another_page(self) -> Iterator[None]:
        """Waits for a document: a jump within the page, told late by a busy machine, is none (`expect_navigation` takes it)."""
        with self.page.expect_event("load"):
            yield

    def fill(self, values: dict[str, str]) -> None:
        """Fills inputs by their id; a choice is picked, what hides behind “Not applicable?” is opened first."""
        for identity, value in values.items():
            place = self.page.locator(f"#{identity}")
            if identity.endswith("-na"):
                place.locator("xpath=ancestor::details[1]/summary").click()
            if place.evaluate("e => e.tagName") == "SELECT":
                place.select_option(value)
            else:
                place.fill(value)

    def typed(self, values: dict[str, str]) -> dict[str, str]:
        """What stands in these inputs now."""
        return {identity: self.page.locator(f"#{identity}").input_value() for identity in values}

    def sign_in(self, person: TestPerson) -> None:
        self.sign_in_as(person.user_id, person.password)

    def sign_in_as(self, user_id: str, password: str) -> None:
        self.open("/sign-in")
        self.fill({"user": user_id, "secret": password})
        self.press("Sign in")

    def sign(self, person: TestPerson, *, first: bool, password: str = "") -> None:
        """Signs on the open page of a step: id and password at the first signing of a period, later the password alone."""
        asked = self.page.locator("#signer")
        assert asked.count() == int(first), "all components at the first signing, only the secret later"
        if first:
            assert asked.input_value() == "", "the id is typed by the signer, never offered"
            asked.fill(person.user_id)
        self.page.fill("#secret", password or person.password)
        self.press("Sign as")

    # ------------------------------------------------------------- seeing

    def main(self) -> str:
        """The words of the page's content."""
        return self.page.inner_text("main")

    def told(self) -> str:
        """What a refusal on this page says."""
        return self.page.locator("[role=alert]").first.inner_text()

    def focus(self) -> dict[str, Any]:
        """What has the focus: tag, id, href, text, whether its focus is drawn and its middle can be seen."""
        found: dict[str, Any] = self.page.evaluate(FOCUS)
        return found

    def tab_to(self, words: str) -> None:
        """Goes on by the Tab key until what begins with these words, or has this id, has the focus; seen at every stop."""
        for _ in range(80):
            self.page.keyboard.press("Tab")
            found = self.focus()
            for _ in range(20):  # until it is drawn
                if found["seen"]:
                    break
                self.page.wait_for_timeout(50)
                found = self.focus()
            assert found["outlined"] and found["seen"], f"nobody sees that this has the focus: {found}"
            if found["text"].startswith(words) or found["id"] == words:
                return
        raise AssertionError(f"the Tab key never comes to {words}")

    def enter(self) -> None:
        """The Enter key, which leads to another page."""
        with self._another_page():
            self.page.keyboard.press("Enter")

    def back(self) -> None:
        """The browser's own button, pressed again by whom it led nowhere: Chromium drops it at times on a busy machine."""
        self.settle()
        left = self.page.url
        self.page.go_back()
        try:
            self.page.wait_for_url(lambda url: url != left, timeout=5_000)
        except PlaywrightTimeout:
            self.page.go_back()
            self.page.wait_for_url(lambda url: url != left)
        self.settle()

    def settle(self) -> None:
        """Waits until what the page fetches by itself is there."""
        while self._open_requests:
            self.page.wait_for_timeout(20)
        self.page.wait_for_timeout(60)

    def check(self) -> None:
        """What must hold of every page a person sees: nothing for axe, nothing in the console, not wider than the window."""
        self.settle()
        assert self.page.evaluate(OVERFLOWING) <= 0, f"{self.page.url} is wider than the window"
        session = self.context.new_cdp_session(self.page)  # the page's own CSP lets no script in but ours
        session.send("Runtime.evaluate", {"expression": AXE.read_text()})
        session.detach()
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
        told = [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]
        assert not told, f"{self.page.url}: {told}"
        self.quiet()

    def quiet(self) -> None:
        """No script failed, nothing broke the CSP, no file was lost, no foreign host was asked."""
        assert not self.reports, f"{self.page.url}: {self.reports}"
