"""records.csv and audit-trail.csv against the copies of the records: cell by cell, as a spreadsheet would show them."""

import csv
import io

from verify.container import MOST_WHOLE
from verify.faults import Fault

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
OF_RECORD = ("number", "process", "title", "state", "revision", "digest", "site", "created_at", "updated_at", "owner id", "owner")  # fmt: skip
OF_TRAIL = (
    "seq", "at (UTC)", "user id", "name", "role", "action", "object", "record", "field", "label", "old", "new", "reason",
    "channel", "source", "outcome", "rule",
)  # fmt: skip
"""The columns that every version has had; those that came later are checked where they are."""


def lines_of(box, name, columns):
    """[{column: cell}] of a table; Fault where it is none, or lacks one of these columns."""
    csv.field_size_limit(MOST_WHOLE)
    text = box.text(name)
    try:
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))
    except csv.Error:
        raise Fault("%s is not a table that this program can read." % name) from None
    heads = rows[0] if rows else []
    if set(columns) - set(heads) or len(set(heads)) != len(heads):
        raise Fault("%s lacks a column, or has one twice." % name)
    if any(len(row) != len(heads) for row in rows):
        raise Fault("%s has a line that is longer or shorter than its heading." % name)
    return [dict(zip(heads, row)) for row in rows[1:]]


def check_records(box, copies, rest):
    """Sentences: each cell of records.csv that is not what the record's copy says."""
    lines = lines_of(box, "records.csv", OF_RECORD)
    if len(lines) != len(copies):
        yield "records.csv has %d lines for %d records." % (len(lines), len(copies))
    for line, copy in zip(lines, copies):
        record, said = copy["record"], {}
        for head in line:
            said[head] = record.get(head)
        said["owner id"], said["owner"] = record["owner"], copy["people"].get(record["owner"])
        for head in set(line) - set(OF_RECORD):
            field = head.rpartition("(")[2].rstrip(")")
            said[head] = plain(record["fields"][field]) if field in record["fields"] else ""
        yield from _differing("records.csv", record["number"], line, said)
    rest.part("records.csv", "the labels in its heading")


def check_trail(box, copies, rest):
    """Sentences: each cell of audit-trail.csv that is not what the trails in the copies say."""
    lines = lines_of(box, "audit-trail.csv", OF_TRAIL)
    items = {item["seq"]: item for copy in copies for item in copy["audit_trail"]}
    said = [told for seq in sorted(items) for told in _trail_lines(items[seq])]
    if len(lines) != len(said):
        yield "audit-trail.csv has %d lines, the trails of the records make %d." % (len(lines), len(said))
    for line, told in zip(lines, said):
        yield from _differing("audit-trail.csv", "line of entry %s" % told["seq"], line, told)
    unknown = sorted(set(lines[0]) - set(said[0])) if lines and said else []
    if unknown:
        rest.part("audit-trail.csv", *unknown)


def _trail_lines(item):
    person = item["person"]
    for change in item["changes"] or [{}]:
        yield {
            "seq": item["seq"], "at (UTC)": item["at"], "time in doubt": "yes" if item.get("time_doubtful") else "",
            "user id": person["user_id"], "name": person["name"], "role": person.get("role"),
            "for": item.get("on_behalf_of"), "action": item.get("title") or item["action"], "object": item["object"],
            "record": item["record"], "field": change.get("field"), "label": change.get("label"),
            "old": plain(change["old"]) if "old" in change else "",
            "new": plain(change["new"]) if "new" in change else "",
            "reason": item["reason"], "channel": item.get("channel"), "source": item["source"],
            "terminal": item.get("terminal"), "outcome": item["outcome"], "rule": item["rule"],
        }  # fmt: skip


def _differing(name, where, line, said):
    for head, told in line.items():
        if head in said and told != cell(said[head]):
            yield "%s, %s: its “%s” is not what the copy of the record says." % (name, where, head)


def cell(value):
    """A value as the tables write it: an apostrophe stands before what a spreadsheet would run."""
    text = "" if value is None else str(value)
    return "'" + text if text.lstrip(" ").startswith(RUNS) else text


def plain(value):
    """A value in words: codes and decimals as they were recorded."""
    if value is None or value == "" or value == [] or value == {}:
        return "(empty)"
    if isinstance(value, dict) and set(value) <= {"value", "unit"}:
        return ("%s %s" % (value.get("value", ""), value.get("unit") or "")).strip()
    if isinstance(value, dict):
        return "; ".join("%s: %s" % (key, plain(part)) for key, part in value.items())
    return "\n".join(plain(part) for part in value) if isinstance(value, list) else str(value)
