"""What the suite has seen: actions, rules, templates, addresses; and what a whole run must have seen, or it fails.

An action counts when it stands in the trail of some test's database, written by the service's role. A rule counts when a
refusal by it was held against all tables before and after. A template counts when it was rendered, an address when it
gave a good answer. What may be missing stands in `EXEMPT` with its reason; that list may only shrink.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.base import Template

import indelible

QUERY: Final = "select distinct action, outcome, rule from audit.act where db = 'indelible_app'"
REFUSING: Final = {("DELETE", "api/v1/people/<user_id>")}
"""Addresses that exist to refuse: a refusal is their good answer."""

actions: set[str] = set()
denied: set[str] = set()
rules: set[str] = set()
templates: set[str] = set()
visits: set[tuple[str, str]] = set()

EXEMPT: Final[dict[str, str]] = {}


def collect(rows: Iterable[tuple[Any, ...]]) -> None:
    """Notes the distinct (action, outcome, rule) of one database's acts."""
    for action, _outcome, rule in rows:
        actions.add(action)
        if rule:
            denied.add(rule.split(" ")[-1])


def all_of_it() -> dict[str, list[Any]]:
    """What this process has seen, in a form that travels to the process that started it."""
    found = {"actions": actions, "denied": denied, "rules": rules, "templates": templates}
    return {name: sorted(values) for name, values in found.items()} | {
        "visits": [list(v) for v in sorted(visits)]
    }


def add(other: dict[str, list[Any]]) -> None:
    """Counts what another process of the same run has seen."""
    for values, name in (
        (actions, "actions"),
        (denied, "denied"),
        (rules, "rules"),
        (templates, "templates"),
    ):
        values.update(other[name])
    visits.update((method, route) for method, route in other["visits"])


def watch() -> None:
    """From now on every template that is drawn and every address that answers well is noted."""
    draw, answer = Template._render, BaseHandler.get_response

    def drawn(self: Template, context: Any) -> Any:
        templates.add(
            "".join((str(self.name),))
        )  # a plain text: a safe one does not travel between processes
        return draw(self, context)

    def answered(self: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        response = answer(self, request)
        if request.resolver_match is not None:
            visit = (str(request.method), request.resolver_match.route)
            if response.status_code < 400 or (visit in REFUSING and response.status_code == 403):
                visits.add(visit)
        return response

    Template._render = drawn  # type: ignore[method-assign]
    BaseHandler.get_response = answered  # type: ignore[method-assign, assignment]


def missing() -> list[str]:
    """What a whole run should have seen and did not, as `kind name` in order; exemptions left out."""
    wanted = {
        *(f"action {name}" for name in _declared_actions() - actions),
        *(f"rule {code}" for code in declared_rules() - rules),
        *(f"entry of rule {code}" for code in declared_rules(recorded=True) - denied),
        *(f"template {name}" for name in _own_templates() - templates),
        *(f"address {method} {route}" for method, route in addresses() - visits),
    }
    idle = {f"an exemption that is none any more: {name}" for name in EXEMPT.keys() - wanted}
    return sorted((wanted - EXEMPT.keys()) | idle)


def _declared_actions() -> set[str]:
    return {action.name for room in event_lists() for action in room.ACTIONS}


def declared_rules(*, recorded: bool = False) -> set[str]:
    """The codes of every room's rules; only of those that leave an entry, if wanted."""
    found = {rule for room in event_lists() for rule in room.RULES}
    return {rule.code for rule in found if rule.recorded or not recorded}


def event_lists() -> Iterator[ModuleType]:
    """The module `events` of every room, wherever it lies."""
    for module in pkgutil.walk_packages(indelible.__path__, "indelible."):
        if module.name.endswith(".events"):
            yield importlib.import_module(module.name)


def _own_templates() -> set[str]:
    folder = Path(indelible.__path__[0]) / "web" / "templates"
    return {str(path.relative_to(folder)) for path in folder.rglob("*.html")}


def addresses() -> set[tuple[str, str]]:
    """Every (method, route): each page for people as GET or POST, as its view takes, and each operation of the API."""
    from indelible.api.service import api
    from indelible.web.urls import urlpatterns

    importlib.import_module("indelible.api.urls")
    pages = {(method, str(p.pattern)) for p in urlpatterns for method in methods(p.callback)}
    calls = {
        (method, f"api/v1/{pattern.pattern}")
        for pattern in api.urls[0]
        if pattern.name != "api-root"
        for operation in operations(pattern.callback)
        for method in operation.methods
    }
    return pages | calls


def methods(view: Any) -> set[str]:
    """The methods that a page takes, as its decorator (`require_GET` and the like) holds them."""
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            held = cell.cell_contents
            if isinstance(held, list) and held and all(isinstance(m, str) and m.isupper() for m in held):
                return set(held)
        view = getattr(view, "__wrapped__", None)
    return {"GET"}


def operations(view: Any) -> list[Any]:
    """The operations of the API behind one address."""
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            held = getattr(cell.cell_contents, "operations", None)
            if held:
                return list(held)
        view = getattr(view, "__wrapped__", None)
    raise LookupError("no operations behind this address")
