"""What an act changed, old and new: made anew from the contents of revisions and the images of rows in its entries."""

import json
import re
from difflib import SequenceMatcher

from verify.facts import is_same
from verify.records import image, is_elsewhere, ordered

UNKNOWN = object()
"""A value that no entry here tells: the name of a site, say, of which a row holds the key alone."""
NUMBER = {"value", "unit"}


def of_contents(old, new):
    """[(path, old, new)] between two contents {"attachments", "fields"}, down to group part and cell of a table."""
    before, after = ordered(old.get("fields", {})), ordered(new.get("fields", {}))
    found = []
    for name in _names(before, after):
        found.extend(_differing(name, before.get(name), after.get(name)))
    was, now = old.get("attachments", []), new.get("attachments", [])
    found.extend(("attachments", _file(one), None) for one in was if one not in now)
    found.extend(("attachments", None, _file(one)) for one in now if one not in was)
    return found


def _names(before, after):
    return [*before, *(name for name in after if name not in before)]


def _file(one):
    return "%s (SHA-256 %s)" % (one["name"], one["sha256"])


def _differing(path, old, new):
    if is_same(old, new):
        return
    if _both(_is_group, old, new):
        before, after = old or {}, new or {}
        for name in _names(before, after):
            yield from _differing("%s.%s" % (path, name), before.get(name), after.get(name))
    elif _both(_is_table, old, new):
        yield from _rows(path, old or [], new or [])
    else:
        yield path, old, new


def _both(shape, old, new):
    return (shape(old) or old is None) and (shape(new) or new is None)


def _is_group(value):
    return isinstance(value, dict) and not set(value) <= NUMBER


def _is_table(value):
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _rows(path, old, new):
    """Rows that stayed are matched first, as the trail does it: one row put in front does not make all others differ."""
    was, now = ([json.dumps(row, sort_keys=True) for row in rows] for rows in (old, new))
    for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        for step in range(0 if kind == "equal" else max(b - a, d - c)):
            before = old[a + step] if a + step < b else {}
            after = new[c + step] if c + step < d else {}
            at = (c if c + step < d else a) + step
            for name in _names(before, after):
                yield from _differing("%s[%d].%s" % (path, at + 1, name), before.get(name), after.get(name))


# ----------------------------------------------------------------- rows

TOLD_OTHERWISE = ("records_revision",)
SILENT = {
    "records_record": {
        "values", "title", "revision", "digest", "fingerprint", "created_at", "updated_at", "state_entered_at"
    }
}  # fmt: skip
SILENT_WHEN_MADE = {
    "signatures_signature": {
        "manifest", "position", "period_id", "revision_id", "person_id", "record_id", "signed_at"
    }
}  # fmt: skip
DERIVED = re.compile(r"(id|act|skeleton|.+_skeleton|.+_key)")
NAMED = {
    "records_record": ("owner_id", "site_id", "legal_entity_id"),
    "signatures_signature": ("record_id", "person_id"),
}
"""Columns that hold the key of a row which the trail calls by its name."""


def of_row(entry, facts):
    """[(field, old, new)] of one row's entry as the trail tells it; empty where it says nothing or its image lies elsewhere."""
    table, old, new = entry.get("table"), entry.get("old") or {}, entry.get("new") or {}
    if is_elsewhere(old) or is_elsewhere(new):
        return []
    if table == "records_link":
        return [("link", None, _target(entry, facts))]
    if table == "records_link_end":
        made = facts.of_row("records_link", new.get("link_id"))
        target = _target(made[0], facts) if made else UNKNOWN
        words = UNKNOWN if target is UNKNOWN else "%s: %s" % (_words(image(made[0])["kind"]), target)
        return [("link", words, None)]
    if table == "records_attachment" and new:
        return [("file", None, "%s (%s bytes, SHA-256 %s)" % (new["name"], new["size"], new["sha256"]))]
    return _of_columns(table, entry.get("op"), old, new, facts)


def _target(link, facts):
    told = image(link)
    found = facts.numbers.get(str(told.get("target_id"))) or facts.other_end(link, told.get("source_id"))
    return UNKNOWN if found is None else found


def _of_columns(table, op, old, new, facts):
    silent = SILENT.get(table, set()) | (SILENT_WHEN_MADE.get(table, set()) if op == "I" else set())
    noun, found = table.partition("_")[2] or table, []
    for column in {**old, **new}:
        if column in silent or DERIVED.fullmatch(column) or not _differs(column, op, old, new):
            continue
        name = column[: -len("_id")] if column in NAMED.get(table, ()) else column
        field = name if table == "records_record" else "%s.%s" % (noun, name)
        was, now = old.get(column), new.get(column)
        if _is_secret(was) or _is_secret(now):
            was = None if was is None else "(not shown)"
            now = None if now is None else "changed (not shown)"
        found.append((field, _named(table, column, was, facts), _named(table, column, now, facts)))
    return found or ([] if op == "U" else [(noun, None, "added")])


def _differs(column, op, old, new):
    if op == "I" and (column == "at" or column.endswith("_at")):
        return False
    return not is_same(old.get(column), new.get(column)) and (
        op == "U" or {**old, **new}[column] not in (None, "")
    )


def _named(table, column, value, facts):
    if value is None or column not in NAMED.get(table, ()):
        return value
    if column in ("owner_id", "person_id"):
        return facts.people.get(value) or UNKNOWN
    return facts.numbers.get(str(value), UNKNOWN) if column == "record_id" else UNKNOWN


def _is_secret(value):
    return isinstance(value, dict) and set(value) in ({"hmac"}, {"sha256", "len"})


def _words(name):
    told = name.replace("_", " ")
    return told[:1].upper() + told[1:]
