"""How page times grow from 1,000 to 100,000 records: both databases on one server, read in turn, median of the repeats."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from bench import scratch

if TYPE_CHECKING:
    from indelible.home.postgres import Server

SIZES: Final = (1_000, 100_000)
READS: Final = 5
"""Reads of one page in one repeat."""
MOST_GROWTH: Final = 1.3
MOST_QUERIES: Final = 12
PATHS: Final[Mapping[str, str]] = {
    "record page": "/records/DEV-2026-00001",
    "list page": "/processes/deviation",
    "list page, one state": "/processes/deviation?state=draft",
    "search page, common word": "/search?q=finding",
    "search page, one in ten": "/search?q=autoclave",
    "search page, one record": "/search?q=DEV-2025-000777",
    "search page, rare word": "/search?q=previous+hopper+line+6",
    "record, API": "/api/v1/records/DEV-2026-00001",
    "list, API": "/api/v1/records?process=deviation",
    "search, API": "/api/v1/records?q=gasket",
    "audit trail of the record": "/records/DEV-2026-00001/audit-trail",
    "audit trail": "/audit-trail",
}

Reads = dict[tuple[str, int], list[float]]


@contextmanager
def _reader(server: Server, size: int) -> Iterator[subprocess.Popen[str]]:
    name = f"bench_pages_{size}"
    scratch.database(server, name, installed=True)
    settings = {
        "DJANGO_SETTINGS_MODULE": "indelible.config.settings",
        "INDELIBLE_DATABASE_URL": server.url("app", name),
        "INDELIBLE_LOG_LEVEL": "ERROR",
    }
    superuser = {"BENCH_SUPERUSER_URL": server.url("superuser", name)}
    grown = scratch.run(["-m", "bench.grow", str(size)], {**settings, **superuser})
    started = subprocess.Popen(
        [sys.executable, "-m", "bench.reader"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=scratch.ROOT,
        env=scratch.environment(settings),
    )
    try:
        _tell(started, grown.split()[0])
        yield started
    finally:
        started.kill()
        started.wait()


def _tell(process: subprocess.Popen[str], line: str) -> None:
    if process.stdin is None:
        raise RuntimeError("a benchmark process has no pipe")
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _ask(process: subprocess.Popen[str], path: str) -> dict[str, Any]:
    _tell(process, json.dumps({"path": path, "n": READS}))
    if process.stdout is None or not (line := process.stdout.readline()):
        raise RuntimeError("a benchmark process ended by itself")
    answer: dict[str, Any] = json.loads(line)
    if answer["status"] != 200:
        raise RuntimeError(f"{path} answered {answer['status']}")
    return answer


def measure(server: Server, repeats: int) -> list[str]:
    """The table in Markdown and each target with what was reached."""
    found: Reads = {}
    queries: dict[str, int] = {}
    with ExitStack() as stack:
        readers = {size: stack.enter_context(_reader(server, size)) for size in SIZES}
        for repeat in range(repeats + 1):
            for name, path in PATHS.items():
                for size in random.sample(SIZES, len(SIZES)):
                    answer = _ask(readers[size], path)
                    if repeat:  # the first round warms up: declarations are read once a process
                        queries[name] = max(queries.get(name, 0), answer["queries"])
                        found.setdefault((name, size), []).append(statistics.median(answer["seconds"]) * 1e3)
    return _report(found, queries)


def _report(found: Reads, queries: Mapping[str, int]) -> list[str]:
    small, large = SIZES
    lines = [f"| what | ms at {small:,} | ms at {large:,} | growth | queries |", "|---|---|---|---|---|"]
    missed = []
    for name in PATHS:
        few, many = found[name, small], found[name, large]
        growth = statistics.median(b / a for a, b in zip(few, many, strict=True))
        lines.append(
            f"| {name} | {statistics.median(few):.1f} | {statistics.median(many):.1f} | {growth:.2f}x | {queries[name]} |"
        )
        if growth > MOST_GROWTH:
            missed.append(f"{name} {growth:.2f}x")
    lines += [
        "",
        f"- growth at most {MOST_GROWTH}x: {'MISSED by ' + ', '.join(missed) if missed else 'kept by all'}",
    ]
    word = "kept" if queries["record page"] <= MOST_QUERIES else "MISSED"
    return [*lines, f"- record page in at most {MOST_QUERIES} queries: {queries['record page']}: {word}"]
