"""`make pictures`: a small demonstration company is made and served, and its pages are pictured into docs/pictures.

People, texts and order are the same each time, dates lie relative to today. Each page is checked like in the suite before
it is pictured. The pictures are compared in review, never placed by hand.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser

from tests.browser.sight import ROOT, SIZES, Sight, chromium

FOLDER: Final = ROOT / "docs" / "pictures"
SCALE: Final = "0.4"
COLOURS: Final = 128
MOST_BYTES: Final = 250_000
TALLEST: Final = 1800
"""Pixels: a long page is pictured down to here."""


def main() -> None:
    """Makes the company in a folder of its own, serves it, takes every picture, and takes the folder away again."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        if old.stem.rpartition("-")[2] in SIZES:  # the others are not taken here
            old.unlink()
    with company() as (address, passwords), chromium() as browser:
        for name in SIZES:
            picture_all(browser, address, passwords, name)


@contextmanager
def company() -> Iterator[tuple[str, dict[str, str]]]:
    """A demonstration company that is being served: its address and everybody's password."""
    folder = Path(tempfile.mkdtemp(prefix="indelible-pictures-"))
    folder.chmod(0o755)  # the database's own account must come in
    home, port = folder / "home", free_port()
    command = [sys.executable, "-m", "indelible.cli", "demo", "--home", str(home), "--scale", SCALE]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("INDELIBLE_")}
    service = None
    try:
        subprocess.run(
            [*command, "--no-serve"], check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL
        )
        log = (folder / "service.log").open("wb")
        service = subprocess.Popen(
            [*command, "--port", str(port)], cwd=folder, env=environment, stdout=log, stderr=log
        )
        wait_until_ready(service, f"http://localhost:{port}")
        people = json.loads((home / "demo-people.json").read_text(encoding="utf-8"))
        yield f"http://localhost:{port}", {p["user_id"]: p["password"] for p in people}
    finally:
        if service is not None:
            service.terminate()
            service.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(service: subprocess.Popen[bytes], address: str) -> None:
    """Until the service says it is; RuntimeError if it ended or takes a minute."""
    for _ in range(240):
        if service.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=2)
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
        else:
            return
    raise RuntimeError("the demonstration company does not answer")


def picture_all(browser: Browser, address: str, passwords: dict[str, str], size: str) -> None:
    """Every picture at one size: as nobody, as QA, as the administrator, as a signer, as somebody refused."""

    def window(user_id: str = "") -> Sight:
        sight = Sight(browser, address, SIZES[size])
        if user_id:
            sight.sign_in_as(user_id, passwords[user_id])
        return sight

    nobody = window()
    nobody.open("/sign-in")
    take(nobody, f"sign-in-{size}")
    petra = window("petra")
    number = told_in_full(petra)
    for title, path in {
        "my-work": "/",
        "process-list": "/processes/deviation",
        "declaration": "/processes/capa/declaration",
        "audit-trail": "/audit-trail?process=capa",
        "search": "/search?q=lot",
        "about": "/about",
    }.items():
        petra.open(path)
        take(petra, f"{title}-{size}")
    petra.open(f"/records/{number}")
    take(petra, f"record-{size}", whole=True)
    sam = window("sam")
    sam.open("/people")
    take(sam, f"people-{size}")
    signer = at_a_signing(window)
    take(signer, f"sign-{size}", whole=True)
    signer.named("Sign as").click()
    signer.page.wait_for_selector("[role=alert]")
    take(signer, f"refusal-{size}")


def told_in_full(sight: Sight) -> str:
    """The number of the closed CAPA that shows most: values changed, signed by several people."""
    sight.open("/processes/capa?state=closed")
    numbers = sight.page.locator("a.number").all_inner_texts()[:12]
    marks = {}
    for number in numbers:
        sight.open(f"/records/{number}")
        marks[number] = sight.page.locator(".changes").count() + sight.page.locator("article.esign").count()
    return max(numbers, key=lambda number: marks[number])


def at_a_signing(window: Callable[..., Sight]) -> Sight:
    """Somebody of the company before a step that leads on and waits for their signature."""
    for user_id in ("petra", "jorg", "ana", "niamh", "diego", "mei"):
        sight = window(user_id)
        for link in [a.get_attribute("href") for a in sight.page.locator("#waiting a.number").all()]:
            sight.open(str(link))
            step = sight.page.locator(".page-head .btn-primary", has_text="Sign:")
            if step.count():
                sight.open(str(step.first.get_attribute("href")))
                return sight
    raise LookupError("no step of the demonstration company waits for a signature")


def take(sight: Sight, name: str, *, whole: bool = False) -> None:
    """One picture of a page that holds what every page must hold, in few enough bytes to stay in git."""
    sight.check()
    path = FOLDER / f"{name}.png"
    sight.page.screenshot(path=path, full_page=whole)
    with Image.open(path) as seen:
        seen.crop((0, 0, seen.width, min(seen.height, TALLEST))).convert("RGB").quantize(
            COLOURS, dither=Image.Dither.NONE
        ).save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES, f"{name} is {path.stat().st_size} bytes"


if __name__ == "__main__":
    main()
