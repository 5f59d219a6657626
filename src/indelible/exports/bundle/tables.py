"""The records of a bundle as a table for any spreadsheet: one line a record, one column a field."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from indelible.exports.table import BYTE_ORDER_MARK, cell, trail_table
from indelible.exports.values import plain

_COLUMNS = ("number", "process", "title", "state", "revision", "digest", "site", "created_at", "updated_at")


def records_table(copies: Sequence[Mapping[str, Any]]) -> bytes:
    """records.csv: RFC 4180 in UTF-8; a field's column is headed by its label and name."""
    fields = {field["name"]: field["label"] for copy in copies for field in copy["fields"]}
    heads = [*_COLUMNS, "owner id", "owner", *(f"{label} ({name})" for name, label in fields.items())]
    lines = [_line(heads), *(_line(_cells(copy, list(fields))) for copy in copies)]
    return (BYTE_ORDER_MARK + "".join(lines)).encode()


def _cells(copy: Mapping[str, Any], fields: Sequence[str]) -> list[Any]:
    record = copy["record"]
    owner, values = record["owner"], record["fields"]
    told = [plain(values[name]) if name in values else "" for name in fields]
    return [*(record.get(name) for name in _COLUMNS), owner, copy["people"].get(owner), *told]


def _line(values: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([cell(value) for value in values])
    return line.getvalue()


def whole_trail_table(copies: Sequence[Mapping[str, Any]]) -> bytes:
    """audit-trail.csv of all records together, in the ledger's order, an act about two of them once."""
    items = {item["seq"]: item for copy in copies for item in copy["audit_trail"]}
    return "".join(trail_table(items[seq] for seq in sorted(items))).encode()
