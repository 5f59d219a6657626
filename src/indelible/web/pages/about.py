"""What this installation is, exactly, and what nobody has proven about it yet; and whether it is alive."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import django
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from indelible.kernel.audit import queries as audit
from indelible.kernel.audit import timekeeping
from indelible.kernel.signatures.types import SIGNING_KINDS
from indelible.kernel.workflow import processes
from indelible.web import shell
from indelible.web.access import DoorRequest, open_to

DRIFT_ALLOWED: Final = 60.0
"""Seconds between the database's clock and this machine's above which the service is not ready (URS-TIM-02)."""


@open_to("signed in")
@require_GET
def show(request: DoorRequest) -> HttpResponse:
    """Software, configuration, state of the trail; no validated state recorded, and why."""
    running = processes.in_force()
    checkpoint = audit.last_checkpoint()
    context = {
        **shell.alarm(request.actor),
        "processes": running,
        "configuration": configuration_digest((p.code, p.version, p.fingerprint) for p in running),
        "python": platform.python_version(),
        "django": django.get_version(),
        "checkpoint": checkpoint,
        "root": checkpoint.root.hex() if checkpoint else "",
        "powers": audit.may_alter_trail(),
        "differences": audit.missing_protections(),
        "now": audit.clock(),
        "time": timekeeping.standing(),
        "signing_kinds": SIGNING_KINDS,
    }
    return shell.page(request, "about/show.html", context)


def configuration_digest(running: Iterable[tuple[str, int, str]]) -> str:
    """SHA-256 over code, version and fingerprint of every process in force, a line each, by code."""
    lines = sorted(f"{code} {version} {fingerprint}\n" for code, version, fingerprint in running)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@open_to("everyone")
@require_GET
def healthz(_request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. Discloses nothing else."""
    return HttpResponse("alive\n", content_type="text/plain")


@open_to("everyone")
@require_GET
def readyz(_request: HttpRequest) -> HttpResponse:
    """Ready: the database answers, its protections stand, what is written gets sealed, its clock agrees with ours.

    Discloses nothing else.
    """
    try:
        drift = abs((datetime.now(UTC) - audit.clock()).total_seconds())
        ready = audit.is_protected() and drift < DRIFT_ALLOWED and not audit.is_sealing_late()
    except DatabaseError:
        ready = False
    return HttpResponse(
        "ready\n" if ready else "not ready\n", status=200 if ready else 503, content_type="text/plain"
    )
