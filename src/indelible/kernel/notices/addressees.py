"""Whom a notice is told outside the product, and how: mailboxes of people by their role, and the company's webhook."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.types import QA_APPROVER, SECURITY_UNIT


def of(audience: str, subject: str) -> Iterator[tuple[str, str]]:
    """Channel and address of each message for `security`, `management` or `owner`; nothing where nothing is set up."""
    configuration = settings.CONFIGURATION
    if configuration.smtp_host and (mailboxes := _mailboxes(audience, subject)):
        yield "email", ", ".join(mailboxes)
    if configuration.notice_webhook and audience != "owner":
        yield "webhook", configuration.notice_webhook


def channels() -> tuple[str, ...]:
    """The ways by which messages leave the product, as it is set up: `email`, `webhook`, both or none."""
    given = settings.CONFIGURATION
    named = {"email": given.smtp_host, "webhook": given.notice_webhook}
    return tuple(channel for channel, where in named.items() if where)


def _mailboxes(audience: str, subject: str) -> list[str]:
    configuration = settings.CONFIGURATION
    if audience == "owner":
        person = identity.find_person(subject)
        return [person.email] if person and person.status == Person.ACTIVE else []
    named = configuration.notice_security if audience == "security" else configuration.notice_management
    if named.strip():
        return [one.strip() for one in named.split(",") if one.strip()]
    role = SECURITY_UNIT if audience == "security" else QA_APPROVER
    active = list(Person.objects.filter(status=Person.ACTIVE))
    holding = identity.roles_of(active)
    return sorted(person.email for person in active if role in holding[person.pk])
