"""The signatures room's closed list: the certification's act, and why a signing is refused."""

from typing import Final

from indelible.kernel.audit.types import Action, Rule

CERTIFICATION_RECORD: Final = Action(
    "certification.record", "Certification to the agency recorded as sent", reason="required"
)

DOORS_DECIDE: Final = Action("signing.doors", "Where this installation signs decided", reason="required")

ACCOUNTABILITY_ACCEPT: Final = Action(
    "accountability.accept", "Accountability for the own signature accepted"
)
ACCOUNTABILITY_PUBLISH: Final = Action(
    "accountability.publish", "Accountability statement published", reason="required"
)

CERTIFICATION_KEEP: Final = Action("certification.keep", "Evidence of a certification kept")
ACCESS_REVIEW: Final = Action("access.review", "Rights reviewed")
ISSUANCE_CHECK: Final = Action("issuance.check", "All codes and passwords in use checked")
SIGN_AT_PROVIDER: Final = Action(
    "signing.provider", "Signing at the identity provider given up", kind="event"
)

ACTIONS: Final = (
    ISSUANCE_CHECK,
    ACCESS_REVIEW,
    CERTIFICATION_KEEP,
    SIGN_AT_PROVIDER,
    CERTIFICATION_RECORD,
    DOORS_DECIDE,
    ACCOUNTABILITY_ACCEPT,
    ACCOUNTABILITY_PUBLISH,
)

NOT_CERTIFIED: Final = Rule(
    "not_certified", "URS-CRT-02", "21 CFR 11.100(c)", 422, "Signing is off: no certification on file"
)
COMPONENTS_FIRST: Final = Rule(
    "components_first",
    "URS-SIG-02",
    "21 CFR 11.200(a)(1)(i)",
    422,
    "The first signing needs user id and password",
)
COMPONENTS_LATER: Final = Rule(
    "components_later", "URS-SIG-03", "21 CFR 11.200(a)(1)(i)", 422, "Each signing needs the password"
)
COMPONENT_UNKNOWN: Final = Rule(
    "component_unknown", "URS-SIG-01", "21 CFR 11.200(a)(1)", 422, "This component is not set up"
)
WEAKER_THAN_SIGN_IN: Final = Rule(
    "weaker_than_sign_in",
    "URS-SIG-02",
    "21 CFR 11.200(a)(1)",
    422,
    "A password alone is less than you came in by",
)
SIGNING_FAILED: Final = Rule(
    "signing_failed", "URS-SIG-07", "21 CFR 11.300(d)", 422, "The signature was not made"
)
MEANING_DIFFERS: Final = Rule(
    "meaning_differs", "URS-MAN-05", "21 CFR 11.50(a)(3)", 422, "The meaning is the step's"
)
RIGHTS_CHANGED: Final = Rule(
    "rights_changed", "URS-ACC-06", "21 CFR 11.300(b)", 409, "The rights are others by now"
)
REVIEW_UNDECIDED: Final = Rule(
    "review_undecided", "URS-ACC-06", "21 CFR 11.300(b)", 422, "Nothing is decided", recorded=False
)
ISSUANCES_CHANGED: Final = Rule(
    "issuances_changed", "URS-CRD-02", "21 CFR 11.300(b)", 409, "Another list than the one shown"
)
CLOCK_DOUBTFUL: Final = Rule(
    "clock_doubtful", "URS-TIM-02", "21 CFR 11.10(e)", 503, "Signing is off: the clock cannot be believed"
)
CHANGED_MEANWHILE: Final = Rule(
    "changed_meanwhile", "URS-LNK-01", "21 CFR 11.70", 409, "Not what was put before the signer"
)
DOOR_CLOSED: Final = Rule(
    "door_closed", "URS-SIG-08", "21 CFR 11.200(a)(2)", 403, "Here one signs on the product's own page"
)
NOT_READ: Final = Rule(
    "not_read", "URS-SIG-05", "21 CFR 11.70", 422, "This session has not read what it would sign"
)
NOT_A_SIGNER: Final = Rule(
    "not_a_signer", "URS-SIG-08", "21 CFR 11.200(a)(2)", 403, "Only a person in their own session signs"
)
CERTIFICATION_INCOMPLETE: Final = Rule(
    "certification_incomplete",
    "URS-CRT-01",
    "21 CFR 11.100(c)(1)",
    422,
    "Evidence is missing",
)
CERTIFICATION_UNKNOWN: Final = Rule(
    "certification_unknown",
    "URS-CRT-01",
    "21 CFR 11.100(c)(1)",
    404,
    "There is no such certification or file",
)
CERTIFICATION_FILE_WRONG: Final = Rule(
    "certification_file_wrong", "URS-CRT-01", "21 CFR 11.100(c)(1)", 422, "This is no picture of a paper"
)
ACCOUNTABILITY_DUE: Final = Rule(
    "accountability_due", "URS-POL-01", "21 CFR 11.10(j)", 422, "The accountability statement is not accepted"
)
STATEMENT_STALE: Final = Rule(
    "statement_stale", "URS-POL-02", "21 CFR 11.10(j)", 409, "Another version of the statement counts now"
)
STATEMENT_INCOMPLETE: Final = Rule(
    "statement_incomplete",
    "URS-POL-02",
    "21 CFR 11.10(j)",
    422,
    "The statement cannot be published",
    recorded=False,
)

RULES: Final = (
    CHANGED_MEANWHILE,
    CLOCK_DOUBTFUL,
    ISSUANCES_CHANGED,
    RIGHTS_CHANGED,
    REVIEW_UNDECIDED,
    ACCOUNTABILITY_DUE,
    STATEMENT_STALE,
    STATEMENT_INCOMPLETE,
    NOT_CERTIFIED,
    COMPONENTS_FIRST,
    COMPONENTS_LATER,
    COMPONENT_UNKNOWN,
    WEAKER_THAN_SIGN_IN,
    SIGNING_FAILED,
    MEANING_DIFFERS,
    DOOR_CLOSED,
    NOT_READ,
    NOT_A_SIGNER,
    CERTIFICATION_INCOMPLETE,
    CERTIFICATION_UNKNOWN,
    CERTIFICATION_FILE_WRONG,
)
