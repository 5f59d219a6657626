"""Whether one factor is enough, by what a company decided (URS-ACC-08); reads nothing, so that every request can ask."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from indelible.kernel.identity.types import ADMINISTRATION


def why_due(rule: Mapping[str, Any] | None, begun_by: str | None, roles: Iterable[str], source: str) -> str:
    """Why a session with one factor is not enough here and for these roles, or ""; `rule` is what was decided last, as JSON."""
    if rule is None or (begun_by or "password") != "password":
        return ""
    if rule["administrators"] and set(roles) & set(ADMINISTRATION):
        return "administrators come in with more than a password"
    if rule["networks"] and not _is_inside(source, rule["networks"]):
        return "from outside the company's networks one comes in with more than a password"
    return ""


def _is_inside(source: str, networks: Iterable[str]) -> bool:
    try:
        one = ipaddress.ip_address(source)
    except ValueError:
        return False
    return any(one in ipaddress.ip_network(each) for each in networks)
