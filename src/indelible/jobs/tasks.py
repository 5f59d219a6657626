"""What the clock does: each task by its schedule, in acts of its own, and safe to run twice or to miss (URS-AUD-02, -13)."""

from __future__ import annotations

import logging
from typing import Final

from django.db import connection
from procrastinate.contrib.django import app

from indelible.home.addresses import database_address
from indelible.home.layout import find_home
from indelible.jobs.verification import Report, examine
from indelible.kernel.audit import actions as audit
from indelible.kernel.audit import events, findings, queries
from indelible.kernel.audit.anchors import WAKE_CHANNEL
from indelible.kernel.audit.types import job
from indelible.kernel.identity import sources
from indelible.kernel.identity.overdue import close_overdue

EVERY_MINUTE: Final = "* * * * *"
SCHEDULED_BY: Final = "installation"
"""On whose behalf the product's own schedule runs: nobody's in particular, the installation's."""
_MOST_NAMED: Final = 50
"""So many differences stand in one entry by name; the count says how many there are."""

_MOST_IDS: Final = 1_000
EVERY_QUARTER: Final = "*/15 * * * *"
NIGHTLY: Final = "17 2 * * *"

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


@app.periodic(cron=NIGHTLY)
@app.task(name="strains", queueing_lock="strains")
def forget_strains(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """Forgets the counts of failed sign-ins that count no more (URS-ACC-07)."""
    sources.forget()


@app.task(name="time_stamp", queueing_lock="time_stamp")
def time_stamp_now() -> None:
    """Asks the time-stamp authorities for the newest checkpoint now, not at the next daily time: for whoever releases
    something that must be provable from this moment on. The anchors' process does it, which alone may keep a receipt."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, 'time stamp')", [WAKE_CHANNEL])


@app.periodic(cron=EVERY_QUARTER)
@app.task(name="verification", queueing_lock="verification")
def verify_quickly(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """The checks that need no reading of every byte; an entry only where something open was not told before.

    Such a look sees less than the nightly one, so it never takes back what was told (URS-VAL-09).
    """
    home, before = find_home(), findings.told()
    report = examine(database_address(home, "verify"), home, quick=True)
    known = before.ids if before else frozenset()
    if new := {one.id for one in report.open} - known:
        _tell(report, also=known, whole=False)
        log.error("verification found what was not told before", extra={"findings": len(new)})


@app.periodic(cron=NIGHTLY)
@app.task(name="verification_of_everything", queueing_lock="verification_of_everything")
def verify_everything(timestamp: int) -> None:  # noqa: ARG001  (procrastinate gives it)
    """Everything, every night, with an entry each time: that it was looked at is evidence, too (URS-VAL-09)."""
    home = find_home()
    report = examine(database_address(home, "verify"), home)
    _tell(report, also=frozenset(), whole=True)
    if report.open:
        log.error("verification of everything found something", extra={"findings": len(report.open)})


def _tell(report: Report, *, also: frozenset[str], whole: bool) -> None:
    """One entry of what is open. `also` are findings told before that a quick look cannot take back."""
    named = [{"id": f.id, "check": f.check, "object": f.object, "sentence": f.sentence} for f in report.open]
    ids = sorted({one.id for one in report.open} | also)
    audit.note(
        job("verification", 1, on_behalf_of=SCHEDULED_BY),
        events.TRAIL_FINDING if ids else events.TRAIL_VERIFIED,
        object="audit trail",
        detail={
            "whole": whole,
            "findings": named[:_MOST_NAMED],
            "ids": ids[:_MOST_IDS],
            "count": len(ids),
            "settled": len(report.settled),
            "size": report.size,
            "seconds": round(report.seconds, 3),
        },
    )
