"""The service itself: in the clear nothing is served once https is promised; old protocols are refused (URS-OPN-02)."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from indelible.cli.doctor import _channel, _transport
from indelible.home import configuration
from indelible.home.configuration import Configuration
from indelible.home.layout import Home, HomeProblem
from tests.cli.conftest import Command, free_port, installed  # noqa: F401  (a fixture)
from tests.conftest import Database
from tests.transport.certificates import Pair, made

pytestmark = [
    pytest.mark.urs("URS-OPN-02"),
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
]
HTTPS = "https://qms.acme.example"


def test_plain_http_is_led_to_https_with_no_data(stocked: Database) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        for path in ("/", "/sign-in", "/records/CAPA-2026-00001", "/api/v1/records"):
            plain = Client(headers={"host": "localhost"})
            for answer in (plain.get(path), plain.post(path, {"password": "x"})):
                assert answer.status_code == 301 and answer.content == b""
                assert answer.headers["Location"].startswith("https://")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"TLS_CERTIFICATE": "c.pem"}, "belong together"),
        ({"TLS_KEY": "k.pem", "PUBLIC_URL": HTTPS}, "belong together"),
        ({"TLS_CERTIFICATE": "c.pem", "TLS_KEY": "k.pem"}, "must begin with https://"),
        ({"TLS_CERTIFICATE": "c.pem", "TLS_KEY": "k.pem", "PUBLIC_URL": HTTPS}, "cannot be used"),
        ({"SMTP_SECURITY": "none", "SMTP_HOST": "mail.acme.example", "MAIL_FROM": "q@acme.example"}, "this machine only"),
    ],
)  # fmt: skip
def test_what_would_go_in_the_clear_does_not_start(tmp_path: Path, given: dict[str, str], words: str) -> None:
    home = Home(tmp_path / "var")
    home.create()
    with pytest.raises(HomeProblem, match=words):
        configuration.load(home, {f"INDELIBLE_{name}": value for name, value in given.items()})


@pytest.mark.parametrize(
    ("given", "well"),
    [
        (Configuration(), True),
        (Configuration(host="0.0.0.0"), False),
        (Configuration(host="0.0.0.0", public_url=HTTPS), False),
        (Configuration(host="0.0.0.0", public_url=HTTPS, trusted_proxies=1), True),
        (Configuration(host="0.0.0.0", public_url=HTTPS, tls_certificate="c", tls_key="k"), True),
    ],
)
def test_the_doctor_sees_what_goes_in_the_clear(given: Configuration, well: bool) -> None:
    assert _transport(given).well is well


@pytest.mark.parametrize(
    ("address", "well"),
    [
        ("postgresql://u@localhost/d", True),
        ("postgresql:///d?host=/var/run/postgresql", True),
        ("postgresql://u@db.acme.example/d?sslmode=verify-full", True),
        ("postgresql://u@db.acme.example/d?sslmode=require", False),
        ("postgresql://u@db.acme.example/d", False),
    ],
)
def test_the_doctor_sees_a_database_reached_in_the_clear(address: str, well: bool) -> None:
    assert _channel(address).well is well


@pytest.fixture(scope="module")
def encrypted(
    installed: Command,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[int, Pair]]:
    """The service with a certificate of its own: port and files."""
    pair, port = made(tmp_path_factory.mktemp("tls")), free_port()
    variables = {
        "INDELIBLE_PUBLIC_URL": f"https://localhost:{port}",
        "INDELIBLE_TLS_CERTIFICATE": str(pair.certificate),
        "INDELIBLE_TLS_KEY": str(pair.key),
    }
    with installed.serving(port, **variables):
        yield port, pair


@pytest.mark.slow
def test_it_encrypts_by_itself(encrypted: tuple[int, Pair]) -> None:
    port, pair = encrypted
    context = ssl.create_default_context(cafile=str(pair.certificate))
    asked = http.client.HTTPSConnection("localhost", port, timeout=20, context=context)
    asked.request("GET", "/sign-in")
    answer = asked.getresponse()
    assert answer.status == 200 and b"Indelible" in answer.read()
    assert "max-age=31536000" in str(answer.getheader("Strict-Transport-Security"))
    assert "Secure" in str(answer.getheader("Set-Cookie")) and "__Host-csrf" in str(
        answer.getheader("Set-Cookie")
    )


@pytest.mark.slow
def test_plain_text_gets_nothing(encrypted: tuple[int, Pair]) -> None:
    with socket.create_connection(("127.0.0.1", encrypted[0]), timeout=20) as plain:
        plain.sendall(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answered = b""
        try:
            while piece := plain.recv(4096):
                answered += piece
        except ConnectionResetError:
            pass
    assert b"HTTP/1" not in answered and b"Indelible" not in answered


@pytest.mark.slow
@pytest.mark.parametrize("old", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_an_old_protocol_is_refused(encrypted: tuple[int, Pair], old: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=str(encrypted[1].certificate))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = old
    with (
        socket.create_connection(("127.0.0.1", encrypted[0]), timeout=20) as raw,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
    ):
        context.wrap_socket(raw, server_hostname="localhost")
