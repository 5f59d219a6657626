"""Machine credentials as pages show them."""

from __future__ import annotations

from typing import Any

from indelible.kernel.access import queries
from indelible.kernel.access.types import DEACTIVATE, OPERATIONS
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import queries as people
from indelible.kernel.identity.types import ADMINISTRATION
from indelible.kernel.workflow import processes
from indelible.web.access import DoorRequest

DIRECTORY = {DEACTIVATE: "Close accounts of leavers, as the company's directory"}
"""What may be allowed to somebody of administration."""


def views(request: DoorRequest, user_id: str = "") -> dict[str, Any]:
    """A person's machine credentials in words, and what one may be allowed."""
    now, titles = clock(), {process.code: process.title for process in processes.in_force()}
    known, person = OPERATIONS | DIRECTORY, people.person_of(user_id or request.actor.user_id)
    administers = set(people.roles_of([person])[person.pk]) & set(ADMINISTRATION)
    return {
        "machines": [
            {
                "one": one,
                "over": queries.why_over(one, now),
                "processes": ", ".join(titles.get(code, code) for code in one.processes),
                "operations": ", ".join(t.lower() for code, t in known.items() if code in one.operations),
            }
            for one in queries.machines(request.actor, user_id)
        ],
        "machine_processes": {} if administers else titles,
        "machine_operations": DIRECTORY if administers else OPERATIONS,
        "machine_chosen": {name: request.POST.getlist(name) for name in ("processes", "operations")},
    }
