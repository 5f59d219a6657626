"""HTTP in front of a witness: two addresses, every request bounded in size and time, nothing that can be switched on."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from indelible.ledger.witness import MOST_BYTES, TEXT_TYPE, Answer, Witness

LIFETIME: Final = 20.0
"""Seconds a connection lives, whatever it sends: a request takes milliseconds."""
AT_ONCE: Final = 64
_KEPT: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")

log = logging.getLogger("indelible.witness")


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness. A connection beyond `AT_ONCE` is closed at once, one older than `LIFETIME` wherever it stands."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._lives: dict[socket.socket, float] = {}
        self._guard = threading.Lock()
        super().__init__(address, WitnessRequest)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            full = len(self._lives) >= AT_ONCE
            if not full:
                self._lives[request] = time.monotonic() + LIFETIME
        if full:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._lives.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Called every half second: ends connections that outlived their time, so that dripping bytes holds nothing."""
        now = time.monotonic()
        with self._guard:
            late = [one for one, end in self._lives.items() if end < now]
        for one in late:
            _hang_up(one)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A broken connection is nobody's news; anything else is told without a traceback to the other side."""
        import sys

        fault = sys.exc_info()[1]
        if not isinstance(fault, OSError):
            log.error("a request failed", exc_info=True)


class WitnessRequest(BaseHTTPRequestHandler):
    """One connection; kept open between requests, as the protocol wishes, within its lifetime."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "indelible-witness", ""
    timeout = 10
    server: WitnessServer

    def do_POST(self) -> None:
        if self.path != "/add-checkpoint":
            self._tell(Answer(404, b"A witness answers at /add-checkpoint.\n"))
            return
        body = self._body()
        if body is not None:
            with self._kept_safely():
                self._tell(self.server.witness.add_checkpoint(body))

    def do_GET(self) -> None:
        kept = _KEPT.fullmatch(self.path)
        if kept is None:
            self._tell(Answer(404, b"A witness shows what it keeps at /<sha256 of the origin>/checkpoint.\n"))
        else:
            self._tell(self.server.witness.kept_checkpoint(kept.group(1)))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """The library's own refusals (a bad request line, a method) in plain text, without an echo of what was sent."""
        self.close_connection = True
        self._tell(Answer(int(code), b"The request cannot be answered.\n"))

    def log_message(self, format: str, *given: Any) -> None:
        """The library would write each request to stderr, text of strangers included."""

    def _body(self) -> bytes | None:
        """The request's body; None after an answer was given because it is too large or its length is not told."""
        told = self.headers.get_all("Content-Length") or []
        if "Transfer-Encoding" in self.headers or len(told) != 1 or not re.fullmatch(r"[0-9]{1,9}", told[0]):
            self._refuse(411, b"The request must tell its length.\n")
            return None
        if int(told[0]) > MOST_BYTES:
            self._refuse(413, b"The request is larger than any real one.\n")
            return None
        body = self.rfile.read(int(told[0]))
        if len(body) != int(told[0]):
            self.close_connection = True
            return None
        return body

    def _refuse(self, status: int, sentence: bytes) -> None:
        self.close_connection = True
        self._tell(Answer(status, sentence))

    @contextmanager
    def _kept_safely(self) -> Iterator[None]:
        """What cannot be written to disk is not answered with a signature."""
        try:
            yield
        except (BrokenPipeError, ConnectionError, TimeoutError):
            raise
        except OSError as error:
            log.error("nothing could be kept, so nothing was cosigned: %s", error.strerror)
            self._tell(Answer(503, b"This witness cannot write to its disk, so it cosigned nothing.\n"))

    def _tell(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type or TEXT_TYPE)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        log.info("%s %s %s", answer.status, self.command, self.client_address[0])


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
