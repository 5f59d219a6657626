"""`python -m tests.web.pictures HOME`: pictures of the real pages of a demonstration company, into docs/pictures.

HOME is the home of a demonstration that is being served (`indelible demo --home HOME --port 8123`). Compared in review.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser

from tests.web.browser import DESKTOP, PHONE, ROOT, Sight, chromium

FOLDER = ROOT / "docs" / "pictures"
BASE = "http://localhost:8123"
PAGES = {
    "work": "/",
    "list": "/processes/capa",
    "trail": "/audit-trail?process=capa&action=record.edit",
    "about": "/about",
}
SIGNERS = ("niamh", "ana", "diego", "petra", "jorg", "mei")


def main(home: Path) -> None:
    """Signs in as people of the demonstration and takes each picture, desktop and phone."""
    listed = json.loads((home / "demo-people.json").read_text(encoding="utf-8"))
    passwords = {person["user_id"]: person["password"] for person in listed}
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            petra = Sight(browser, BASE, size)
            petra.open("/sign-in")
            take(petra, f"sign-in-{name}")
            petra.sign_in("petra", passwords["petra"])
            for title, path in PAGES.items():
                petra.open(path)
                take(petra, f"{title}-{name}")
            petra.open("/processes/capa?state=closed")
            petra.open(petra.page.locator("a.number").first.get_attribute("href") or "/")
            take(petra, f"record-{name}", whole=True)
            take(_at_a_signing(browser, size, passwords), f"sign-{name}", whole=True)


def take(sight: Sight, name: str, *, whole: bool = False) -> None:
    """One picture of a page that holds what every page must hold."""
    sight.check()
    sight.page.screenshot(path=FOLDER / f"{name}.png", full_page=whole)


def _at_a_signing(browser: Browser, size: dict[str, int], passwords: dict[str, str]) -> Sight:
    """Somebody of the company before a step that leads on and waits for their signature."""
    for user_id in SIGNERS:
        sight = Sight(browser, BASE, size)
        sight.sign_in(user_id, passwords[user_id])
        for link in [a.get_attribute("href") for a in sight.page.locator("#waiting a.number").all()]:
            sight.open(str(link))
            step = sight.page.locator(".page-head .btn-primary")
            if step.count():
                sight.open(step.first.get_attribute("href") or "/")
                if sight.page.locator("#secret").count():
                    return sight
    raise LookupError("no signing waits for anybody")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
