"""The files room's own names: what happens to bytes, and why a file is refused."""

from typing import Final

from indelible.kernel.audit.types import Action, Rule

READ: Final = Action("file.read", "File read", kind="event")
RECEIVE: Final = Action("file.receive", "File received", kind="event")
RESTORE: Final = Action("file.restore", "Damaged file put back from the same original", kind="event")

ACTIONS: Final = (READ, RECEIVE, RESTORE)

DAMAGED: Final = Rule(
    "file_damaged", "URS-RET-06", "21 CFR 11.10(c)", 409, "The file does not match the signed original"
)
TOO_LARGE: Final = Rule("file_too_large", "URS-RET-06", "21 CFR 11.10(a)", 422, "The file is too large")
EMPTY: Final = Rule("file_empty", "URS-OPS-02", "21 CFR 11.10(f)", 422, "The file is empty")

RULES: Final = (DAMAGED, TOO_LARGE, EMPTY)
