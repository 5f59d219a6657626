"""The printed true copy: sets an electronic copy as PDF/A-3a and PDF/UA-1 in a child process with a time limit.

The same copy gives the same bytes: its moment is the one in it, not the clock's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from indelible.exports.layout import printed

HERE: Final = Path(__file__).parent
FONTS: Final = HERE / "fonts"
STANDARDS: Final = ("a-3a", "ua-1")
TIME_LIMIT: Final = 60.0
"""Seconds for one copy: 2 000 trail entries take about 2 (stack.md, section 1)."""
MEMORY_LIMIT: Final = 3 << 30
_at_once = threading.BoundedSemaphore(2)


class CopyFailed(Exception):  # noqa: N818  (the trade's word)
    """A copy could not be made; nothing was handed out. The message is for the operator and holds no record text."""


def render(copy: Mapping[str, Any], *, time_limit: float = TIME_LIMIT) -> bytes:
    """The PDF of an electronic copy, which is attached to it as `record.json`. Raises CopyFailed."""
    at = datetime.fromisoformat(copy["copy"]["printed_at"])
    return _set(_job("record", printed(copy), copy, at), time_limit)


def render_letter(data: Mapping[str, Any], at: datetime) -> bytes:
    """The PDF of a certification letter from its words; `at` is its moment (aware). Raises CopyFailed."""
    return _set(_job("letter", data, data, at), TIME_LIMIT)


def _job(name: str, data: Mapping[str, Any], attached: Mapping[str, Any], at: datetime) -> bytes:
    """What the typesetter is told: template and data, what goes along as `NAME.json`, and the moment of the document."""
    if not any(FONTS.glob("*Regular.*")):
        raise CopyFailed("The fonts for printing are not installed; run `make vendor` and try again.")
    job = {
        "template": str(HERE / f"{name}.typ"),
        "fonts": str(FONTS),
        "data": data,
        "attachment": {"name": f"{name}.json", "text": json.dumps(attached, ensure_ascii=False, indent=1)},
        "timestamp": int(at.timestamp()),
        "standards": list(STANDARDS),
        "memory": MEMORY_LIMIT,
    }
    return json.dumps(job).encode()


def _set(job: bytes, time_limit: float) -> bytes:
    """Runs the typesetter without the service's environment: it needs no secret, so it gets none."""
    command = [sys.executable, "-I", str(HERE / "typesetter.py")]
    with _at_once:
        try:
            done = subprocess.run(  # noqa: S603  (our own file, no shell, no argument from outside)
                command,
                input=job,
                capture_output=True,
                timeout=time_limit,
                env={"LANG": "C.UTF-8"},
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            raise CopyFailed(
                f"The copy was not ready within {time_limit:g} seconds; nothing was made."
            ) from expired
    if done.returncode != 0:
        raise CopyFailed(f"The typesetter refused: {done.stderr.decode(errors='replace')[:300]}")
    return done.stdout
