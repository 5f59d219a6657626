"""Bringing a database to the present version as its owner: migrations, then the audit room's installation step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, connections

from indelible import __version__
from indelible.home.postgres import django_database
from indelible.kernel.audit import installation


def install_at(owner_url: str, *, reason: str, keep_clock: bool = False) -> None:
    """Migrates and installs over the owner's address; Django's own connection is the owner's meanwhile."""
    migrate_at(owner_url)
    with as_owner(owner_url):
        installation.install(version=__version__, reason=reason, keep_clock=keep_clock)


def migrate_at(owner_url: str) -> None:
    """Brings the tables to the present version; the protections follow with `install_at`."""
    with as_owner(owner_url):
        call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def as_owner(owner_url: str) -> Iterator[None]:
    """Django's default connection logs in as the owner inside the block, and as before after it."""
    connections.close_all()
    before = dict(connection.settings_dict)
    connection.settings_dict.update(django_database(owner_url))
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict.update(before)
