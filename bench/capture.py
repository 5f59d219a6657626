"""What an audited write costs: no audit, this product and three libraries, interleaved in one run, median of the repeats."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bench import scratch

if TYPE_CHECKING:
    from indelible.home.postgres import Server

VARIANTS: Final = ("none", "indelible", "simple-history", "auditlog", "pghistory")
ROWS: Final[Mapping[tuple[str, str], int]] = {
    ("create", "off"): 300,
    ("update", "off"): 300,
    ("bulk", "off"): 1_000,
    ("create", "on"): 100,
    ("update", "on"): 100,
    ("bulk", "on"): 1_000,
    ("writers", "on"): 60,
}
WRITERS: Final = 8
TARGETS: Final = {"create": 1.3, "update": 1.5, "bulk": 2.0}


@dataclass
class Measured:
    """Of one library, operation and commit setting: microseconds a change for each repeat by the clock and busy on a
    processor (client and backend together), changes made and kept."""

    micros: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    made: int = 0
    kept: int = 0

    @property
    def median(self) -> float:
        """Microseconds a change."""
        return statistics.median(self.micros)


Results = dict[tuple[str, str, str], Measured]


@contextmanager
def _process(server: Server, variant: str) -> Iterator[subprocess.Popen[str]]:
    name = "bench_" + variant.replace("-", "_")
    scratch.database(server, name, installed=variant == "indelible")
    told = {"BENCH_VARIANT": variant, "DJANGO_SETTINGS_MODULE": "bench.settings"}
    scratch.run(["-m", "bench.prepare"], {**told, "BENCH_DATABASE_URL": server.url("owner", name)})
    started = subprocess.Popen(
        [sys.executable, "-m", "bench.writer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=scratch.ROOT,
        env=scratch.environment({**told, "BENCH_DATABASE_URL": server.url("app", name)}),
    )
    try:
        yield started
    finally:
        if started.stdin:
            started.stdin.close()
        started.wait(60)


def _ask(process: subprocess.Popen[str], command: Mapping[str, Any] | None) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a benchmark process has no pipes")
    if command is not None:
        process.stdin.write(json.dumps(command) + "\n")
        process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a benchmark process ended by itself")
    answer: dict[str, Any] = json.loads(line)
    return answer


def measure(server: Server, repeats: int, *, only: tuple[str, ...] = ()) -> Results:
    """Every library does every operation in every repeat, in an order drawn anew each time."""
    results: Results = {}
    chosen = [v for v in VARIANTS if not only or v in only]
    with ExitStack() as stack:
        crew = {variant: stack.enter_context(_process(server, variant)) for variant in chosen}
        for process in crew.values():
            _ask(process, None)
        for repeat in range(repeats + 1):
            for (what, sync), n in ROWS.items():
                for variant in random.sample(chosen, len(chosen)):
                    answer = _ask(crew[variant], {"what": what, "n": n, "sync": sync, "count": WRITERS})
                    if repeat:  # the first time is for caches and prepared plans
                        _keep(
                            results, (variant, what, sync), n * (WRITERS if what == "writers" else 1), answer
                        )
            print(f"repeat {repeat} of {repeats}", file=sys.stderr, flush=True)
    return results


def _keep(results: Results, key: tuple[str, str, str], made: int, answer: Mapping[str, Any]) -> None:
    found = results.setdefault(key, Measured())
    found.micros.append(answer["seconds"] / made * 1e6)
    if answer["busy"] is not None:
        found.busy.append(answer["busy"] / made * 1e6)
    found.made += made
    warm = 5 * WRITERS if key[1] == "writers" else 0
    found.kept += max(0, answer["recorded"] - warm)


def report(results: Results) -> list[str]:
    """The tables in Markdown: time, ratio to no audit, changes kept, and each target with what was reached."""
    lines = [
        "| operation | commit | library | µs a change | against no audit (quartiles) | processor µs | against no audit | kept of made |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for what, sync in ROWS:
        lines += [
            _line(what, sync, variant, results[variant, what, sync], results["none", what, sync])
            for variant in VARIANTS
            if (variant, what, sync) in results
        ]
    return [*lines, "", *_verdicts(results)]


def _line(what: str, sync: str, variant: str, found: Measured, base: Measured) -> str:
    low, middle, high = statistics.quantiles(_ratios(found.micros, base.micros), n=4)
    busy = (
        f"{statistics.median(found.busy):.0f} | {_ratio(found.busy, base.busy):.2f}x" if found.busy else " | "
    )
    return (
        f"| {what} | {sync} | {variant} | {found.median:.0f} | {middle:.2f}x ({low:.2f} to {high:.2f})"
        f" | {busy} | {found.kept} of {found.made} |"
    )


def _ratios(ours: list[float], base: list[float]) -> list[float]:
    """Repeat by repeat, since what else the machine does changes between them."""
    return [a / b for a, b in zip(ours, base, strict=True)]


def _ratio(ours: list[float], base: list[float]) -> float:
    return statistics.median(_ratios(ours, base))


def _verdicts(results: Results) -> list[str]:
    lines = []
    for what, most in TARGETS.items():
        for sync in ("on", "off"):
            ours, base = results["indelible", what, sync], results["none", what, sync]
            reached, busy = _ratio(ours.micros, base.micros), _ratio(ours.busy, base.busy)
            lines.append(
                f"- {what}, synchronous_commit {sync}: {reached:.2f}x of no audit (processor {busy:.2f}x), target {most}x:"
                f" {'kept' if reached <= most else 'MISSED'}"
            )
    share = 1 / _ratio(results["indelible", "writers", "on"].micros, results["none", "writers", "on"].micros)
    word = "kept" if share >= 0.8 else "MISSED"
    lines.append(f"- {WRITERS} writers, fsync on: {share:.0%} of the unaudited rate, target 80%: {word}")
    return lines
