"""The fields of a process as JSON Schema (2020-12), for machines that fill them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import (
    AnyField,
    Attachment,
    Choice,
    Days,
    Group,
    MultiChoice,
    Number,
    RecordLink,
    Table,
    label_of,
)
from indelible.kernel.workflow.values import LINE_LIMIT, TEXT_LIMIT

_PLAIN: dict[str, dict[str, Any]] = {
    "short text": {"type": "string", "maxLength": LINE_LIMIT},
    "long text": {"type": "string", "maxLength": TEXT_LIMIT},
    "date": {"type": "string", "format": "date"},
    "date-time": {"type": "string", "format": "date-time"},
    "person": {"type": "string", "maxLength": LINE_LIMIT, "x-kind": "user id of a person"},
    "record link": {"type": "string", "maxLength": LINE_LIMIT, "x-kind": "number of a record"},
}


def fields_schema(declaration: Declaration) -> dict[str, Any]:
    """An object schema of all fields; nothing is required here, since each step says what it needs."""
    properties = {name: _field(name, field) for name, field in declaration.fields.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": declaration.title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _field(name: str, field: AnyField) -> dict[str, Any]:
    """One field; null empties it, and the reason may stand for the value where the declaration says so."""
    told: dict[str, Any] = {"title": label_of(name, field), "x-type": field.type}
    if field.help:
        told["description"] = field.help
    others: list[dict[str, Any]] = [{"type": "null"}]
    if field.not_applicable:
        reason = {"type": "string", "minLength": 3}
        others.append(_object({"not_applicable": reason}, ["not_applicable"]))
    return {**told, "anyOf": [_value(field), *others]}


def _value(field: AnyField) -> dict[str, Any]:
    if isinstance(field, Number):
        return _number(field)
    if isinstance(field, Days):
        return {"type": "integer", "minimum": field.min, "maximum": field.max}
    if isinstance(field, Choice):
        return {"enum": list(field.options)}
    if isinstance(field, MultiChoice):
        return {"type": "array", "items": {"enum": list(field.options)}, "uniqueItems": True}
    if isinstance(field, Attachment):
        digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        return {"type": "array", "items": digest, "uniqueItems": True}
    if isinstance(field, Group):
        return _object({n: _field(n, part) for n, part in field.fields.items()}, [])
    if isinstance(field, Table):
        row = _object({n: _field(n, column) for n, column in field.columns.items()}, field.required)
        return {"type": "array", "items": row, "maxItems": field.rows}
    known = dict(_PLAIN[field.type])
    return {**known, "x-processes": list(field.to)} if isinstance(field, RecordLink) else known


def _number(field: Number) -> dict[str, Any]:
    """A decimal as text, with its unit; the bounds are told for people, since JSON Schema compares no decimals."""
    pattern = r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?$"
    shape = _object(
        {"value": {"type": "string", "pattern": pattern}, "unit": {"const": field.unit}}, ["value", "unit"]
    )
    if field.possible is not None:
        shape["x-possible"] = field.possible.model_dump(mode="json", exclude_none=True)
    if field.limits is not None:
        shape["x-limits"] = field.limits.model_dump(mode="json", include={"low", "high"}, exclude_none=True)
    return shape


def _object(properties: dict[str, Any], required: Iterable[str]) -> dict[str, Any]:
    named = list(required)
    shape = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": named} if named else shape
