"""Machine credentials as pages show them."""

from __future__ import annotations

from typing import Any

from indelible.kernel.access import queries
from indelible.kernel.access.types import OPERATIONS
from indelible.kernel.audit.queries import clock
from indelible.kernel.workflow import processes
from indelible.web.access import DoorRequest


def views(request: DoorRequest, user_id: str = "") -> dict[str, Any]:
    """A person's machine credentials in words, and what one may be allowed."""
    now, titles = clock(), {process.code: process.title for process in processes.in_force()}
    return {
        "machines": [
            {
                "one": one,
                "over": queries.why_over(one, now),
                "processes": ", ".join(titles.get(code, code) for code in one.processes),
                "operations": ", ".join(
                    t.lower() for code, t in OPERATIONS.items() if code in one.operations
                ),
            }
            for one in queries.machines(request.actor, user_id)
        ],
        "machine_processes": titles,
        "machine_operations": OPERATIONS,
        "machine_chosen": {name: request.POST.getlist(name) for name in ("processes", "operations")},
    }
