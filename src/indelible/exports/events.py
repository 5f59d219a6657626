"""The exports room's own names: what leaves the house is written down with its digest (URS-AUD-09)."""

from typing import Final

from indelible.kernel.audit.types import Action, Rule

COPY: Final = Action("record.copy", "True copy of a record handed out", reason="optional", kind="event")
TRAIL_COPY: Final = Action(
    "trail.copy", "Copy of the audit trail handed out", reason="optional", kind="event"
)

BUNDLE: Final = Action("record.bundle", "Inspection bundle handed out", reason="optional", kind="event")
LEDGER_COPY: Final = Action(
    "ledger.copy", "Entries of the ledger handed out", reason="optional", kind="event"
)

TESTIMONY: Final = Action(
    "signature.testimony", "File for testimony handed out", reason="required", kind="event"
)

LETTER: Final = Action("certification.letter", "Letter of a certification written", kind="event")

LETTER_UNKNOWN: Final = Rule(
    "letter_unknown", "URS-CRT-01", "21 CFR 11.100(c)(1)", 404, "There is no such company"
)
NOT_SEALED: Final = Rule(
    "bundle_not_sealed", "URS-CPY-03", "21 CFR 11.10(a)", 503, "The ledger does not hold all of it yet"
)
TOO_MANY: Final = Rule(
    "bundle_too_many", "URS-CPY-03", "21 CFR 11.10(b)", 422, "Too many records for one bundle"
)
WHOLE_NOT_YOURS: Final = Rule(
    "bundle_whole_log", "URS-AUT-06", "21 CFR 11.10(g)", 403, "The whole log is not yours to take"
)
LEDGER_UNSOUND: Final = Rule(
    "ledger_unsound", "URS-AUD-03", "21 CFR 11.10(e)", 503, "The ledger is not what was signed"
)

ACTIONS: Final = (COPY, TRAIL_COPY, BUNDLE, LEDGER_COPY, TESTIMONY, LETTER)
RULES: Final = (LETTER_UNKNOWN, NOT_SEALED, TOO_MANY, WHOLE_NOT_YOURS, LEDGER_UNSOUND)
