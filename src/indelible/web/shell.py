"""What every page carries around its content: who, where to, and in which state the installation is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from indelible import __version__
from indelible.kernel.audit import findings
from indelible.kernel.audit import queries as audit
from indelible.kernel.audit.types import Actor
from indelible.kernel.identity.queries import ANSWERING
from indelible.kernel.identity.types import IDLE_LOCK, QA_APPROVER, ROLES, SECURITY_UNIT
from indelible.kernel.notices import queries as notices
from indelible.kernel.signatures import accountability
from indelible.kernel.workflow import processes
from indelible.web.access import DoorRequest

_SECURITY = {"title": "Security", "href": "/security", "icon": "shield-lock"}
PROCESS_ICONS = {0: "refresh", 1: "alert-triangle", 2: "file-text", 3: "flag"}


def role_titles(roles: tuple[str, ...]) -> str:
    """The roles of a person as words."""
    return ", ".join(ROLES[code].title if code in ROLES else code for code in roles)


def installation() -> dict[str, Any]:
    """Whether this is the demonstration company, and which protections of the trail are missing (URS-AUD-02)."""
    return {
        "is_demonstration": _is_demonstration(str(connection.settings_dict["NAME"])),
        "missing_protections": [] if audit.is_protected() else audit.missing_protections(),
        "software_version": __version__,
    }


@lru_cache(maxsize=64)
def _is_demonstration(_database: str) -> bool:
    """Said once, in the first entry of a database's life, and never taken back."""
    return audit.is_demonstration()


def alarm(actor: Actor) -> dict[str, Any]:
    """What the watch of the protections and the verification told, for those who answer for it: the security unit and
    QA (URS-AUD-02, URS-VAL-09)."""
    answers = actor.holds(SECURITY_UNIT, QA_APPROVER)
    told = audit.alarm() if answers else None
    found = findings.told() if answers else None
    return {
        "alarm": told,
        "alarm_more": told.count - len(told.differences) if told else 0,
        "open_findings": len(found.ids) if found else 0,
        "open_notices": notices.count_waiting()[0] if answers else 0,
    }


def navigation(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """The side menu: my work, the processes in force, oversight."""
    running = [
        {"title": p.title, "href": f"/processes/{p.code}", "icon": PROCESS_ICONS.get(i, "file-text")}
        for i, p in enumerate(in_force(request))
    ]
    items = [
        {"title": "My work", "href": "/", "icon": "home"},
        *([{"heading": "Processes"}, *running] if running else []),
        {"heading": "Oversight"},
        {"title": "Audit trail", "href": "/audit-trail", "icon": "history"},
        {"title": "State of the trail", "href": "/trail-state", "icon": "shield-check"},
        *([_SECURITY] if actor.holds(*ANSWERING) else []),
        {"title": "People", "href": "/people", "icon": "users"},
        {"title": "About", "href": "/about", "icon": "info-circle"},
    ]
    return [{**item, "here": _is_here(request.path, item.get("href", ""))} for item in items]


def in_force(request: HttpRequest) -> list[Any]:
    """The processes in force, read once a request."""
    if not hasattr(request, "in_force"):
        request.in_force = processes.in_force()  # type: ignore[attr-defined]
    return list(request.in_force)  # type: ignore[attr-defined]


def _is_here(path: str, href: str) -> bool:
    return path == href if href == "/" else bool(href) and (path == href or path.startswith(f"{href}/"))


def page(request: DoorRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page in its frame for the person who asked."""
    return render(request, template, {**around(request, request.actor), **context}, status=status)


def part(request: DoorRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A part of a page for HTMX: same address, same view, no frame."""
    return render(request, template, {"actor": request.actor, "zone": request.actor.zone, **context})


def around(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """The frame's own words."""
    return {
        **installation(),
        "acceptance": accountability.asked_of(actor),
        "actor": actor,
        "zone": actor.zone,
        "role_titles": role_titles(actor.roles),
        "navigation": navigation(request, actor),
        "idle_seconds": int(IDLE_LOCK.total_seconds()),
        "path": request.path,
    }


def alone(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page without a frame: nobody is let in yet."""
    return render(request, template, {**installation(), "zone": "UTC", **context}, status=status)


def is_part(request: HttpRequest) -> bool:
    """Whether HTMX asks for the part of the page that changed, and not to restore a whole page from history."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
