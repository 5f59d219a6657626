"""The audit room's own names: what happens to the trail itself, and why a write was refused by it."""

from typing import Final

from indelible.kernel.audit.types import REASON_FILLER, REASON_MISSING, REASON_TOO_LONG, Action, Rule

INSTALLED: Final = Action("system.installed", "Installed or upgraded", reason="required")
STARTED: Final = Action("system.started", "Service started", kind="event")
STOPPED: Final = Action("system.stopped", "Service stopped", kind="event")
RESTARTED: Final = Action(
    "system.restarted", "Part of the service ended by itself and was started again", kind="event"
)
FLOOD: Final = Action("security.flood", "Further refused requests, counted", kind="event")
PROTECTION_LOST: Final = Action(
    "security.protection_lost", "A protection of the trail is missing", kind="event"
)

PROTECTION_RESTORED: Final = Action(
    "security.protection_restored", "The protections of the trail are whole again", kind="event"
)

TRAIL_FINDING: Final = Action(
    "security.trail_finding", "Verification of the trail found something", kind="event"
)
TRAIL_VERIFIED: Final = Action(
    "security.trail_verified", "Trail verified, nothing open was found", kind="event"
)

WITNESSES_NAMED: Final = Action("system.witnesses_named", "Witnesses of the ledger named", kind="event")
LEDGER_BEHIND: Final = Action(
    "security.ledger_behind", "A witness has cosigned more of the ledger than is here", kind="event"
)
LEDGER_FORKED: Final = Action(
    "security.ledger_forked", "A witness refused the ledger as another history", kind="event"
)
WITNESSES_LATE: Final = Action(
    "security.witnesses_late", "The witnesses have not cosigned in time", kind="event"
)

UNTRUSTED: Final = Action(
    "connection.untrusted", "Another machine could not prove who it is; nothing was sent", kind="event"
)

CLOCK_MEASURED: Final = Action("clock.measured", "Clock measured against its source", kind="event")
CLOCK_ASTRAY: Final = Action("clock.astray", "Clock is away from its source", kind="event")
CLOCK_SILENT: Final = Action("clock.silent", "The time source gave no answer", kind="event")
CLOCK_JUMPED: Final = Action("clock.jumped", "Clock was set", kind="event")
CLOCK_SOURCE: Final = Action("clock.source", "Another time source is named, or none", kind="event")

ACTIONS: Final = (
    UNTRUSTED,
    CLOCK_MEASURED,
    CLOCK_ASTRAY,
    CLOCK_SILENT,
    CLOCK_JUMPED,
    CLOCK_SOURCE,
    INSTALLED,
    STARTED,
    STOPPED,
    RESTARTED,
    FLOOD,
    PROTECTION_LOST,
    PROTECTION_RESTORED,
    TRAIL_FINDING,
    TRAIL_VERIFIED,
    WITNESSES_NAMED,
    LEDGER_BEHIND,
    LEDGER_FORKED,
    WITNESSES_LATE,
)

PROTECTION_MISSING: Final = Rule(
    "protection_missing", "URS-AUD-02", "21 CFR 11.10(e)", 503, "A protection of the audit trail is missing"
)
NO_ACTOR: Final = Rule("no_actor", "URS-AUD-01", "21 CFR 11.10(e)", 403, "A write needs its actor")
APPEND_ONLY: Final = Rule(
    "append_only", "URS-AUD-03", "21 CFR 11.10(e)", 403, "These rows are only ever added"
)
STORAGE_FAILED: Final = Rule(
    "storage_failed",
    "URS-AUD-04",
    "21 CFR 11.10(e)",
    503,
    "Nothing was saved: the database could not store it",
    recorded=False,
)
OUTCOME_UNKNOWN: Final = Rule(
    "outcome_unknown",
    "URS-BCK-03",
    "21 CFR 11.10(e)",
    503,
    "The connection broke while saving",
    recorded=False,
)

CURSOR_UNKNOWN: Final = Rule(
    "cursor_unknown",
    "URS-AUD-11",
    "21 CFR 11.10(e)",
    400,
    "This place in the list is not known",
    recorded=False,
)

RULES: Final = (
    REASON_MISSING,
    REASON_FILLER,
    REASON_TOO_LONG,
    PROTECTION_MISSING,
    NO_ACTOR,
    APPEND_ONLY,
    STORAGE_FAILED,
    OUTCOME_UNKNOWN,
    CURSOR_UNKNOWN,
)
