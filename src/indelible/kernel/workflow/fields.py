"""The kinds of field a process may declare, each with the bounds a value of it must keep."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

NAME_PATTERN: Final = r"^[a-z][a-z0-9_]{0,39}$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Path = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
"""A field, or one part of a group or table: `problem`, `criterion.target`, `actions.done`."""
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Sentence = Annotated[str, StringConstraints(max_length=1_000, strip_whitespace=True)]


def as_list(value: Any) -> Any:
    """One word may stand for a list of one: `by: owner`."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def by_name(value: Any) -> Any:
    """The stored form of an ordered mapping, a list of objects with `name`, back as a mapping.

    JSON objects have no order (RFC 8785 sorts them, jsonb too), but a form has; so storage uses lists.
    """
    if not isinstance(value, list):
        return value
    named = {item["name"]: {k: v for k, v in item.items() if k != "name"} for item in value}
    if len(named) != len(value):
        raise ValueError("two entries have the same name")
    return named


def _exact(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("write the number plainly, for example 9.90")
    try:
        number = Decimal(value)
    except ArithmeticError:
        raise ValueError("write the number plainly, for example 9.90") from None
    if not number.is_finite():
        raise ValueError("a bound is a finite number")
    return number


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("the same name stands twice")
    return names


Names = Annotated[tuple[Name, ...], BeforeValidator(as_list, json_schema_input_type=Name | list[Name])]
Paths = Annotated[tuple[Path, ...], BeforeValidator(as_list, json_schema_input_type=Path | list[Path])]
WordList = Annotated[tuple[Words, ...], BeforeValidator(as_list, json_schema_input_type=Words | list[Words])]
UniqueNames = Annotated[Names, AfterValidator(_unique)]
Exact = Annotated[Decimal, BeforeValidator(_exact, json_schema_input_type=int | str | float)]


class Part(BaseModel):
    """A piece of a declaration: nothing unknown, nothing coerced, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class Starts(Part):
    """A record that is opened by this act and linked to the one at hand.

    `link` is a kind declared by the process that is opened; `carry` fills its fields from ours.
    """

    process: Name
    link: Name
    carry: dict[Name, Name] = {}


class Range(Part):
    """What is possible at all: a value beyond it is a slip and is refused (URS-OPS-05)."""

    min: Exact | None = None
    max: Exact | None = None


class Limits(Part):
    """What is acceptable: a value beyond it is committed, flagged and routed (URS-OPS-05).

    `starts` opens the record that follows it up; `verify` names the step with which a second person
    verifies a value that was retyped after one beyond the limits.
    """

    low: Exact | None = None
    high: Exact | None = None
    starts: Starts | None = None
    verify: Name


class _Field(Part):
    label: Words | None = None
    help: Sentence = ""
    not_applicable: bool = False
    """Whether `{"not_applicable": reason}` may stand for the value (URS-OPS-02)."""
    after: Name | None = None
    """A field that must be filled before this one may be (enforced order, URS-OPS-01)."""


class ShortText(_Field):
    """One line of at most 200 characters."""

    type: Literal["short text"]


class LongText(_Field):
    """Paragraphs of at most 100,000 characters."""

    type: Literal["long text"]


class Number(_Field):
    """A decimal with its unit, kept with the precision typed (9.90 is not 9.9)."""

    type: Literal["number"]
    unit: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    possible: Range | None = None
    limits: Limits | None = None


class Date(_Field):
    """A calendar day at the record's site. `past` refuses a day that has not come."""

    type: Literal["date"]
    past: bool = False


class DateTime(_Field):
    """An instant with its offset. `past` refuses one that has not come (URS-OPS-03)."""

    type: Literal["date-time"]
    past: bool = False


class Days(_Field):
    """A whole number of days."""

    type: Literal["days"]
    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(le=36_500)] = 36_500


class Choice(_Field):
    """One of the options."""

    type: Literal["choice"]
    options: WordList = Field(min_length=1)


class MultiChoice(_Field):
    """Any of the options, each at most once."""

    type: Literal["multi-choice"]
    options: WordList = Field(min_length=1)


class Person(_Field):
    """A person of the company, by user id."""

    type: Literal["person"]


class RecordLink(_Field):
    """The number of another record of one of these processes."""

    type: Literal["record link"]
    to: Names


class Attachment(_Field):
    """Files of this record, by SHA-256."""

    type: Literal["attachment"]


_Short = Literal["short text", "long text", "date", "date-time", "days", "person", "attachment"]


def _shorthand(value: Any) -> Any:
    """`what: short text` stands for `what: {type: short text}`."""
    return {"type": value} if isinstance(value, str) else value


SimpleField = Annotated[
    ShortText | LongText | Number | Date | DateTime | Days | Choice | MultiChoice | Person | RecordLink,
    Field(discriminator="type"),
]
Parts = Annotated[
    dict[
        Name, Annotated[SimpleField, BeforeValidator(_shorthand, json_schema_input_type=_Short | SimpleField)]
    ],
    BeforeValidator(by_name),
    Field(min_length=1, max_length=40),
]


class Group(_Field):
    """A few values that belong together; `required` says which must be filled, all unless said."""

    type: Literal["group"]
    fields: Parts
    required: Names | None = None

    @property
    def demanded(self) -> tuple[str, ...]:
        """Parts without which the group is not filled."""
        return tuple(self.fields) if self.required is None else self.required


class Table(_Field):
    """Rows of the same columns; a row without a `required` column is refused."""

    type: Literal["table"]
    columns: Parts
    required: Names = ()
    rows: Annotated[int, Field(ge=1, le=500)] = 200
    """The most rows a table may have."""


AnyField = (
    ShortText
    | LongText
    | Number
    | Date
    | DateTime
    | Days
    | Choice
    | MultiChoice
    | Person
    | RecordLink
    | Attachment
    | Group
    | Table
)
_Declared = Annotated[AnyField, Field(discriminator="type")]
Fields = Annotated[
    dict[Name, Annotated[_Declared, BeforeValidator(_shorthand, json_schema_input_type=_Short | _Declared)]],
    BeforeValidator(by_name, json_schema_input_type=dict[Name, _Short | _Declared]),
    Field(min_length=1, max_length=200),
]


def humanised(name: str) -> str:
    """`root_cause` as a label: Root cause."""
    return name.replace("_", " ").capitalize()


def label_of(name: str, field: AnyField) -> str:
    """The label the declaration gives, or one made from the name."""
    return field.label or humanised(name)


def parts_of(field: AnyField) -> Mapping[str, AnyField]:
    """The parts of a group or the columns of a table; nothing for other kinds."""
    if isinstance(field, Group):
        return field.fields
    return field.columns if isinstance(field, Table) else {}
