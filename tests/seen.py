"""What the suite has seen in the database: action names and refusal rules; the rest is a failure at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

actions: set[str] = set()
rules: set[str] = set()


def collect(rows: Iterable[tuple[Any, ...]]) -> None:
    """Notes the distinct (action, outcome, rule) of one database's acts."""
    for action, _outcome, rule in rows:
        actions.add(action)
        if rule:
            rules.add(rule.split(" ")[-1])
