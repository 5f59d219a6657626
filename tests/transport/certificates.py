"""A certificate nobody vouches for, and a server that shows it and keeps what it is sent."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Pair:
    """The files (PEM) of a certificate for localhost, signed by itself, and of its key."""

    certificate: Path
    key: Path


def made(folder: Path) -> Pair:
    """A pair written to the folder, good for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pair = Pair(folder / "certificate.pem", folder / "key.pem")
    pair.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pair


@dataclass
class Doubtful:
    """A server of the wrong certificate: its port, and what it read in the clear after the handshake."""

    port: int
    read: list[bytes] = field(default_factory=list)
    asked: int = 0


@contextmanager
def doubtful(pair: Pair, greeting: bytes = b"", *, most: ssl.TLSVersion | None = None) -> Iterator[Doubtful]:
    """Answers each connection with TLS; `greeting` starts a conversation by mail first; `most` is its newest version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    if most is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, most
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Doubtful(listener.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                found.asked += 1
                try:
                    if greeting:
                        _starttls(connection, greeting)
                    with context.wrap_socket(connection, server_side=True) as opened:
                        found.read.append(opened.recv(65_536))
                except OSError:
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield found


def _starttls(connection: socket.socket, greeting: bytes) -> None:
    connection.sendall(greeting)
    for answer in (b"250-here\r\n250 STARTTLS\r\n", b"220 go on\r\n"):
        connection.recv(1024)
        connection.sendall(answer)
