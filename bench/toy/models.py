"""A record of eleven columns, about 600 bytes, watched by whichever library the settings name (bench.settings)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import models

WATCHED_BY: Final[str] = settings.BENCH_VARIANT


class Record(models.Model):
    """Like a quality record: text, dates, a decimal and a JSON column."""

    number = models.CharField(max_length=32, db_index=True)
    title = models.CharField(max_length=200)
    description = models.TextField()
    state = models.CharField(max_length=32)
    owner = models.CharField(max_length=64)
    site = models.CharField(max_length=32)
    due = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    content = models.JSONField()
    updated = models.DateTimeField()

    class Meta:
        app_label = "toy"

    if WATCHED_BY == "simple-history":
        from simple_history.models import HistoricalRecords

        history = HistoricalRecords()


if WATCHED_BY == "pghistory":
    import pghistory

    Record = pghistory.track()(Record)  # type: ignore[misc]
elif WATCHED_BY == "auditlog":
    from auditlog.registry import auditlog

    auditlog.register(Record)


def values(index: int) -> dict[str, Any]:
    """The columns of one row; about 600 bytes."""
    return {
        "number": f"BENCH-2026-{index:05d}",
        "title": f"Label mix-up on line {index % 7}, lot {index}",
        "description": "Found at the in-process check: two labels of the previous lot in the hopper. " * 3,
        "state": "draft",
        "owner": "ana",
        "site": "BASEL",
        "due": date(2026, 11, 22),
        "amount": Decimal("9.90"),
        "content": {"risk": "high", "lots": ["A1", "A2"], "window": 90, "found": "line clearance " * 8},
        "updated": datetime(2026, 11, 22, 12, 0, index % 60, tzinfo=UTC),
    }
