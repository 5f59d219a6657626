"""The access room's closed list: what happens to machine credentials, terminals and rules of sources, and why something is refused."""

from typing import Final

from indelible.kernel.audit.types import Action, Rule

MACHINE_ALLOW: Final = Action("machine_credential.allow", "Machine credential allowed", reason="required")
MACHINE_DRAW: Final = Action("machine_credential.draw", "Machine credential drawn by its owner")
MACHINE_END: Final = Action("machine_credential.end", "Machine credential ended", reason="required")
MACHINE_USE: Final = Action("machine_credential.use", "Request with a machine credential", kind="event")
TERMINAL_REGISTER: Final = Action("terminal.register", "Terminal registered", reason="required")
TERMINAL_ENROL: Final = Action("terminal.enrol", "Terminal enrolled at the device itself")
TERMINAL_END: Final = Action("terminal.end", "Terminal ended", reason="required")
SOURCE_DECIDE: Final = Action(
    "source.decide", "From where an operation is allowed decided", reason="required"
)

ACTIONS: Final = (
    MACHINE_ALLOW,
    MACHINE_DRAW,
    MACHINE_END,
    MACHINE_USE,
    TERMINAL_REGISTER,
    TERMINAL_ENROL,
    TERMINAL_END,
    SOURCE_DECIDE,
)

_AUTHORITY: Final = "21 CFR 11.10(g)"
_DEVICE: Final = "21 CFR 11.10(h)"

MACHINE_OUT_OF_SCOPE: Final = Rule(
    "machine_out_of_scope", "URS-ACC-09", _AUTHORITY, 403, "A machine credential does not reach this"
)
MACHINE_REFUSED: Final = Rule(
    "machine_refused", "URS-ACC-09", "21 CFR 11.10(d)", 401, "The machine credential does not count"
)
MACHINE_ELSEWHERE: Final = Rule(
    "machine_elsewhere", "URS-ACC-08", "21 CFR 11.10(d)", 403, "A machine credential is not used from here"
)
MACHINE_UNKNOWN: Final = Rule(
    "machine_unknown", "URS-ACC-09", _AUTHORITY, 404, "There is no such machine credential in use"
)
MACHINE_INCOMPLETE: Final = Rule(
    "machine_incomplete", "URS-ACC-09", _AUTHORITY, 422, "A machine credential is narrow", recorded=False
)
MACHINE_DRAWN: Final = Rule("machine_drawn", "URS-ACC-09", _AUTHORITY, 409, "It has been drawn already")
TERMINAL_UNKNOWN: Final = Rule(
    "terminal_unknown", "URS-DEV-01", _DEVICE, 404, "There is no such terminal in use"
)
TERMINAL_WRONG: Final = Rule(
    "terminal_wrong", "URS-DEV-01", _DEVICE, 422, "Something is missing or not readable", recorded=False
)
TERMINAL_TAKEN: Final = Rule("terminal_taken", "URS-DEV-01", _DEVICE, 409, "The code is or was a terminal's")
TERMINAL_ENROLLED: Final = Rule("terminal_enrolled", "URS-DEV-01", _DEVICE, 409, "It is enrolled already")
SOURCE_REFUSED: Final = Rule(
    "source_refused", "URS-DEV-01", _DEVICE, 403, "This is not allowed from where you are"
)
SOURCE_WRONG: Final = Rule(
    "source_wrong", "URS-DEV-01", _DEVICE, 422, "Something is missing or not readable", recorded=False
)

RULES: Final = (
    MACHINE_OUT_OF_SCOPE,
    MACHINE_REFUSED,
    MACHINE_ELSEWHERE,
    MACHINE_UNKNOWN,
    MACHINE_INCOMPLETE,
    MACHINE_DRAWN,
    TERMINAL_UNKNOWN,
    TERMINAL_WRONG,
    TERMINAL_TAKEN,
    TERMINAL_ENROLLED,
    SOURCE_REFUSED,
    SOURCE_WRONG,
)
