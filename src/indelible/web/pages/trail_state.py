"""The state of the audit trail in words: sealed up to where, verified when, what was found and who has settled it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from indelible.kernel.audit import attestation, findings
from indelible.kernel.audit import queries as audit
from indelible.kernel.audit.findings import Told, ToldFinding
from indelible.kernel.audit.types import Actor
from indelible.kernel.workflow import processes
from indelible.kernel.workflow.declaration import Declaration
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to
from indelible.web.forms import PREFIX

CHAIN: Final = 6
"""Checkpoints drawn."""
WHOLE_WITHIN: Final = timedelta(hours=36)
"""A verification of everything runs every night; after so long one has been missed."""


@open_to("signed in")
@require_GET
def show(request: DoorRequest) -> HttpResponse:
    """What stands between the trail and whoever would rewrite it, and when it was looked at last (URS-VAL-09)."""
    now, newest = audit.clock(), audit.newest_act()
    whole, last = findings.told(whole=True), findings.told()
    context: dict[str, Any] = {
        "now": now,
        "chain": audit.last_checkpoints(CHAIN),
        "newest": newest,
        "vouching": audit.vouching(),
        "broken": audit.broken(),
        "late": audit.is_sealing_late(),
        "differences": audit.missing_protections(),
        "remembered": attestation.newest(connection),
        "whole": whole,
        "last": last,
        "missed": _missed(whole, now),
        "found": _with_ways(request.actor, last),
        "more": len(last.ids) - len(last.findings) if last else 0,
    }
    return shell.page(request, "trail/state.html", context)


def _missed(whole: Told | None, now: datetime) -> bool:
    return whole is None or now - whole.at > WHOLE_WITHIN


def _with_ways(actor: Actor, last: Told | None) -> list[dict[str, Any]]:
    """Each open finding with the address at which this person may open the record that settles it; empty for who may not."""
    declared = processes.disposing(actor) if last and last.findings else None
    return [
        {"finding": one, "way": _way(declared, one) if declared else ""}
        for one in (last.findings if last else ())
    ]


def _way(declared: Declaration, finding: ToldFinding) -> str:
    """The form of a new record with the id and the words of the finding in it already."""
    if declared.disposes is None:
        return ""
    said = {f"{PREFIX}{declared.disposes.finding}": finding.id}
    told = declared.disposes.told
    if told:
        said[f"{PREFIX}{told}"] = f"{finding.object}: {finding.sentence}"
    return f"/processes/{declared.process}/new?{urlencode(said)}"
