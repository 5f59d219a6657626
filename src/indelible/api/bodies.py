"""Reads JSON bodies strictly: what is doubtful in a request is refused before any room sees it, never guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja import Schema
from ninja.parser import Parser
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from indelible.api.problems import Malformed
from indelible.kernel.audit.paging import is_of_every_zone

DEEPEST: Final = 40
"""Levels of nesting a body may have; a record's fields need four."""


def _in_utc(moment: datetime) -> datetime:
    """The instant in UTC: a database takes no offset beyond 15:59; and one that every zone can write, as cursors take."""
    try:
        at = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("no calendar has this instant") from None
    if not is_of_every_zone(at):
        raise ValueError("not every calendar has this instant")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its offset, as UTC."""


Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]
"""A calendar day as it is written in a body; `day_of` reads it."""


def day_of(text: str, field: str) -> date:
    """The day; raises Malformed (422) naming the field where no calendar has it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed("There is no such day.", status=422, fields={field: "no such day"}) from None


def since_of(text: str | None) -> datetime | None:
    """The first instant (UTC) of the day since when something was out of hand, None for none; raises Malformed as `day_of`."""
    return datetime.combine(day_of(text, "suspect_since"), time(), UTC) if text else None


class Body(Schema):
    """A request body: a member that is not named here is refused, not ignored (kernel.md)."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Why(Body):
    """The reason of an act."""

    reason: Annotated[str, Field(max_length=10_000)]


class StrictParser(Parser):
    """The parser of every request: UTF-8 JSON without duplicate members, non-numbers, NUL or half characters."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The JSON value of the body. Raises Malformed: 400 unreadable, 413 too large, 415 another type."""
        if request.content_type not in ("application/json", "application/scim+json", ""):
            raise Malformed("Send the body as application/json.", status=415)
        try:
            raw = request.body
        except RequestDataTooBig:
            raise Malformed("The body is larger than this address takes.", status=413) from None
        except OSError:
            raise Malformed("The body ended early.") from None
        return read(raw)

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """Query or form members as they were sent; one that is sent twice where one is taken is Malformed."""
        twice = [key for key in data if key not in list_fields and len(data.getlist(key)) > 1]
        if twice:
            raise Malformed(f"{_shown(twice[0])} is given more than once.")
        found = {key: data.getlist(key) if key in list_fields else data[key] for key in data}
        check_text(found)
        return found


def read(raw: bytes) -> Any:
    """The value of a JSON text; raises Malformed with the reason."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    except ValueError as error:
        raise Malformed(f"The body cannot be read: {str(error)[:120]}.") from None
    check_text(value)
    return value


def check_text(value: Any, depth: int = 0) -> None:
    """Raises Malformed for text no record can hold: NUL bytes, halves of a surrogate pair, endless nesting."""
    if depth > DEEPEST:
        raise Malformed("The body is nested too deeply.")
    if isinstance(value, str):
        _check_one(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_one(key)
            check_text(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_text(item, depth + 1)


def storable(text: str) -> str:
    """Text of an address made fit to be looked up and written down: what nothing can hold becomes U+FFFD."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")[:200]


def only_known(request: HttpRequest, asked: type[Schema]) -> None:
    """Raises Malformed for a query member that the list does not know: a filter that is ignored lies."""
    unknown = sorted(set(request.GET) - {field.alias or name for name, field in asked.model_fields.items()})
    if unknown:
        shown = _shown(unknown[0])
        raise Malformed(f"This list cannot be narrowed by {shown}.", fields={shown: "not known here"})


def _check_one(text: str) -> None:
    if "\x00" in text:
        raise Malformed("A text holds a NUL character (U+0000), which no record can keep.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed("A text holds half a character (a lone surrogate), which no record can keep.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a member stands twice in one object")
    return made


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _shown(key: str) -> str:
    return storable(key)[:60]
