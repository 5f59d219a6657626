"""A witness or authority that lies, drips, redirects or floods: bounded, told in a sentence, nothing kept; and where one may go."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.home import outgoing
from indelible.home.outgoing import NoAnswer
from indelible.home.outside import AuthorityAddress, Outside, WitnessAddress
from indelible.jobs.witnessing import Asked, Asking, Head, Outcome
from indelible.kernel.audit import seal
from indelible.ledger import checkpoint, cosignature, note
from indelible.ledger.note import Note
from indelible.ledger.tree import root_of, subtree_of
from tests.ledger.growing import Log
from tests.witnesses.conftest import Place, said

pytestmark = pytest.mark.urs("URS-AUD-03")
Answer = Callable[[BaseHTTPRequestHandler], None]
Serve = Callable[[Answer], str]
WITNESS = cosignature.witness_signer("w.example/1", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
LOG = Log(9)
TEXT = note.parse(LOG.signed()).text
HEAD = Head(checkpoint.parse(TEXT), LOG.signed())


class Memory:
    """The ledger of `LOG` as a source of proofs."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.subtree = subtree_of(log.leaves)

    def root(self, size: int) -> bytes:
        return root_of(self.log.leaves[:size])


def asked(url: str, old: int = 0, log: Log = LOG) -> Asked:
    address = WitnessAddress("qa", url, WITNESS.verifier.vkey(), private=True)

    def ask(*given: object, **more: object) -> outgoing.Said:
        return outgoing.ask(*given, **more, deadline=1.0)  # type: ignore[arg-type]

    return Asking(address, WITNESS.verifier, LOG.signer.verifier, Memory(log), ask).cosignature(HEAD, old)


