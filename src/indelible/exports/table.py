"""The audit trail as a table for any spreadsheet: RFC 4180 CSV in UTF-8, one line a changed field, nothing that runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from indelible.exports.values import plain

COLUMNS: Final = (
    "seq",
    "at (UTC)",
    "time in doubt",
    "user id",
    "name",
    "role",
    "for",
    "action",
    "object",
    "record",
    "field",
    "label",
    "old",
    "new",
    "reason",
    "channel",
    "source",
    "terminal",
    "outcome",
    "rule",
)
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that some spreadsheet takes for the start of a formula (OWASP, CSV injection)."""
BYTE_ORDER_MARK: Final = "\ufeff"


def cell(value: Any) -> str:
    """The value as text that no spreadsheet runs: an apostrophe goes before what could be a formula (URS-CPY-02)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_RUNS) else text


def trail_table(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The trail line by line; an act that changed no field has one line, one that changed five has five."""
    yield BYTE_ORDER_MARK + _line(COLUMNS)
    for item in items:
        for change in item.get("changes") or [{}]:
            yield _line(_cells(item, change))


def _cells(item: Mapping[str, Any], change: Mapping[str, Any]) -> list[Any]:
    person = item.get("person") or {}
    return [
        item.get("seq"),
        item["at"],
        "yes" if item.get("time_doubtful") else "",
        person.get("user_id"),
        person.get("name"),
        person.get("role"),
        item.get("on_behalf_of"),
        item.get("title") or item["action"],
        item.get("object"),
        item.get("record"),
        change.get("field"),
        change.get("label"),
        plain(change["old"]) if "old" in change else "",
        plain(change["new"]) if "new" in change else "",
        item.get("reason"),
        item.get("channel"),
        item.get("source"),
        item.get("terminal"),
        item.get("outcome"),
        item.get("rule"),
    ]


def _line(values: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([cell(value) for value in values])
    return line.getvalue()
