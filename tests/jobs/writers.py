"""Audited writes over a plain psycopg connection as indelible_app: for tests of sequencing, sealing and verification."""

from __future__ import annotations

import json
import random
from typing import Any

import psycopg

from indelible.kernel.audit import tokens

Connection = psycopg.Connection[Any]


def context(user_id: str = "author", action: str = "system.started", **more: Any) -> str:
    """What `audit.begin` and `audit.note` take, with a genuine token."""
    values = {
        "action": action,
        "user_id": user_id,
        "name": user_id.title(),
        "channel": "job",
        "session": "",
    } | more
    keys = ("action", "object", "record", "reason")
    parts = [*(values.get(key, "") for key in keys), values.get("outcome", "done"), values.get("rule", "")]
    return json.dumps(values | {"token": tokens.mint(user_id, values["session"], parts)})


def begin(connection: Connection, **more: Any) -> int:
    """Opens an act in the connection's transaction; its id."""
    row = connection.execute("select audit.begin(%s)", [context(**more)]).fetchone()
    assert row is not None
    return int(row[0])


def add(connection: Connection, series: str, last: int = 0) -> None:
    """Inserts one regulated row (a counter of a record series)."""
    connection.execute(
        "insert into records_counter (series, year, last) values (%s, 2026, %s) on conflict (series, year)"
        " do update set last = excluded.last",
        [series, last],
    )


def act(connection: Connection, *series: str, last: int = 0, **more: Any) -> int:
    """One committed act that writes these rows; its id."""
    with connection.transaction():
        entry = begin(connection, **more)
        for one in series:
            add(connection, one, last)
    return entry


def random_acts(url: str, seed: int, acts: int, rows: int) -> int:
    """Acts on few shared rows with random rollbacks and savepoints; how many row events should be there afterwards.

    Rows are taken in a fixed order within an act, so that two writers wait for each other instead of deadlocking.
    """
    dice, committed = random.Random(seed), 0
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(acts):
            committed += _random_act(connection, dice, rows)
    return committed


def _random_act(connection: Connection, dice: random.Random, rows: int) -> int:
    written = 0
    try:
        with connection.transaction():
            if dice.random() < 0.3:
                _spoiled(connection, dice)
            begin(connection)
            for row in sorted(dice.sample(range(rows), dice.randint(1, min(4, rows)))):
                written += _random_write(connection, dice, row)
            if dice.random() < 0.2:
                raise _Spoiled
    except _Spoiled:
        return 0
    return written


def _random_write(connection: Connection, dice: random.Random, row: int) -> int:
    """Writes one row, sometimes after the same write was taken back to a savepoint."""
    try:
        with connection.transaction():
            add(connection, f"R{row}", dice.randrange(10**9))
            if dice.random() < 0.3:
                raise _Spoiled
    except _Spoiled:
        return 0
    return 1


def _spoiled(connection: Connection, dice: random.Random) -> None:
    """An act opened inside a savepoint and taken back: its mark and its settings must go with it."""
    try:
        with connection.transaction():
            begin(connection)
            add(connection, f"S{dice.randrange(5)}")
            raise _Spoiled
    except _Spoiled:
        return


class _Spoiled(Exception):  # noqa: N818
    """What a savepoint or an act is rolled back with."""
