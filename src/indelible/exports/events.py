"""The exports room's own names: what leaves the house is written down with its digest (URS-AUD-09)."""

from typing import Final

from indelible.kernel.audit.types import Action

COPY: Final = Action("record.copy", "True copy of a record handed out", reason="optional", kind="event")
TRAIL_COPY: Final = Action(
    "trail.copy", "Copy of the audit trail handed out", reason="optional", kind="event"
)

ACTIONS: Final = (COPY, TRAIL_COPY)
RULES: Final = ()
