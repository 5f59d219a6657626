"""The clock of urgent notices: every quarter of a minute the trail is looked through and messages go out (URS-CRD-05)."""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from procrastinate.contrib.django import app

from indelible.home.outgoing import NoAnswer, ask
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, job
from indelible.kernel.notices import actions, queries
from indelible.kernel.notices.queries import Delivery
from indelible.kernel.notices.types import KINDS, Noticed

EVERY_QUARTER_MINUTE: Final = "* * * * * */15"

log = logging.getLogger("indelible.notices")


class Unsent(Exception):  # noqa: N818  (a sentence that stands in the trail)
    """A message did not get out; the text says why."""


@app.periodic(cron=EVERY_QUARTER_MINUTE)
@app.task(name="notices", queueing_lock="notices", lock="notices")
def watch_for_misuse(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """Raises what is new, gives to management what nobody answered, sends what waits."""
    actor = job("notices", 1, on_behalf_of="installation")
    for notice in actions.look(actor):
        log.warning("urgent notice", extra={"kind": notice.kind, "entry": notice.entry})
    actions.escalate(actor)
    send_waiting(actor)


def send_waiting(actor: Actor) -> int:
    """Tries every message that is due; how many got out. A channel that fails is itself a notice, once an hour."""
    sent = 0
    for delivery in queries.due():
        fault = _fault(delivery)
        actions.tried(actor, delivery, fault, clock())
        sent += not fault
        if fault:
            log.error("a message about a notice did not get out", extra={"channel": delivery.channel})
            told = f"Messages by {delivery.channel} do not get out: {fault}"
            mark = f"{delivery.channel}@{clock():%Y-%m-%dT%H}"
            actions.raise_notice(actor, Noticed("unsent", mark, 0, told))
    return sent


def _fault(delivery: Delivery) -> str:
    """Sends it; why it did not get out, or ""."""
    ways: dict[str, Callable[[Delivery], None]] = {"email": _by_mail, "webhook": _by_webhook}
    try:
        ways[delivery.channel](delivery)
    except Unsent as fault:
        return str(fault)
    return ""


def _by_mail(delivery: Delivery) -> None:
    notice, kind = delivery.notice, KINDS[delivery.notice.kind]
    urgent = "Not acknowledged: " if notice.escalated_at else ""
    lines = [
        notice.told,
        f"Noticed {notice.raised_at:%Y-%m-%d %H:%M:%S} UTC, entry {notice.entry or 'none'} of the audit trail.",
        f"Look at it and acknowledge it: {settings.CONFIGURATION.address}/security",
    ]
    message = EmailMessage(
        subject=f"[Indelible] {urgent}{kind.title}",
        body="\n\n".join(lines),
        to=[one.strip() for one in delivery.address.split(",")],
    )
    try:
        message.send()
    except ssl.SSLCertVerificationError as doubt:
        raise Unsent(f"the certificate of the mail server is not trusted ({doubt.verify_message})") from doubt
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise Unsent(f"the mail server did not take it ({type(error).__name__})") from error


def _by_webhook(delivery: Delivery) -> None:
    """No record is named, here or in a mail: who reads it may not know of that record (URS-AUT-06); the page names it."""
    notice = delivery.notice
    body = {
        "notice": notice.pk,
        "kind": notice.kind,
        "audience": delivery.audience,
        "told": notice.told,
        "subject": notice.subject,
        "source": notice.source,
        "entry": notice.entry,
        "raised_at": notice.raised_at.isoformat(),
        "escalated": notice.escalated_at is not None,
        "address": f"{settings.CONFIGURATION.address}/security",
    }
    local = urlsplit(delivery.address).hostname in {"localhost", "127.0.0.1", "::1"}
    try:
        said = ask(
            "POST", delivery.address, json.dumps(body).encode(), kind="application/json", private=local
        )
    except NoAnswer as silence:
        raise Unsent(str(silence)) from silence
    if not 200 <= said.status < 300:
        raise Unsent(f"the webhook answered {said.status}")
