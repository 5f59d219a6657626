"""What a person typed with a step: in the form they sent, or kept beside what was put before them and not signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from indelible.kernel.workflow.signing import Kept
from indelible.kernel.workflow.situations import Case
from indelible.web.access import DoorRequest
from indelible.web.forms import Form, with_row_added


@dataclass(frozen=True, slots=True)
class Typed:
    """The values a step's form shows, and the texts beside them by name."""

    values: Mapping[str, Any]
    texts: Mapping[str, str]


def with_step(request: DoorRequest, case: Case, form: Form, kept: Kept | None) -> Typed:
    """What was kept goes before what is sent: an answer brings only a handle. Else what is sent, else what the record says."""
    values = dict(case.values)
    if kept is not None:
        return Typed(values | dict(kept.fields), {"reason": kept.reason})
    if request.method == "POST":
        values |= form.values(request.POST, values)
        tables = [name for name, field in case.declaration.fields.items() if field.type == "table"]
        values = with_row_added(values, request.POST, tables)
    return Typed(values, {name: request.POST.get(name, "") for name in ("reason", "refusal_reason")})
