"""What the clock does: each task by its schedule, in acts of its own, and safe to run twice or to miss (URS-AUD-02, -13)."""

from __future__ import annotations

import logging
from typing import Final

from procrastinate.contrib.django import app

from indelible.kernel.audit import actions as audit
from indelible.kernel.audit import events, queries
from indelible.kernel.audit.types import job
from indelible.kernel.identity.overdue import close_overdue

EVERY_MINUTE: Final = "* * * * *"
SCHEDULED_BY: Final = "installation"
"""On whose behalf the product's own schedule runs: nobody's in particular, the installation's."""
_MOST_NAMED: Final = 50
"""So many differences stand in one entry by name; the count says how many there are."""

log = logging.getLogger("indelible.jobs")


@app.periodic(cron=EVERY_MINUTE)
@app.task(name="protections", queueing_lock="protections")
def watch_protections(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """Compares the protections of the trail with those installed; an event when something is lost or comes back.

    The same difference is told once, however long it lasts. `timestamp` (seconds since 1970 UTC) is the schedule's.
    """
    missing = queries.missing_protections()
    if queries.differences_digest(missing) == queries.told_differences():
        return
    actor = job("protections", 1, on_behalf_of=SCHEDULED_BY)
    event = events.PROTECTION_LOST if missing else events.PROTECTION_RESTORED
    log.error("protections of the trail differ from those installed", extra={"differences": len(missing)})
    audit.note(
        actor,
        event,
        object="protections",
        detail={
            "differences": missing[:_MOST_NAMED],
            "count": len(missing),
            "digest": queries.differences_digest(missing),
        },
    )


@app.periodic(cron=EVERY_MINUTE)
@app.task(name="floods", queueing_lock="floods")
def count_floods(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """One entry a source and minute for the refused requests that were only counted (URS-AUD-07)."""
    if waiting := queries.floods_waiting():
        audit.count_floods(job("floods", 1, on_behalf_of=SCHEDULED_BY), waiting)


@app.periodic(cron=EVERY_MINUTE)
@app.task(name="sessions", queueing_lock="sessions")
def close_sessions(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """Ends sessions past their absolute end and locks idle ones that no request came to any more (URS-ACC-04)."""
    close_overdue(job("sessions", 1, on_behalf_of=SCHEDULED_BY))
