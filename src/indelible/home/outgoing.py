"""Asking a server outside: one request, no redirect, no proxy, an answer bounded in size and time, only where it may go.

The addresses come from the operator's configuration; what they lead to need not be what the operator meant. So the name is
resolved once, the address it gave is checked and connected to, and an address of this machine or network is refused unless
the operator marked the entry as private (SSRF).
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from indelible import __version__
from indelible.home.transport import modern_tls

DEADLINE: Final = 10.0
"""Seconds from the first packet to the last byte of the answer."""
_HEADERS: Final = {
    "User-Agent": f"indelible/{__version__}",
    "Connection": "close",
    "Accept-Encoding": "identity",
}


class NoAnswer(Exception):  # noqa: N818  (a sentence for the operator)
    """The server outside gave no usable answer; the message says why, for the log and the page."""


class Untrusted(NoAnswer):
    """It could not prove who it is: nothing was sent (URS-OPN-02)."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the server answered: status, body, media type."""

    status: int
    body: bytes
    type: str


def ask(
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    kind: str = "text/plain; charset=utf-8",
    private: bool = False,
    plain: bool = False,
    most: int = 65_536,
    deadline: float = DEADLINE,
) -> Said:
    """One request. `most` is the largest body read; `private` allows this machine and the company's network, `plain`
    http to the world.

    Raises NoAnswer: not resolved, not allowed, not reached, redirected, too large, too slow, not HTTP; Untrusted for its
    certificate.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    end = time.monotonic() + deadline
    connection = http.client.HTTPConnection(host, port, timeout=deadline)
    headers = {**_HEADERS, **({"Content-Type": kind} if body else {})}
    with ExitStack() as held:
        held.callback(connection.close)
        try:
            raw = _connected(
                host, port, lambda one: _may_go(one, private, plain or parts.scheme == "https"), end
            )
            held.callback(raw.close)
            _end_at(end, raw, held)
            connection.sock = _encrypted(raw, host) if parts.scheme == "https" else raw
            connection.request(method, parts.path or "/", body, headers)
            said = _answer(connection.getresponse(), host, most)
            if time.monotonic() >= end:  # it was hung up on: what came is not whole
                raise NoAnswer(f"{host} did not answer within {deadline:g} seconds.")
            return said
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(f"The certificate of {host} is not trusted ({error.verify_message}).") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= end:
                raise NoAnswer(f"{host} did not answer within {deadline:g} seconds.") from error
            raise NoAnswer(f"{host} gave no answer ({_reason(error)}).") from error


def _answer(answer: http.client.HTTPResponse, host: str, most: int) -> Said:
    if 300 <= answer.status < 400:
        raise NoAnswer(f"{host} answered with a redirect, which is not followed.")
    if answer.getheader("Content-Encoding", "identity") != "identity":
        raise NoAnswer(f"{host} answered in an encoding that was not asked for.")
    body = answer.read(most + 1)
    if len(body) > most:
        raise NoAnswer(f"{host} answered with more than {most:,} bytes.")
    length = answer.getheader("Content-Length")
    if length is not None and length.isdecimal() and len(body) != int(length):
        raise NoAnswer(f"The answer of {host} broke off.")
    return Said(answer.status, body, answer.getheader("Content-Type", ""))


def _connected(host: str, port: int, may_go: Callable[[str], bool], end: float) -> socket.socket:
    """A socket to the first address that may be asked and answers; the name is resolved here and nowhere else."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [one for one in found if may_go(str(one[4][0]))]
    if not allowed:
        raise NoAnswer(
            f"{host} leads to an address that is not allowed here; mark the entry private = true where it is this "
            "machine or the company's own network, and use https:// everywhere else."
        )
    trouble: OSError = OSError("no address")
    for family, kind, protocol, _, address in allowed:
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(max(0.1, end - time.monotonic()))
            made.connect(address)
            return made
        except OSError as error:
            made.close()
            trouble = error
    raise trouble


def _encrypted(raw: socket.socket, host: str) -> ssl.SSLSocket:
    return modern_tls(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(raw, server_hostname=host)


def _may_go(address: str, private: bool, plain: bool) -> bool:
    """Public addresses by https (`plain`: also by http); others only where marked private.

    Never multicast, link-local (where clouds keep their machines' secrets), unspecified or reserved ones.
    """
    one = ipaddress.ip_address(address.partition("%")[0])
    one = getattr(one, "ipv4_mapped", None) or one
    if (
        one.is_multicast
        or one.is_link_local
        or one.is_unspecified
        or (one.is_reserved and not one.is_loopback)
    ):
        return False
    return plain if one.is_global else private


def _end_at(end: float, raw: socket.socket, held: ExitStack) -> None:
    """Ends the connection at its deadline, in whatever it is: a byte every nine seconds passes each single time limit."""
    handle = raw.dup()
    watch = threading.Timer(max(0.0, end - time.monotonic()), _hang_up, [handle])
    watch.daemon = True
    watch.start()
    held.callback(handle.close)
    held.callback(watch.cancel)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
