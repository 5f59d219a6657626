"""Whether one factor is enough, by what a company decided (URS-ACC-08); reads nothing, so that every request can ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from indelible.kernel.identity.methods import are_several
from indelible.kernel.identity.networks import is_inside
from indelible.kernel.identity.types import ADMINISTRATION


def why_due(
    rule: Mapping[str, Any] | None,
    begun_by: str | None,
    roles: Iterable[str],
    source: str,
    said: Mapping[str, Any] | None = None,
) -> str:
    """Why a session with one factor is not enough here and for these roles, or ""; `rule` is what was decided last, as JSON.

    `said` is what the identity provider told of how it knew the person (identity.methods), where it led in.
    """
    if rule is None:
        return ""
    by_provider = (begun_by or "").startswith("provider ")
    if is_enough(rule, said) if by_provider else (begun_by or "password") != "password":
        return ""
    beside = _NOT_SAID if by_provider else ""
    if rule["administrators"] and set(roles) & set(ADMINISTRATION):
        return f"administrators come in with more than a password{beside}"
    if rule["networks"] and not is_inside(source, rule["networks"]):
        return f"from outside the company's networks one comes in with more than a password{beside}"
    return ""


def is_enough(rule: Mapping[str, Any], said: Mapping[str, Any] | None) -> bool:
    """Whether what the provider said counts as more than one factor; where it said nothing, what was decided of it counts.

    None was decided before that was asked: then silence counts on, until somebody decides (decision 0027).
    """
    several = are_several(said)
    return rule["provider_asks"] is not False if several is None else several


_NOT_SAID: Final = (
    ", and the identity provider did not say that it asked you for a second factor. Sign in there with one, or ask the "
    "security unit"
)
