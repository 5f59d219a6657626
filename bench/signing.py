"""What a signature costs beyond its password's hash, how many two processes make, and what a storm of guesses costs others."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from bench import scratch

if TYPE_CHECKING:
    from indelible.home.postgres import Server

SIGNINGS: Final = 60
READS: Final = 120
RATE: Final = 1_000
STORM: Final = 12.0
MOST_BEYOND: Final = 0.20
MOST_SLOWER: Final = 2.0


@contextmanager
def _process(server: Server, *, stock: bool) -> Iterator[subprocess.Popen[str]]:
    settings = {
        "DJANGO_SETTINGS_MODULE": "indelible.config.settings",
        "INDELIBLE_DATABASE_URL": server.url("app", "bench_signing"),
        "INDELIBLE_LOG_LEVEL": "ERROR",
        "INDELIBLE_HOLD_SIGNED": "0",
        "BENCH_STOCK": "1" if stock else "",
    }
    started = subprocess.Popen(
        [sys.executable, "-m", "bench.signer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=scratch.ROOT,
        env=scratch.environment(settings),
    )
    try:
        if started.stdout is None or started.stdout.readline().strip() != "ready":
            raise RuntimeError("a benchmark process did not start")
        yield started
    finally:
        started.kill()
        started.wait()


def _tell(process: subprocess.Popen[str], **told: Any) -> None:
    if process.stdin is None:
        raise RuntimeError("a benchmark process has no pipe")
    process.stdin.write(json.dumps(told) + "\n")
    process.stdin.flush()


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    if process.stdout is None or not (line := process.stdout.readline()):
        raise RuntimeError("a benchmark process ended by itself")
    answer: dict[str, Any] = json.loads(line)
    return answer


def measure(server: Server, repeats: int) -> list[str]:  # noqa: ARG001  (the runs inside are many)
    """The lines in Markdown, each target with what was reached."""
    scratch.database(server, "bench_signing", installed=True)
    with ExitStack() as stack:
        first = stack.enter_context(_process(server, stock=True))
        second = stack.enter_context(_process(server, stock=False))
        return [*_cost(first), *_together(first, second), *_storm(first, second)]


def _cost(first: subprocess.Popen[str]) -> list[str]:
    _tell(first, do="sign", n=SIGNINGS)
    found = _answer(first)
    signed, hashed = statistics.median(found["signed"]), statistics.median(found["hashed"])
    edited = statistics.median(found["edited"])
    beyond = statistics.median(s / h - 1 for s, h in zip(found["signed"], found["hashed"], strict=True))
    told = "reached" if beyond <= MOST_BEYOND else "MISSED"
    return [
        f"A signed step takes {signed:.1f} ms, one Argon2id check of the same password {hashed:.1f} ms: "
        f"{beyond:.0%} beyond the hash (goal at most {MOST_BEYOND:.0%}: {told}).",
        f"An edit of such a record, which signs nothing, takes {edited:.1f} ms: so much of it is the audited write.",
    ]


def _together(first: subprocess.Popen[str], second: subprocess.Popen[str]) -> list[str]:
    for one in (first, second):
        _tell(one, do="sign", n=SIGNINGS)
    times = [sum(found["signed"]) / len(found["signed"]) for found in (_answer(first), _answer(second))]
    rate = sum(1e3 / one for one in times)
    return [f"Two processes sign {rate:.1f} times a second, drafting and hashing beside it not counted."]


def _storm(first: subprocess.Popen[str], second: subprocess.Popen[str]) -> list[str]:
    _tell(first, do="read", n=READS)
    calm = statistics.median(_answer(first)["read"])
    _tell(second, do="guess", seconds=STORM, rate=RATE)
    _tell(first, do="read", n=READS)
    stormy = statistics.median(_answer(first)["read"])
    rate = _answer(second)["rate"]
    enough = rate >= 0.95 * RATE
    told = (
        "MISSED" if stormy > MOST_SLOWER * calm else "reached" if enough else "reached, but at fewer a second"
    )
    return [
        f"A record's page takes {calm:.1f} ms, and {stormy:.1f} ms while {rate:.0f} sign-ins a second fail beside it: "
        f"{stormy / calm:.2f}x (goal at most {MOST_SLOWER:.0f}x at {RATE:,} a second: {told}).",
    ]
