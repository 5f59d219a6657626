"""Every earlier value of a record's fields, in place: who put it there, when and why (URS-AUD-06)."""

from __future__ import annotations

from typing import Any

from django.db import connection

from indelible.kernel.records.differences import parsed
from indelible.kernel.records.models import Record
from indelible.kernel.records.types import Earlier


def earlier_values(record: Record) -> dict[str, list[Earlier]]:
    """For each field that ever had a value, all its values, oldest first, the present one last.

    Keys are declared paths: a part of a group stands by itself (`criterion.window`), a table as a whole. A field that
    was emptied has the value None from that revision on. One entry means: never changed since its first entry.
    """
    found: dict[str, list[Earlier]] = {}
    before: dict[str, Any] = {}
    for number, content, *act in _saved(record):
        now = _leaves(parsed(content)["fields"])
        for path in [*now, *(path for path in before if path not in now)]:
            if path not in before or path not in now or before[path] != now[path]:
                found.setdefault(path, []).append(Earlier(now.get(path), number, *act))
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


def _saved(record: Record) -> list[tuple[Any, ...]]:
    """Each revision with its bytes and its act, in one query: number, content, at, user id, name, reason."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select v.number, v.content, a.at, a.user_id, a.name, a.reason from public.records_revision as v"
            " left join audit.acts as a on a.id = v.act where v.record_id = %s order by v.number",
            [record.pk],
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
