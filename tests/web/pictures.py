"""`python -m tests.web.pictures HOME`: pictures of the real pages of a demonstration company, into docs/pictures.

HOME is the home of a demonstration that is being served (`indelible demo --home HOME --port 8123`). Compared in review.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.web.browser import DESKTOP, PHONE, ROOT, Sight, chromium

FOLDER = ROOT / "docs" / "pictures"
BASE = "http://localhost:8123"
PAGES = {
    "work": "/",
    "record": "{closed}",
    "sign": "{due}",
    "list": "/processes/capa",
    "trail": "/audit-trail?process=capa&action=record.edit",
    "about": "/about",
}
WHOLE = ("record", "sign")


def main(home: Path) -> None:
    """Signs in as the demonstration's QA approver and takes each picture, desktop and phone."""
    people = {p["user_id"]: p for p in json.loads((home / "demo-people.json").read_text(encoding="utf-8"))}
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            sight = Sight(browser, BASE, size)
            sight.open("/sign-in")
            sight.page.screenshot(path=FOLDER / f"sign-in-{name}.png")
            sight.sign_in("petra", people["petra"]["password"])
            found = addresses(sight)
            for title, path in PAGES.items():
                sight.open(path.format(**found))
                sight.check()
                sight.page.screenshot(path=FOLDER / f"{title}-{name}.png", full_page=title in WHOLE)


def addresses(sight: Sight) -> dict[str, str]:
    """A CAPA that was carried to its end, and the signing of a step that waits."""
    sight.open("/processes/capa?state=closed")
    closed = sight.page.locator("a.number").first.get_attribute("href") or "/"
    sight.open("/")
    for link in [a.get_attribute("href") for a in sight.page.locator("#waiting a.number").all()]:
        sight.open(str(link))
        step = sight.page.locator(".page-head .btn-primary")
        if step.count():
            return {"closed": closed, "due": step.first.get_attribute("href") or "/"}
    raise LookupError("no step waits for this person")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
