"""What the verification of the trail told last: its findings and since when, as the trail itself says (URS-VAL-09)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from indelible.kernel.audit import events

JOB: Final = "job:verification"


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """One open finding as an entry tells it: its id (32 hexadecimal digits), check, object and sentence."""

    id: str
    check: str
    object: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Told:
    """The newest entry of the verification: its time (database), whether everything was examined, what is open by name (at
    most fifty), the ids of all that is open, how many entries were signed, and how many seconds it took."""

    at: datetime
    whole: bool
    findings: tuple[ToldFinding, ...]
    ids: frozenset[str]
    settled: int
    size: int
    seconds: float


def told(*, whole: bool = False) -> Told | None:
    """The last verification of any kind, or the last one of everything; None where none has been yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TOLD,
            {
                "names": [events.TRAIL_FINDING.name, events.TRAIL_VERIFIED.name],
                "job": f"{JOB}@%",
                "whole": whole,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    at, said = row
    detail: dict[str, Any] = json.loads(said) if isinstance(said, str) else said
    return Told(
        at=at,
        whole=detail["whole"],
        findings=tuple(ToldFinding(**one) for one in detail["findings"]),
        ids=frozenset(detail["ids"]),
        settled=detail["settled"],
        size=detail["size"],
        seconds=detail["seconds"],
    )


_TOLD: Final = """
    select at, detail from audit.acts
     where action = any(%(names)s) and user_id like %(job)s and (not %(whole)s or (detail ->> 'whole')::boolean)
     order by id desc limit 1
"""