def drip(request: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: passes every single time limit of a socket."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    _drip(request)


def drip_headers(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    _drip(request)


def _drip(request: BaseHTTPRequestHandler) -> None:
    try:
        for _ in range(100):
            request.wfile.write(b"a")
            request.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


def endless(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        while True:
            request.wfile.write(b"\xe2\x80\x94 a b\n" * 1000)
    except OSError:
        return


def redirect(request: BaseHTTPRequestHandler) -> None:
    request.send_response(302)
    request.send_header("Location", "http://169.254.169.254/latest/meta-data")
    request.end_headers()


def raw(data: bytes) -> Answer:
    return lambda request: _sent(request, data)


def _sent(request: BaseHTTPRequestHandler, data: bytes) -> None:
    request.wfile.write(data)


FORGED = cosignature.cosign(TEXT, cosignature.witness_signer("w.example/1", Ed25519PrivateKey.generate()), 5)
OTHER = cosignature.cosign(note.parse(LOG.signed(5)).text, WITNESS, 5)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (drip, "did not answer within 1 seconds"),
        (drip_headers, "did not answer within 1 seconds"),
        (endless, "answered with more than 65,536 bytes"),
        (redirect, "answered with a redirect, which is not followed"),
        (raw(b"garbage\r\n\r\n"), "gave no answer (BadStatusLine)"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"), "The answer of 127.0.0.1 broke off"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"), "gave no answer (HTTPException)"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx"), "an encoding that was not asked for"),
        (raw(b""), "gave no answer"),
        (said(200, b""), "not with a cosignature"),
        (said(200, b"<html>"), "not with a cosignature"),
        (said(200, b"\xff\xff\n"), "not with a cosignature"),
        (said(200, f"{FORGED.line}\n".encode()), "holds no cosignature by the witness"),
        (said(200, f"{OTHER.line}\n".encode()), "not valid for this checkpoint"),
        (said(200, b"\xe2\x80\x94 x AAAAAAAA\n" * 4000), "answered, but not with a cosignature"),
        (said(409, b"nine\n"), "not a plain decimal number"),
        (said(409, b"4"), "is not a size"),
        (said(403, b"<script>"), "does not trust the key of this ledger (HTTP 403)"),
        (said(404, b""), "does not know this ledger (HTTP 404)"),
        (said(500, b"x" * 60_000), "gave no cosignature (HTTP 500)"),
    ],
)
def test_a_bad_answer_is_a_sentence_and_gives_no_cosignature(liar: Serve, answer: Answer, words: str) -> None:
    started = time.monotonic()
    found = asked(liar(answer))
    assert (found.outcome, found.cosignature, found.proof) == (Outcome.SILENT, None, b"")
    assert words in found.sentence, found.sentence
    assert "<script>" not in found.sentence
    assert time.monotonic() - started < 5


def test_a_witness_that_names_another_size_each_time_is_left(liar: Serve) -> None:
    sizes = iter(range(1, 8))
    found = asked(liar(lambda request: said(409, f"{next(sizes)}\n".encode())(request)))
    assert found.outcome is Outcome.SILENT and "another size each time" in found.sentence


@pytest.mark.parametrize(("status", "outcome"), [(422, Outcome.FORKED), (409, Outcome.BEHIND)])
def test_a_claim_without_our_own_signature_is_told_and_proves_nothing(
    liar: Serve, status: int, outcome: Outcome
) -> None:
    """A hostile witness cannot stop an installation: what it shows must be signed by this ledger's key."""
    forged = Log(12, seed=66, fork=3)
    mine = WITNESS.sign(note.parse(forged.signed()).text, 5)
    shown = Note(note.parse(forged.signed()).text, (*note.parse(forged.signed()).signatures, mine)).to_bytes()

    def answer(request: BaseHTTPRequestHandler) -> None:
        (said(status, b"12\n") if request.command == "POST" else said(200, shown))(request)

    found = asked(liar(answer))
    assert (found.outcome, found.proof) == (outcome, b"") and "It shows no proof" in found.sentence


@pytest.mark.parametrize(
    ("kept", "outcome"),
    [
        (Log(12), Outcome.BEHIND),
        (Log(12, fork=3), Outcome.BEHIND),
        (Log(9, fork=3), Outcome.FORKED),
        (Log(5, fork=3), Outcome.FORKED),
        (Log(5), Outcome.SILENT),
    ],
)
def test_what_our_own_key_signed_decides(liar: Serve, kept: Log, outcome: Outcome) -> None:
    parsed = note.parse(kept.signed())
    shown = Note(parsed.text, (*parsed.signatures, WITNESS.sign(parsed.text, 5))).to_bytes()

    def answer(request: BaseHTTPRequestHandler) -> None:
        (said(422, b"no\n") if request.command == "POST" else said(200, shown))(request)

    found = asked(liar(answer), old=min(len(kept.leaves), 9))
    assert found.outcome is outcome, found.sentence
    assert found.proof == (b"" if outcome is Outcome.SILENT else shown)


def test_a_hostile_witness_halts_nothing_and_leaves_one_alarm(place: Place, liar: Serve) -> None:
    url = liar(lambda request: said(422 if request.command == "POST" else 404, b"no\n")(request))
    given = Outside((WitnessAddress("qa", url, WITNESS.verifier.vkey(), private=True),), 1)
    working = place.anchors(given)
    working.beat(now=True)
    working.beat(now=True)
    assert len(place.told("security.ledger_forked")) == 1 and place.receipts() == []
    assert not seal.halted(place.home.sealer) and place.seal() > 0


@pytest.mark.parametrize(
    ("url", "private", "plain", "words"),
    [
        ("http://127.0.0.1:1", False, False, "leads to an address that is not allowed"),
        ("http://localhost:1", False, False, "leads to an address that is not allowed"),
        ("https://127.0.0.1:1", False, False, "leads to an address that is not allowed"),
        ("http://[::1]:1", False, False, "leads to an address that is not allowed"),
        ("http://[::ffff:127.0.0.1]:1", False, True, "leads to an address that is not allowed"),
        ("http://0.0.0.0:1", True, True, "leads to an address that is not allowed"),
        ("http://169.254.169.254/latest", True, True, "leads to an address that is not allowed"),
        ("http://[fe80::1]:1", True, True, "leads to an address that is not allowed"),
        ("http://224.0.0.1", True, True, "leads to an address that is not allowed"),
        ("http://10.0.0.1", False, True, "leads to an address that is not allowed"),
        ("http://8.8.8.8", True, False, "leads to an address that is not allowed"),
        ("http://127.0.0.1:1", True, False, "gave no answer (Connection refused)"),
        ("https://no-such-name.invalid", False, False, "its name cannot be resolved"),
    ],
)
def test_only_allowed_addresses_are_asked(url: str, private: bool, plain: bool, words: str) -> None:
    with pytest.raises(NoAnswer, match=words.replace("(", r"\(").replace(")", r"\)")):
        outgoing.ask("GET", url, private=private, plain=plain, deadline=2)


def test_a_certificate_nobody_trusts_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.witnesses.conftest import run

    folder = tmp_path_factory.mktemp("tls")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run(folder, "req", "-x509", *curve, "-keyout", "key", "-out", "certificate", "-subj", "/CN=localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        try:
            context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(NoAnswer, match="is not trusted"):
        outgoing.ask("GET", f"https://localhost:{listener.getsockname()[1]}", private=True, deadline=5)
    listener.close()


def test_a_server_that_never_ends_its_greeting_is_left() -> None:
    """TLS: a handshake dripped byte by byte is bounded by the deadline as well."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        try:
            connection.sendall(b"\x16\x03\x03\x40\x00")
            for _ in range(100):
                connection.sendall(b"\x00")
                time.sleep(0.1)
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    started = time.monotonic()
    with pytest.raises(NoAnswer):
        outgoing.ask("GET", f"https://127.0.0.1:{listener.getsockname()[1]}", private=True, deadline=1)
    assert time.monotonic() - started < 4
    listener.close()


@pytest.mark.parametrize(
    "answer", [said(200, b"x" * 20_000), said(200, b"not DER"), said(500, b""), redirect]
)
def test_a_bad_time_stamp_answer_keeps_nothing(
    place: Place, liar: Serve, authority: object, answer: Answer
) -> None:
    root = authority.root  # type: ignore[attr-defined]
    given = Outside(authorities=(AuthorityAddress("authority", liar(answer), root, private=True),))
    place.anchors(given).beat(stamp=True)
    assert place.receipts() == []
