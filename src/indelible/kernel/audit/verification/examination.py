"""What a check is given and what it answers: findings that name their object in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg.sql import Composed

from indelible.ledger.note import Verifier

Connection = psycopg.Connection[tuple[Any, ...]]
ROWS_AT_ONCE: Final = 5_000

_SESSION: Final = (
    "set session characteristics as transaction isolation level repeatable read, read only",
    "set timezone = 'UTC'",
    "set bytea_output = 'hex'",
    "set extra_float_digits = 1",
    "set intervalstyle = 'iso_8601'",
    "set datestyle = 'ISO, YMD'",
    "set search_path = pg_catalog, pg_temp",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be: the check that found it, its object, a plain sentence."""

    check: str
    object: str
    sentence: str

    @property
    def id(self) -> str:
        """The name of this finding for ever, 32 hexadecimal digits: the same check, object and words give the same."""
        return sha256(f"{self.check}\n{self.object}\n{self.sentence}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Table:
    """A regulated table as declared in code (not as the database says): its key, policies, whether rows
    only get added, whether they may be written under an event or a refusal."""

    name: str
    key: tuple[str, ...]
    policy: Mapping[str, str]
    append_only: bool
    noted: bool = False


@dataclass
class Examination:
    """What is examined: one snapshot of the database, the home's public keys, the sealer's folder, the files' folder.

    `tables` are the regulated tables the code declares; `advance` is told how many items are done.
    """

    connection: Connection
    origin: Verifier
    actor_keys: Sequence[Ed25519PublicKey]
    """The service's key first, then those it had before."""
    sealer_folder: Path
    files_folder: Path
    tables: Sequence[Table]
    signed_before: int = 0
    """How many entries the sealer had signed before the snapshot was taken, by its own state."""
    cosigned_before: Mapping[str, bytes] = field(default_factory=dict)
    """The checkpoint each witness had cosigned last, by the witness's name, read before the snapshot was taken."""
    advance: Callable[[int], None] = lambda _done: None
    counts: dict[str, int] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    """What is no finding and must be said all the same: above all, what cannot be known here."""

    def rows(self, sql: str | Composed, values: Any = None) -> Iterator[tuple[Any, ...]]:
        """Streams the rows of a query, so that memory stays bounded whatever the size of the trail."""
        with self.connection.cursor(name="verification") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(sql, values)
            yield from cursor

    def one(self, sql: str | Composed, values: Any = None) -> Any:
        """The single value a query gives."""
        row = self.connection.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def count(self, what: str, number: int = 1) -> None:
        """Adds to what the report says was examined."""
        self.counts[what] = self.counts.get(what, 0) + number
        self.advance(number)


@dataclass(frozen=True, slots=True)
class Check:
    """A named check: what it looks at in words, and the function that gives its findings."""

    name: str
    title: str
    run: Callable[[Examination], Iterable[Finding]]
    quick: bool = False
    """Whether it is made every quarter of an hour too: one statement over what changes, no reading of every byte."""


def prepare(connection: Connection) -> None:
    """Makes the session read-only with one snapshot and pinned ways of writing values; nothing can be changed by it."""
    for statement in _SESSION:
        connection.execute(statement)
    connection.commit()


def row_in_words(table: str, key: str, image: Mapping[str, Any] | None = None) -> str:
    """How a person would name a row: its table, its key, and what the row itself is called by."""
    called = [
        f"{column} {image[column]}"
        for column in ("number", "user_id", "code", "record_id", "name")
        if image and isinstance(image.get(column), str | int)
    ]
    return f"{table} {key}" + (f" ({', '.join(called[:2])})" if called else "")
