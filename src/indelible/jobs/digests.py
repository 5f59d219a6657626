"""State digests: once a day the ledger is told what every regulated table holds (ledger.md 3.4).

In the sealer's process, because its login alone may tell the ledger of itself; beside it, in a thread and a connection of its own,
because reading every row must not keep what is new from being sealed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

import psycopg

EVERY: Final = 86_400.0
"""Seconds between two digests."""
LOOK_EVERY: Final = 60.0
"""Seconds between two looks whether one is due."""

log = logging.getLogger("indelible.digests")


def digest_tables(connection: psycopg.Connection[Any]) -> None:
    """What every regulated table holds at this moment, as an entry; the connection is indelible_seal's, in autocommit."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("select audit.testify('digest', audit.state_digest())")


def is_due(connection: psycopg.Connection[Any]) -> bool:
    """Whether the newest digest is older than a day, or there is none."""
    row = connection.execute(_DUE, [EVERY]).fetchone()
    return bool(row and row[0])


def serve(connect: Callable[[], psycopg.Connection[Any]], stop: threading.Event) -> None:
    """Digests when it is due, until `stop` is set; a database that is away is waited for."""
    while not stop.wait(LOOK_EVERY / 60):
        try:
            with connect() as connection:
                if is_due(connection):
                    digest_tables(connection)
        except psycopg.Error as error:
            log.warning("no digest of the tables: %s", type(error).__name__)
        if stop.wait(LOOK_EVERY):
            return


_DUE: Final = """
    select not exists(select from audit.event where kind = 'digest' and at > audit.clock() - make_interval(secs => %s))
"""
