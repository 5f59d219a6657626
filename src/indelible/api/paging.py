"""How a caller asks for one page of a list, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from django.db.models import QuerySet
from ninja import Schema
from pydantic import Field

from indelible.kernel.audit.paging import PAGE, PAGE_MAXIMUM, Order, Page

Row = TypeVar("Row")

LONGEST_CURSOR = 2_000
"""Characters; the longest keys of a list are a printed name or a title."""


class PageAsk(Schema):
    """Where to go on, as the page before said in `next`, and how many items to answer with."""

    cursor: Annotated[str, Field(max_length=LONGEST_CURSOR)] = ""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAXIMUM)] = PAGE


def answered(page: Page[Row], told: Callable[[Row], Any] | None = None) -> dict[str, Any]:
    """A page as a list of the API, each row as it is told."""
    items: Iterable[Any] = map(told, page.items) if told else page.items
    return {"items": list(items), "next": page.next}


def whole(items: Iterable[Any]) -> dict[str, Any]:
    """A short list, in one page."""
    return {"items": list(items), "next": None}


def newest_first(
    name: str, listed: QuerySet[Any], ask: PageAsk, told: Callable[[Any], Any] | None = None
) -> dict[str, Any]:
    """One page of stored rows, the last made first; `name` marks the cursors of this list."""
    return answered(Order(name, {"pk": int}, falling=True).page(listed, ask.cursor, ask.limit), told)


def oldest_first(
    name: str, listed: QuerySet[Any], ask: PageAsk, told: Callable[[Any], Any] | None = None
) -> dict[str, Any]:
    """The same, the first made first."""
    return answered(Order(name, {"pk": int}).page(listed, ask.cursor, ask.limit), told)
