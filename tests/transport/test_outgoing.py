"""Calls to another machine that cannot prove who it is: refused, told in the trail, nothing sent (URS-OPN-02)."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from indelible.home import outgoing
from indelible.home.outgoing import NoAnswer, Untrusted
from indelible.home.outside import AuthorityAddress, Outside
from indelible.jobs import notices as clockwork
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import actions as identity
from indelible.kernel.notices.models import Delivery, Notice
from tests.conftest import Database
from tests.transport.certificates import doubtful, made
from tests.web.conftest import Visitor
from tests.witnesses.conftest import Place, place  # noqa: F401  (a fixture)

pytestmark = [
    pytest.mark.urs("URS-OPN-02"),
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning"),
]
UNTRUSTED = "select object, detail ->> 'says' from audit.act where action = 'connection.untrusted'"


def test_a_certificate_nobody_trusts_is_sent_nothing(tmp_path: Path) -> None:
    with doubtful(made(tmp_path)) as server:
        with pytest.raises(Untrusted, match="localhost is not trusted"):
            outgoing.ask("POST", f"https://localhost:{server.port}", b"the batch record", private=True)
        assert server.asked == 1 and server.read in ([], [b""])


def test_a_certificate_of_another_name_is_sent_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = made(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))  # trusted, but for another name
    with doubtful(pair) as server:
        with pytest.raises(Untrusted, match="not valid for"):
            outgoing.ask("POST", f"https://127.0.0.1:{server.port}", b"the batch record", private=True)
        assert server.read in ([], [b""])


@pytest.mark.parametrize("old", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_an_old_protocol_is_sent_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: ssl.TLSVersion
) -> None:
    pair = made(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))
    with doubtful(pair, most=old) as server:
        with pytest.raises(NoAnswer):
            outgoing.ask("POST", f"https://localhost:{server.port}", b"the batch record", private=True)
        assert server.asked == 1 and server.read in ([], [b""])


def failed_thrice(database: Database) -> None:
    clockwork.watch_for_misuse(0)
    for _ in range(3):
        with pytest.raises(Refusal):
            identity.sign_in(
                "petra", "wrong words all along", source="203.0.113.9", channel="web", device="T"
            )


def test_a_webhook_and_a_mail_server_are_sent_nothing_and_it_is_told(
    stocked: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = made(tmp_path)
    with doubtful(pair) as hook, doubtful(pair, b"220 mail\r\n") as mail:
        sender = "indelible@acme.example"
        known = replace(
            settings.CONFIGURATION,
            smtp_host="localhost",
            mail_from=sender,
            notice_webhook=f"https://localhost:{hook.port}/hook",
        )
        monkeypatch.setattr(settings, "CONFIGURATION", known)
        wanted = {"EMAIL_HOST": "localhost", "EMAIL_PORT": mail.port, "EMAIL_USE_TLS": True}
        for name, value in {**wanted, "DEFAULT_FROM_EMAIL": sender}.items():
            monkeypatch.setattr(settings, name, value)
        failed_thrice(stocked)
        clockwork.watch_for_misuse(0)
        assert hook.asked and mail.asked
        assert not any(hook.read) and not any(mail.read)
    faults = {one.channel: one.fault for one in Delivery.objects.exclude(fault="")}
    assert "is not trusted" in faults["webhook"] and "is not trusted" in faults["email"]
    told = Notice.objects.filter(kind="unsent").values_list("told", flat=True)
    assert any("webhook" in one and "is not trusted" in one for one in told)


def test_an_identity_provider_is_told_nothing_and_the_trail_tells_of_it(
    stocked: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with doubtful(made(tmp_path)) as server:
        issuer = f"https://localhost:{server.port}"
        known = replace(
            settings.CONFIGURATION, sso_issuer=issuer, sso_client_id="indelible", sso_client_secret="hidden"
        )
        monkeypatch.setattr(settings, "CONFIGURATION", known)
        visitor = Visitor()
        answer = visitor.get("/sso/sign-in")
        assert answer.status_code == 503 and "is not trusted" in visitor.text(answer)
        assert not any(server.read)
        ((host, says),) = stocked.rows(UNTRUSTED)
    assert host == f"localhost:{server.port}" and "is not trusted" in says


def test_a_time_stamp_authority_is_told_once_until_it_is_trusted(place: Place, tmp_path: Path) -> None:  # noqa: F811
    pair = made(tmp_path)
    with doubtful(pair) as server:
        address, root = f"https://localhost:{server.port}", pair.certificate.read_text()
        authority = AuthorityAddress("stamps", address, root, private=True)
        anchors = place.anchors(Outside((), 0, (authority,)))
        anchors.beat(stamp=True)
        anchors.beat(stamp=True)
        assert not any(server.read) and server.asked == 2
    (told,) = place.told("connection.untrusted")
    assert "is not trusted" in told["says"]
