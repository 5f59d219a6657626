"""`indelible witness` as a process: its first start, its answers over HTTP, hostile callers, kills, two on one home."""

from __future__ import annotations

import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.cli import witness_server
from indelible.ledger import checkpoint, cosignature, note, witness, witness_folder
from indelible.ledger.cosignature import witness_verifier
from indelible.ledger.note import Verifier
from tests.ledger.growing import ORIGIN, Log

pytestmark = pytest.mark.urs("URS-AUD-03")
COMMAND = [sys.executable, "-m", "indelible.cli", "witness"]
NAME = "w.example/qa"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--home", str(home), *words], capture_output=True, text=True, timeout=60, check=False
    )


class Running:
    """A witness's process and the way to ask it."""

    def __init__(self, home: Path, *words: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [*COMMAND, "--home", str(home), "--port", str(self.port), "--json", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1] != "}\n":
            line = self.process.stdout.readline()
            assert line, "the witness ended at its start"
            lines.append(line)
        self.told = json.loads("".join(lines))

    @property
    def key(self) -> Verifier:
        return witness_verifier(self.told["vkey"])

    def ask(self, body: bytes, path: str = "/add-checkpoint", **headers: str) -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST" if body else "GET", path, body or None, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, said, answer.headers["Content-Type"]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(20)


@contextmanager
def running(home: Path, *words: str) -> Iterator[Running]:
    one = Running(home, *words)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            assert one.end() == 0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A witness that accepts the test's log, set up and not running."""
    done = command(tmp_path / "w", "--name", NAME, "--log", Log().signer.verifier.vkey(), "--no-serve")
    assert done.returncode == 0, done.stderr
    return tmp_path / "w"


def test_the_first_start_makes_a_closed_key_and_says_its_key_line(home: Path) -> None:
    assert (home / "witness.pem").stat().st_mode & 0o777 == 0o600 and home.stat().st_mode & 0o777 == 0o700
    again = command(home, "--no-serve")
    assert f"Key line: {NAME}+" in again.stdout and f"Accepts {ORIGIN}: 0 entries" in again.stdout
    told = json.loads(command(home, "--no-serve", "--json").stdout)
    assert told["name"] == NAME and witness_verifier(told["vkey"]).name == NAME


def test_what_stops_a_start_is_told_in_a_sentence(home: Path, tmp_path: Path) -> None:
    def refused(words: str, place: Path, *given: str) -> None:
        done = command(place, *given)
        assert done.returncode == 1 and words in done.stderr and done.stderr.count("\n") == 1, done.stderr

    refused("accepts no log yet", tmp_path / "new", "--no-serve")
    refused("This is not the key of a log", tmp_path / "other", "--log", "nonsense", "--no-serve")
    refused("cannot be the name of a key", tmp_path / "third", "--name", "two words", "--no-serve")
    refused("plain letters, digits and signs only", tmp_path / "fourth", "--name", "prüfer", "--no-serve")
    refused("a name is for ever", home, "--name", "w.example/other", "--no-serve")
    (tmp_path / "installation").mkdir()
    (tmp_path / "installation" / "id").write_text("4f2a")
    refused("holds an installation", tmp_path / "installation", "--no-serve")
    (home / "witness.pem").chmod(0o644)
    refused("can be read by other accounts", home, "--no-serve")
    (home / "witness.pem").unlink()
    refused("is missing. Put it back", home, "--no-serve")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        fresh = tmp_path / "fresh"
        key = Log().signer.verifier.vkey()
        refused("cannot be used", fresh, "--log", key, "--port", str(taken.getsockname()[1]))


def test_it_answers_as_the_protocol_says_and_remembers_after_a_restart(home: Path) -> None:
    log = Log(5)
    with running(home) as one:
        status, said, _ = one.ask(log.request(0))
        assert status == 200
        made = cosignature.read_answer(said, note.parse(log.signed()).text, [one.key])
        assert made[0].witness == NAME and abs(made[0].time - time.time()) < 30
        status, said, kind = one.ask(b"", one.told["logs"][0]["checkpoint"])
        assert status == 200 and kind.startswith("text/plain")
        assert witness.read_kept(said, ORIGIN, log.signer.verifier, one.key)[0].size == 5
    with running(home) as one:
        assert one.told["logs"][0]["size"] == 5
        assert one.ask(log.request(0)) == (409, b"5\n", "text/x.tlog.size")
        assert one.ask(Log(8, fork=2).request(5))[0] == 422
        assert one.ask(Log(8, seed=9).request(5))[0] == 403
        assert one.ask(Log(8, origin="other.example").request(5))[0] == 404
        assert one.ask(log.grow(8).request(5))[0] == 200
    told = json.loads(command(home, "--no-serve", "--json").stdout)["logs"][0]
    assert told["size"] == 8 and len(told["evidence"]) == 1
    assert "EVIDENCE that this log signed two histories" in command(home, "--no-serve").stdout


def test_two_starts_on_one_home_give_one_clear_sentence(home: Path) -> None:
    with running(home):
        second = command(home, "--port", str(free_port()))
        assert second.returncode == 1
        assert second.stderr == (
            f"indelible: A witness already runs on {home}. Stop it first, or choose another --home.\n"
        )


def raw(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


HOSTILE = [
    (b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 9999999999\r\n\r\n", b"411"),
    (b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 99999999\r\n\r\n", b"413"),
    (b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", b"411"),
    (b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"411"),
    (b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
    (b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: -1\r\n\r\n", b"411"),
    (b"POST /other HTTP/1.1\r\nHost: w\r\nContent-Length: 0\r\n\r\n", b"404"),
    (b"GET /../../witness.pem HTTP/1.1\r\nHost: w\r\n\r\n", b"404"),
    (b"PUT / HTTP/1.1\r\nHost: w\r\n\r\n", b"501"),
    (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"431"),
    (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    (b"GET /<script>alert(1)</script> HTTP/1.1\r\nHost: w\r\n\r\n", b"404"),
]


def test_hostile_requests_are_bounded_and_echo_nothing(home: Path) -> None:
    with running(home) as one:
        for sent, status in HOSTILE:
            said = raw(one.port, sent)
            assert said.split(b"\r\n")[0].split(b" ")[1] == status, (sent[:60], said[:200])
            assert b"script" not in said and b"aaaa" not in said and len(said) < 1000
        assert one.ask(Log(5).request(0))[0] == 200


def test_slow_and_many_callers_do_not_keep_others_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More connections than are served at once, each dripping bytes: after their lifetime the next is answered."""
    monkeypatch.setattr(witness_server, "LIFETIME", 1.0)
    folder, own = home / "logs", cosignature.witness_signer(NAME, Ed25519PrivateKey.generate())
    mine = witness.Witness(own, witness_folder.witnessed_logs(folder, own.verifier))
    server = witness_server.WitnessServer(("127.0.0.1", 0), mine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(witness_server.AT_ONCE + 5)]
    try:
        for drip in slow:
            drip.send(b"P")
        end = time.monotonic() + 15
        status = 0
        while status != 200 and time.monotonic() < end:
            time.sleep(0.3)
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("POST", "/add-checkpoint", Log(5).request(0))
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException):
                continue
        assert status == 200
    finally:
        for one in slow:
            one.close()
        server.shutdown()
        server.server_close()


def test_kills_at_any_instant_never_lose_what_was_signed(home: Path) -> None:
    """kill -9 at random moments while two histories are offered: only one is ever cosigned, and never goes back."""
    chance = random.Random(4)
    true, false = Log(400), Log(400, fork=1)
    seen: list[tuple[int, bytes]] = []
    for _ in range(6):
        one = Running(home)
        size = one.told["logs"][0]["size"]
        assert size >= max((at for at, _ in seen), default=0)
        killer = subprocess.Popen(
            ["sh", "-c", f"sleep {chance.uniform(0.02, 0.4)}; kill -9 {one.process.pid}"]
        )
        try:
            while True:
                log = chance.choice((true, false))
                status, said, _ = one.ask(log.request(size, min(size + 1, 400)))
                if status == 200:
                    size = min(size + 1, 400)
                    text = note.parse(log.signed(size)).text
                    cosignature.read_answer(said, text, [one.key])
                    seen.append((size, checkpoint.parse(text).root))
                elif status == 409:
                    size = witness.read_size(said)
        except (OSError, http.client.HTTPException):
            pass
        killer.wait(10)
        assert one.process.wait(10) == -signal.SIGKILL
        assert one.process.stdout is not None
        one.process.stdout.close()
    assert len(seen) > 6
    sizes = [at for at, _ in seen]
    assert sizes == sorted(sizes)
    roots = [
        {(at, checkpoint.parse(note.parse(log.signed(at)).text).root) for at in sizes}
        for log in (true, false)
    ]
    assert set(seen) <= roots[0] or set(seen) <= roots[1], "both histories were cosigned"
