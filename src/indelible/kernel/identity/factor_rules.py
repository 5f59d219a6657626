"""Whether one factor is enough, by what a company decided (URS-ACC-08); reads nothing, so that every request can ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from indelible.kernel.identity.networks import is_inside
from indelible.kernel.identity.types import ADMINISTRATION


def why_due(rule: Mapping[str, Any] | None, begun_by: str | None, roles: Iterable[str], source: str) -> str:
    """Why a session with one factor is not enough here and for these roles, or ""; `rule` is what was decided last, as JSON."""
    if rule is None or (begun_by or "password") != "password":
        return ""
    if rule["administrators"] and set(roles) & set(ADMINISTRATION):
        return "administrators come in with more than a password"
    if rule["networks"] and not is_inside(source, rule["networks"]):
        return "from outside the company's networks one comes in with more than a password"
    return ""
