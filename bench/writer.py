"""One benchmark process: writes when told to by a line on its input, answers with what it took and what was recorded.

Commands, one JSON object a line: {"what": create|update|bulk|writers, "n": int, "sync": "on"|"off"}. The answer has
`seconds` by the clock, `busy` (processor seconds of this process and its database backend together, which other work
on the machine hardly moves; null for writers) and `recorded` (changes that the library kept of the n that were made).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import F  # noqa: E402

from bench.toy.models import Record, values  # noqa: E402

STOCK: Final = 1_000
"""Rows that are there before anything is timed; updates go to them."""
WHY: Final = "Lot number corrected after the label check"
_KEPT: Final = {
    "none": "select 0",
    "indelible": "select count(*) from audit.events where tbl = 'toy_record'",
    "simple-history": "select count(*) from toy_historicalrecord",
    "auditlog": "select count(*) from auditlog_logentry",
    "pghistory": "select count(*) from toy_recordevent",
}


def _transaction_of() -> Callable[[], AbstractContextManager[Any]]:
    """How this library's user opens a transaction that says who and why, as far as the library can."""
    if settings.BENCH_VARIANT == "indelible":
        from indelible.kernel.audit import actions
        from indelible.kernel.audit.types import Action, Actor

        actor = Actor(user_id="ana", name="Ana Author", session="s1", source="127.0.0.1", sites=("*",))
        action = Action("bench.write", "Written by the benchmark", reason="optional")
        return lambda: actions.act(actor, action, record="BENCH-2026-00001", reason=WHY)
    if settings.BENCH_VARIANT == "pghistory":
        return _pghistory
    return transaction.atomic


@contextmanager
def _pghistory() -> Iterator[None]:
    import pghistory

    with pghistory.context(user="ana", reason=WHY), transaction.atomic():
        yield


_open: Final = _transaction_of()


def create(first: int, n: int) -> None:
    """One transaction a row."""
    for index in range(first, first + n):
        with _open():
            Record.objects.create(**values(index))


def update(first: int, n: int) -> None:
    """One transaction a row: read with a lock, change three columns, save, like PATCH does."""
    for step in range(n):
        with _open():
            record = Record.objects.select_for_update().get(pk=1 + (first + step) % STOCK)
            record.state = "investigation" if record.state == "draft" else "draft"
            record.amount += Decimal("0.10")
            record.content = {**record.content, "window": record.content["window"] + 1}
            record.save()


def bulk(first: int, n: int) -> None:
    """One statement over n rows."""
    with _open():
        Record.objects.filter(pk__lte=n).update(state=f"bulk {first}", amount=F("amount") + 1)


def _writer(index: int, n: int, sync: str, ready: Any, go: Any) -> None:
    connection.close()
    connection.connect()
    _commit(sync)
    update(index * 100, 5)
    ready.release()
    go.wait()
    update(index * 100, n)
    connection.close()


def writers(n: int, sync: str, count: int) -> float:
    """Seconds in which `count` processes make n updates each, every one on rows of its own."""
    connection.close()
    fork = multiprocessing.get_context("fork")
    ready, go = fork.Semaphore(0), fork.Event()
    crew = [fork.Process(target=_writer, args=(i, n, sync, ready, go)) for i in range(count)]
    for one in crew:
        one.start()
    for _ in crew:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    for one in crew:
        one.join()
    took = time.perf_counter() - began
    if any(one.exitcode for one in crew):
        raise RuntimeError("a writer failed")
    return took


def _commit(sync: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"set synchronous_commit = {sync}")


def _recorded() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_KEPT[settings.BENCH_VARIANT])
        return int(cursor.fetchone()[0])


def _busy() -> float:
    """Processor seconds so far, ours and our backend's."""
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]
    return time.process_time() + int(backend) / 1e9


def _obey(command: dict[str, Any], done: int) -> dict[str, Any]:
    what, n, sync = command["what"], command["n"], command["sync"]
    _commit(sync)
    before = _recorded()
    if what == "writers":
        return {"seconds": writers(n, sync, command["count"]), "busy": None, "recorded": _recorded() - before}
    work = {"create": create, "update": update, "bulk": bulk}[what]
    began, busy = time.perf_counter(), _busy()
    work(done, n)
    took, busy = time.perf_counter() - began, _busy() - busy
    return {"seconds": took, "busy": busy, "recorded": _recorded() - before}


def main() -> int:
    """Makes the stock, says it is ready, then obeys line by line."""
    create(0, STOCK)
    done = STOCK
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(_obey(command, done)), flush=True)
        done += command["n"]
    return 0


if __name__ == "__main__":
    sys.exit(main())
