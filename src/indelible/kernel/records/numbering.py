"""Numbers of records, `CAPA-2026-00042`: one locked counter row a series and UTC year, no gaps but after a restore, none twice."""

from __future__ import annotations

from django.db import connection

from indelible.kernel.audit.actions import Act

# What the counter starts above when its row is not there: the highest number any record or act ever bore.
_HIGHEST = """
    select coalesce(max(substr(n, length(%(stem)s) + 1)::bigint), 0) from (
        select number as n from public.records_record where number like %(like)s
        union all select record from audit.acts where record like %(like)s and outcome = 'done'
        union all select %(stem)s || audit.highest_lost(rtrim(%(stem)s, '-'))
    ) as borne where substr(n, length(%(stem)s) + 1) ~ '^[0-9]{1,9}$'
"""


def draw(act: Act, series: str, year: int) -> str:
    """The next number of a series in a year; its row stays locked to the end of the act, so a rollback leaves no gap.

    Above what a lost part of the trail bore, as soon as the sealer has told of it (URS-BCK-02, decision 0012).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "update public.records_counter set last = greatest(last, audit.highest_lost(%s)) + 1"
            " where series = %s and year = %s returning last",
            [f"{series}-{year}", series, year],
        )
        row = cursor.fetchone()
    last = row[0] if row else _raise(series, year, highest(series, year) + 1, step=1)
    act.name(record=f"{series}-{year}-{last:05d}")
    return f"{series}-{year}-{last:05d}"


def highest(series: str, year: int) -> int:
    """The highest number of this series and year that a record or an entry of the trail bears or bore; 0 for none."""
    stem = f"{series}-{year}-"
    like = stem.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%") + "%"
    with connection.cursor() as cursor:
        cursor.execute(_HIGHEST, {"stem": stem, "like": like})
        return int(cursor.fetchone()[0])


def continue_above(act: Act, series: str, year: int, last: int) -> int:
    """Lets a series go on above `last`, found in the ledger after a restore; never lowers it. The counter's value.

    The act is not read; it is asked for because the write needs one.
    """
    assert act.id
    return _raise(series, year, last, step=0)


def _raise(series: str, year: int, to: int, *, step: int) -> int:
    """Two acts may find no row at once: the second waits here for the first and then counts on from it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into public.records_counter as c (series, year, last) values (%s, %s, %s)"
            " on conflict (series, year) do update set last = greatest(c.last + %s, excluded.last) returning last",
            [series, year, to, step],
        )
        return int(cursor.fetchone()[0])
