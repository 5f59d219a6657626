"""Every earlier value of a record's fields, in place: who put it there, when and why (URS-AUD-06)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from indelible.kernel.records.differences import parsed
from indelible.kernel.records.models import Record, Revision
from indelible.kernel.records.types import Earlier


def earlier_values(record: Record) -> dict[str, list[Earlier]]:
    """For each field that ever had a value, all its values, oldest first, the present one last.

    Keys are declared paths: a part of a group stands by itself (`criterion.window`), a table as a whole. A field that
    was emptied has the value None from that revision on. One entry means: never changed since its first entry.
    """
    saved = list(Revision.objects.filter(record=record).order_by("number"))
    told = _acts(revision.act for revision in saved)
    found: dict[str, list[Earlier]] = {}
    before: dict[str, Any] = {}
    for revision in saved:
        now = _leaves(parsed(revision.content)["fields"])
        for path in [*now, *(path for path in before if path not in now)]:
            if path not in before or path not in now or before[path] != now[path]:
                at, user_id, name, reason = told[revision.act]
                entry = Earlier(now.get(path), revision.number, at, user_id, name, reason)
                found.setdefault(path, []).append(entry)
        before = now
    return found


def _leaves(fields: dict[str, Any]) -> dict[str, Any]:
    """Groups opened into their parts; numbers with units, lists and tables stay whole."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict) and not set(value) <= {"value", "unit"}:
            found |= {f"{name}.{part}": v for part, v in value.items()}
        else:
            found[name] = value
    return found


def _acts(ids: Iterable[int]) -> dict[int, tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, at, user_id, name, reason from audit.acts where id = any(%s)", [list(set(ids))]
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}
