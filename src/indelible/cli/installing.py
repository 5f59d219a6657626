"""Bringing a database to the present version as its owner: migrations, then the audit room's installation step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.core.management import call_command
from django.db import connection, connections

from indelible import __version__
from indelible.home.postgres import django_database
from indelible.home.roles import watch_structure
from indelible.kernel.audit import installation


def install_at(owner_url: str, *, reason: str, keep_clock: bool = False, superuser_url: str = "") -> None:
    """Migrates and installs over the owner's address; Django's own connection is the owner's meanwhile.

    With a superuser's address, changes of structure are watched from now on; without, only if they were already.
    """
    with as_owner(owner_url):
        since = installation.last_entry()
    migrate_at(owner_url)
    watch = partial(watch_structure, superuser_url) if superuser_url else None
    with as_owner(owner_url):
        installation.install(
            version=__version__, reason=reason, keep_clock=keep_clock, since=since, watch=watch
        )


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
