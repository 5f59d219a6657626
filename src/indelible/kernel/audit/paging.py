"""Pages of a list: the cursor behind a row, and the rows that stand behind it; by keys, never by counting rows off."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from indelible.kernel.audit import events
from indelible.kernel.audit.types import Refusal

PAGE: Final = 50
PAGE_MAXIMUM: Final = 500

Row = TypeVar("Row")
Stored = TypeVar("Stored", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list and the opaque cursor of the next ones, or None at the end."""

    items: Sequence[Row]
    next: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: a name that its cursors carry, so that no other list takes them, and its columns, the last one
    unique; all falling or all rising, all not null.

    Keyset: rows that come or go meanwhile neither repeat nor hide others.
    """

    name: str
    kinds: dict[str, type]
    """Each column with the Python type of its values: `int`, `str` or `datetime` (aware)."""
    falling: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns as `order_by` takes them."""
        return tuple(f"-{column}" if self.falling else column for column in self.kinds)

    def page(self, listed: QuerySet[Stored], cursor: str, limit: int) -> Page[Stored]:
        """The rows of one page, at most 500; an empty cursor begins. Raises Refusal (400) for a foreign cursor."""
        limit = limit_of(limit)
        return self.cut(list(self.behind(listed, cursor)[: limit + 1]), limit)

    def cut(self, rows: Sequence[Stored], limit: int) -> Page[Stored]:
        """The first rows of what stands in this order; a further row says that there is a next page."""
        return Page(rows[:limit], self.cursor_of(rows[limit - 1]) if len(rows) > limit else None)

    def behind(self, listed: QuerySet[Stored], cursor: str) -> QuerySet[Stored]:
        """The list in this order from behind a cursor on. Raises Refusal (400) for a foreign cursor."""
        ordered = listed.order_by(*self.columns)
        return ordered.filter(self.after(*self._keys(cursor))) if cursor else ordered

    def cursor_of(self, row: Model) -> str:
        """The cursor behind this row."""
        keys = (getattr(row, column) for column in self.kinds)
        return cursor_of(self.name, *(key.isoformat() if isinstance(key, datetime) else key for key in keys))

    def after(self, *keys: Any) -> Q:
        """What stands behind the row with these keys."""
        beyond = "lt" if self.falling else "gt"
        found, same = Q(), Q()
        for column, key in zip(self.kinds, keys, strict=True):
            found |= same & Q(**{f"{column}__{beyond}": key})
            same &= Q(**{column: key})
        return found

    def _keys(self, cursor: str) -> list[Any]:
        kinds = [str if kind is datetime else kind for kind in self.kinds.values()]
        keys = keys_of(cursor, self.name, kinds)
        return [
            moment_of(key) if kind is datetime else key
            for key, kind in zip(keys, self.kinds.values(), strict=True)
        ]


def limit_of(asked: int) -> int:
    """How many rows a page has: as many as asked, at least one and at most 500."""
    return max(1, min(asked, PAGE_MAXIMUM))


def cursor_of(name: str, *keys: Any) -> str:
    """The opaque cursor behind the row with these sort keys."""
    said = json.dumps([name, *keys], ensure_ascii=False)
    return base64.urlsafe_b64encode(said.encode()).rstrip(b"=").decode()


def keys_of(cursor: str, name: str, kinds: Sequence[type]) -> list[Any]:
    """The sort keys in a cursor; a Refusal (400) for one that this list, so sorted, never gave out."""
    try:
        found = json.loads(
            base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        )
        if found[0] == name and [type(key) for key in found[1:]] == list(kinds) and _fits(found[1:]):
            return list(found[1:])
    except (binascii.Error, ValueError, TypeError, KeyError, IndexError, RecursionError):
        pass  # every malformed cursor gets the one answer below
    raise unknown()


def moment_of(text: str) -> datetime:
    """The instant in a cursor, in UTC; a Refusal (400) where it is none, or one that not every zone can write.

    In UTC, since PostgreSQL takes no offset of 16 hours, which Python does.
    """
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo and is_of_every_zone(at := found.astimezone(UTC)):
            return at
    except (ValueError, OverflowError):
        pass  # refused below, like every cursor that is none
    raise unknown()


def is_of_every_zone(at: datetime) -> bool:
    """Whether an instant is a date in every zone: not of the first day of year 1, nor of the last of year 9999."""
    return date.min < at.date() < date.max


def unknown() -> Refusal:
    """What a cursor is answered that the list never gave out."""
    return Refusal(events.CURSOR_UNKNOWN, "Start the list again from its first page.")


def _fits(keys: list[Any]) -> bool:
    """Whether the database takes these as numbers and text: no NUL, no half character (encoding one is a ValueError)."""
    return all(
        -(2**63) <= key < 2**63 if isinstance(key, int) else b"\x00" not in key.encode() for key in keys
    )
