"""Runs the benchmarks and prints their tables: `python -m bench [--repeats N] [capture] [pages] [ledger] [signing]`; `growth` by name only."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import warnings

from bench import capture, growth, ledger, pages, scratch, signing


def main() -> int:
    """Exit 0 when everything ran; a missed target is printed as missed, it is no error."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        choices=["capture", "pages", "ledger", "signing", "growth", []],
        help="which; none means the first four",
    )
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--only", action="append", default=[], help="libraries to compare (capture)")
    parser.add_argument("--upto", type=int, default=6, help="growth: to which power of ten")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    with scratch.installation() as server:
        print(_machine())
        if not given.parts or "capture" in given.parts:
            print("\n".join(capture.report(capture.measure(server, given.repeats, only=tuple(given.only)))))
        if not given.parts or "pages" in given.parts:
            print("\n".join(["", *pages.measure(server, given.repeats)]))
        if not given.parts or "ledger" in given.parts:
            print("\n".join(["", *ledger.measure(server, given.repeats)]))
        if not given.parts or "signing" in given.parts:
            print("\n".join(["", *signing.measure(server, given.repeats)]))
        if "growth" in given.parts:
            print("\n".join(["", *growth.measure(server, given.upto)]))
    return 0


def _machine() -> str:
    load = os.getloadavg()[0]
    return f"{platform.platform()}, {os.cpu_count()} processors, load {load:.1f}, Python {platform.python_version()}\n"


if __name__ == "__main__":
    sys.exit(main())
