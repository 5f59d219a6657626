"""A ledger in a clone of the database, witnesses in processes of their own, a time-stamp authority made with openssl."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from indelible.home.layout import Home
from indelible.home.outside import AuthorityAddress, Outside, WitnessAddress
from indelible.jobs.anchors import Anchors, named_by, tell_in_trail
from indelible.jobs.sealer import seal_once
from indelible.kernel.audit import seal
from tests.conftest import Database
from tests.jobs import writers


@dataclass
class Clock:
    """The monotonic clock of the anchors, moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Place:
    """One installation's side: its database, its home with keys and the sealer's folder, and the clock of its anchors."""

    database: Database
    home: Home
    clock: Clock = field(default_factory=Clock)

    @property
    def vkey(self) -> str:
        return seal.signer(self.home).verifier.vkey()

    def write(self, *titles: str) -> None:
        """Entries in the ledger, sealed."""
        with psycopg.connect(self.database.url("app"), autocommit=True) as connection:
            writers.act(connection, *titles)
        self.seal()

    def seal(self) -> int:
        return seal_once(self.database.url("seal"), self.home.sealer, seal.signer(self.home)).size

    def anchors(self, given: Outside, **more: Any) -> Anchors:
        """The anchors as their process makes them."""
        connection = self.database.connect("seal", autocommit=True)
        return Anchors(connection, self.home, given, named_by(given), tell_in_trail, clock=self.clock, **more)

    def receipts(self) -> list[dict[str, Any]]:
        return [
            row[0]
            for row in self.database.rows("select new from audit.event where kind = 'receipt' order by id")
        ]

    def told(self, action: str) -> list[dict[str, Any]]:
        return [
            row[0]
            for row in self.database.rows(
                "select detail from audit.act where action = %s order by id", [action]
            )
        ]


def placed(database: Database, tmp_path: Path) -> Place:
    """An installation with a home of its own that has the test run's keys."""
    home = Home(tmp_path / "service")
    home.create()
    (home.root / "id").write_text(database.home.id)
    shutil.copytree(database.home.keys, home.keys, dirs_exist_ok=True)
    return Place(database, home)


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    """An installation of nobody yet, with a few sealed entries."""
    made = placed(database, tmp_path)
    made.write("A", "B")
    return made


@dataclass
class Witnessing:
    """A witness in its process: where it answers, its key line, its home."""

    home: Path
    url: str
    vkey: str
    process: subprocess.Popen[str]

    def address(self, name: str = "qa") -> WitnessAddress:
        return WitnessAddress(name, self.url, self.vkey, private=True)

    def only(self) -> Outside:
        return Outside((self.address(),), 1)


@pytest.fixture
def witness(place: Place, tmp_path: Path) -> Iterator[Callable[..., Witnessing]]:
    """Starts `indelible witness` processes; each ended with the test."""
    from tests.cli.test_witness import free_port

    started: list[Witnessing] = []

    def start(name: str = "w.example/qa", log: str = "", home: str = "witness") -> Witnessing:
        port = free_port()
        words = [
            "--home",
            str(tmp_path / home),
            "--name",
            name,
            "--log",
            log or place.vkey,
            "--port",
            str(port),
            "--json",
        ]
        process = subprocess.Popen(
            [sys.executable, "-m", "indelible.cli", "witness", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], "the witness did not start"
        told = json.loads("".join(lines))
        started.append(Witnessing(tmp_path / home, told["address"], told["vkey"], process))
        return started[-1]

    yield start
    for one in started:
        one.process.terminate()
        assert one.process.stdout is not None
        one.process.stdout.close()
        one.process.wait(20)


class Liar(BaseHTTPRequestHandler):
    """Answers whatever `answer` of its server does with the raw connection."""

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answer(self)  # type: ignore[attr-defined]
        self.close_connection = True

    def do_GET(self) -> None:
        self.server.answer(self)  # type: ignore[attr-defined]
        self.close_connection = True

    def log_message(self, format: str, *given: Any) -> None:
        pass


@pytest.fixture
def liar() -> Iterator[Callable[[Callable[[BaseHTTPRequestHandler], None]], str]]:
    """A server that answers as it is told; gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[BaseHTTPRequestHandler], None]) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        server.daemon_threads = True
        server.answer = answer  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def said(status: int, body: bytes, kind: str = "text/plain") -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer of this status and body."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


_EXTENSIONS = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
_SETTINGS = """
[tsa]
default_tsa = throwaway
[throwaway]
dir = .
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """A throw-away RFC 3161 authority: its folder, its root certificate in PEM."""

    folder: Path
    root: str

    def reply(self, query: bytes) -> bytes:
        """The DER answer of `openssl ts -reply`."""
        (self.folder / "query").write_bytes(query)
        run(
            self.folder,
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-section",
            "throwaway",
            "-queryfile",
            "query",
            "-out",
            "reply",
        )
        return (self.folder / "reply").read_bytes()

    def address(self, url: str, root: str = "") -> AuthorityAddress:
        return AuthorityAddress("authority", url, root or self.root, private=True)


def run(folder: Path, *words: str) -> None:
    done = subprocess.run(
        ["openssl", *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def make_authority(folder: Path) -> Authority:
    """Root and authority made with the openssl command (Debian: package openssl)."""
    folder.mkdir()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run(
        folder,
        "req",
        "-x509",
        *curve,
        "-keyout",
        "root.key",
        "-out",
        "root.pem",
        "-subj",
        "/CN=Root",
        "-days",
        "30",
    )
    run(folder, "req", *curve, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Authority")
    (folder / "extensions").write_text(_EXTENSIONS)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_SETTINGS)
    signing = (
        "-CA",
        "root.pem",
        "-CAkey",
        "root.key",
        "-CAcreateserial",
        "-days",
        "29",
        "-extfile",
        "extensions",
    )
    run(folder, "x509", "-req", "-in", "tsa.csr", *signing, "-out", "tsa.pem")
    return Authority(folder, (folder / "root.pem").read_text())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority") / "one")


@pytest.fixture
def serving_authority(
    authority: Authority, liar: Callable[[Callable[[BaseHTTPRequestHandler], None]], str]
) -> AuthorityAddress:
    """The authority behind a small HTTP server."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        query = request.body  # type: ignore[attr-defined]
        said(200, authority.reply(query), "application/timestamp-reply")(request)

    return authority.address(liar(answer))
