"""The worker: takes background work from the queue in the database, and goes on when the database comes back.

Run as `python -m indelible.jobs.worker`, or call `work()` in the main thread of a process that has called django.setup();
both end in order on SIGTERM and SIGINT, after the jobs that run now. A database that goes away is waited for here and not
by who supervises: a restart of the process would mend nothing.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

import django
import psycopg

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0
CONCURRENCY: Final = 2
POLLING: Final = 5.0
"""Seconds between two looks into the queue when no notification wakes the worker."""

log = logging.getLogger("indelible.worker")


def work() -> None:
    """Works until told to stop. Raises what is not the database's absence."""
    from procrastinate.exceptions import ConnectorException

    stop = threading.Event()
    _on_stop(stop.set)
    pause = FIRST_PAUSE
    while not stop.is_set():
        try:
            _take_jobs()
            return
        except (ConnectorException, psycopg.OperationalError) as error:
            log.warning(
                "the database is not there; trying again",
                extra={"error": type(error).__name__, "pause": pause},
            )
            _on_stop(stop.set)
        stop.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _take_jobs() -> None:
    """One life of procrastinate's worker: until told to stop, or until the database goes away."""
    from procrastinate.contrib.django import app

    from indelible.jobs import notices, tasks, timekeeping  # noqa: F401  (importing it registers the schedule)

    connector: Any = app.connector
    with app.replace_connector(connector.get_worker_connector()):
        app.run_worker(
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=POLLING,
            delete_jobs="successful",  # what a job did stands in its act, not in the queue
            install_signal_handlers=True,
        )


def _on_stop(tell: Callable[[], None]) -> None:
    """While no worker lives, its own handlers are gone; then these end the wait."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: tell())


def main() -> int:
    """Exit 0 when told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "indelible.config.settings")
    django.setup()
    work()
    return 0


if __name__ == "__main__":
    sys.exit(main())
