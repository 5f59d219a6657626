"""One installation as a command meets it: its home chosen, its database up, Django ready on the service's login."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import django
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from indelible.cli.answers import Problem
from indelible.home import configuration
from indelible.home.layout import HOME_VARIABLE, Home, find_home
from indelible.home.lock import InUse
from indelible.home.postgres import Server

SETTINGS: Final = "indelible.config.settings"
_JOIN_LIMIT: Final = 60.0
"""Seconds to wait for a service of the same home that is just starting its database."""


def choose_home(given: Path | None) -> Home:
    """The home this command and everything it starts works on."""
    if given is not None:
        os.environ[HOME_VARIABLE] = str(given.absolute())
    home = find_home()
    os.environ[HOME_VARIABLE] = str(home.root)
    return home


def existing_home(given: Path | None) -> Home:
    """The same, which `init` must have made before; raises HomeProblem else."""
    home = choose_home(given)
    home.id  # noqa: B018  (reading it raises the sentence that says what to do)
    return home


@contextmanager
def database_up(home: Home) -> Iterator[None]:
    """The database answers inside the block: a running service's, else started for it and stopped after it."""
    if not configuration.load(home).embedded:
        yield
        return
    server = Server(home)
    try:
        server.start()
    except InUse:
        _wait_for(server)
    try:
        yield
    finally:
        _close_django()
        server.stop()


def django_ready() -> None:
    """Load settings and rooms; only once the home is chosen and its database is up, since both are read here."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    os.environ.setdefault("INDELIBLE_LOG_TO", "file")
    django.setup()


@contextmanager
def opened(given: Path | None) -> Iterator[Home]:
    """Home, database and Django together, for commands that read or act."""
    home = existing_home(given)
    with database_up(home):
        django_ready()
        from indelible.kernel.identity.keys import settle

        settle()
        yield home


def owner_url(home: Home) -> str:
    """The owner's address: embedded from the keys, else INDELIBLE_DATABASE_OWNER_URL. For init, upgrade, restore."""
    if configuration.load(home).embedded:
        return Server(home).url("owner")
    url = configuration.maintenance_url(home, "database_owner_url")
    if not url:
        raise Problem(
            "Your own database needs its owner for this once: set INDELIBLE_DATABASE_OWNER_URL "
            "(or INDELIBLE_DATABASE_OWNER_URL_FILE) to the address of indelible_owner."
        )
    return url


def superuser_url(home: Home) -> str:
    """The superuser's address: embedded from the keys, else made of INDELIBLE_DATABASE_ADMIN_URL; empty without one."""
    if configuration.load(home).embedded:
        return Server(home).url("superuser")
    administrator = configuration.maintenance_url(home, "database_admin_url")
    database = conninfo_to_dict(owner_url(home)).get("dbname", "")
    return make_conninfo(administrator, dbname=database) if administrator else ""


def reachable(url: str) -> None:
    """Raises Problem when nobody answers at the address; the password stays out of the sentence."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise Problem(f"The database does not answer: {reason}") from None


def _wait_for(server: Server) -> None:
    end = time.monotonic() + _JOIN_LIMIT
    while not server.is_running():
        if time.monotonic() > end:
            raise Problem("Another command of this home is busy with the database. Try again in a minute.")
        time.sleep(0.1)


def _close_django() -> None:
    from django.apps import apps
    from django.db import connections

    if apps.ready:
        connections.close_all()
