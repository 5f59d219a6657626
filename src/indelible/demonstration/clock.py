"""Moves the demonstration's time forward; the function it calls exists only while `indelible demo` fills a database."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def advance_to(moment: datetime) -> datetime:
    """Moves on to `moment`; stays where it is when that has passed."""
    with connection.cursor() as cursor:
        cursor.execute("select audit.demo_advance(greatest(%s - audit.clock(), interval '0'))", [moment])
        now: datetime = cursor.fetchone()[0]
    return now
