"""The closed list of acts on records and of the rules that refuse them, each with requirement and clause."""

from __future__ import annotations

from typing import Final

from indelible.kernel.audit.types import Action, Rule
from indelible.kernel.records.types import LINKING, REFUSING_TO_SIGN
from indelible.kernel.records.types import STEP as TAKING_A_STEP

CREATE: Final = Action("record.create", "Record opened", reason="optional")
EDIT: Final = Action("record.edit", "Record changed", reason="optional")
STEP: Final = Action(TAKING_A_STEP, "Step taken", reason="optional")
DECLINE: Final = Action(REFUSING_TO_SIGN, "Refused to sign", reason="required")
LINK: Final = Action(LINKING, "Record linked", reason="optional")
ATTACH: Final = Action("record.attach", "File attached", reason="optional")
REASSIGN: Final = Action("record.reassign", "Owner changed", reason="required")
SECOND_REVIEW: Final = Action(
    "record.second_review", "Acts of an excepted person reviewed by a second", reason="required"
)
DELEGATE: Final = Action("delegation.offer", "Steps delegated to another", reason="required")
DELEGATE_ACCEPT: Final = Action("delegation.accept", "Delegation accepted")
DELEGATE_APPROVE: Final = Action("delegation.approve", "Delegation approved by a third person")
DELEGATE_END: Final = Action("delegation.end", "Delegation ended", reason="required")
CONFINE: Final = Action("record.confine", "Confidentiality class of a record set", reason="required")
PUBLISH: Final = Action("process.publish", "Process put in force", reason="required")

ACTIONS: Final = (
    CREATE,
    EDIT,
    STEP,
    DECLINE,
    LINK,
    ATTACH,
    REASSIGN,
    PUBLISH,
    CONFINE,
    SECOND_REVIEW,
    DELEGATE,
    DELEGATE_ACCEPT,
    DELEGATE_APPROVE,
    DELEGATE_END,
)

_OPERATIONAL = "21 CFR 11.10(f)"
_AUTHORITY = "21 CFR 11.10(g)"
_TRAIL = "21 CFR 11.10(e)"

NOT_ALLOWED: Final = Rule("not_allowed", "URS-AUT-01", _AUTHORITY, 403, "Not allowed")
FIELD_NOT_YOURS: Final = Rule("field_not_yours", "URS-AUT-01", _AUTHORITY, 403, "Not yours to change")
FIELD_CLOSED: Final = Rule("field_closed", "URS-OPS-01", _OPERATIONAL, 409, "Not open in this state")
PROCESS_DAMAGED: Final = Rule(
    "process_damaged", "URS-AUD-08", _TRAIL, 503, "The stored process is not the one the record began with"
)
JOB_SIGNS: Final = Rule("job_signs", "URS-SIG-08", "21 CFR 11.200(a)(2)", 403, "No job signs")
OUT_OF_SEQUENCE: Final = Rule("out_of_sequence", "URS-OPS-01", _OPERATIONAL, 409, "Out of sequence")
UNKNOWN_PROCESS: Final = Rule(
    "unknown_process", "URS-OPS-01", _OPERATIONAL, 422, "No process of this name is in force", recorded=False
)
UNKNOWN_STEP: Final = Rule("unknown_step", "URS-OPS-01", _OPERATIONAL, 404, "The process has no such step")
UNKNOWN_FIELD: Final = Rule(
    "unknown_field", "URS-OPS-05", _OPERATIONAL, 422, "The process has no such field", recorded=False
)
WRONG_VALUE: Final = Rule(
    "wrong_value", "URS-OPS-05", _OPERATIONAL, 422, "A value does not fit its field", recorded=False
)
TOO_EARLY: Final = Rule("filled_too_early", "URS-OPS-01", _OPERATIONAL, 422, "Another field comes first")
FIELD_MISSING: Final = Rule(
    "field_missing", "URS-OPS-02", _OPERATIONAL, 422, "Something required is not filled", recorded=False
)
OWN_WORK: Final = Rule("own_work", "URS-AUT-02", _AUTHORITY, 403, "Nobody approves own work")
OWN_RECORD: Final = Rule("own_record", "URS-AUT-02", _AUTHORITY, 403, "The owner may not take this step")
OWN_ACTION: Final = Rule(
    "own_action", "URS-QCA-02", "ISO 13485 8.5.2", 403, "The owner of an action may not take this step"
)
SIGNED_BEFORE: Final = Rule("signed_before", "URS-AUT-02", _AUTHORITY, 403, "Another person must sign here")
LINK_OPEN: Final = Rule("link_open", "URS-QCA-03", _OPERATIONAL, 422, "A linked record is still open")
CONDITION_UNMET: Final = Rule("condition_unmet", "URS-OPS-01", _OPERATIONAL, 422, "A condition does not hold")
RETYPED: Final = Rule(
    "retyped_unverified", "URS-OPS-05", _OPERATIONAL, 422, "A retyped value awaits verification"
)
UNKNOWN_LINK: Final = Rule(
    "unknown_link", "URS-OPS-01", _OPERATIONAL, 422, "These records cannot be linked so", recorded=False
)
UNKNOWN_PERSON: Final = Rule(
    "unknown_person", "URS-AUT-01", _AUTHORITY, 422, "Nobody of this id may hold it", recorded=False
)
DELEGATION_WRONG: Final = Rule(
    "delegation_wrong", "URS-AUT-05", _AUTHORITY, 422, "This cannot be delegated so", recorded=False
)
NOT_YOURS_TO_GIVE: Final = Rule(
    "not_yours_to_give", "URS-AUT-05", _AUTHORITY, 403, "Nobody delegates what they may not do themselves"
)
DELEGATE_UNFIT: Final = Rule("delegate_unfit", "URS-AUT-05", _AUTHORITY, 422, "This person cannot take it on")
DELEGATION_UNKNOWN: Final = Rule(
    "delegation_unknown", "URS-AUT-05", _AUTHORITY, 404, "There is no such delegation that waits for you"
)
DELEGATION_PARTY: Final = Rule(
    "delegation_party", "URS-ACC-05", _AUTHORITY, 403, "A third person approves a delegation"
)
REVIEW_WAITS: Final = Rule(
    "second_review_waits", "URS-AUT-03", _AUTHORITY, 409, "A second person has to look at it first"
)
EXCEPTED_LAST: Final = Rule(
    "excepted_last_step", "URS-AUT-03", _AUTHORITY, 403, "Who administers takes no last step"
)
NOTHING_WAITS: Final = Rule(
    "nothing_waits", "URS-AUT-03", _AUTHORITY, 409, "Nothing waits for a second person"
)
SIGNED_ALREADY: Final = Rule(
    "signed_already",
    "URS-SIG-08",
    "21 CFR 11.200(a)(1)",
    409,
    "This was signed just now; nothing has changed since",
)
RESUBMITTED: Final = Rule(
    "resubmitted", "URS-SIG-09", "21 CFR 11.10(f)", 409, "Nothing was changed since it was sent back"
)
NOTHING_TO_WITHDRAW: Final = Rule(
    "nothing_to_withdraw", "URS-LNK-04", "21 CFR 11.70", 409, "There is no signature to withdraw now"
)
OWN_REVIEW: Final = Rule("own_review", "URS-AUT-03", _AUTHORITY, 403, "Nobody is their own second person")
HANDWRITTEN_INCOMPLETE: Final = Rule(
    "handwritten_incomplete",
    "URS-LNK-05",
    "21 CFR 11.70",
    422,
    "Who signed by hand, when, and where the paper lies",
    recorded=False,
)
SIGNATURE_UNASKED: Final = Rule(
    "signature_unasked", "URS-MAN-05", "21 CFR 11.50(a)(3)", 422, "This step asks for no signature"
)

RULES: Final = (
    NOT_ALLOWED,
    FIELD_NOT_YOURS,
    FIELD_CLOSED,
    PROCESS_DAMAGED,
    JOB_SIGNS,
    OUT_OF_SEQUENCE,
    UNKNOWN_PROCESS,
    UNKNOWN_STEP,
    UNKNOWN_FIELD,
    WRONG_VALUE,
    TOO_EARLY,
    FIELD_MISSING,
    OWN_WORK,
    OWN_RECORD,
    OWN_ACTION,
    SIGNED_BEFORE,
    LINK_OPEN,
    CONDITION_UNMET,
    RETYPED,
    UNKNOWN_LINK,
    UNKNOWN_PERSON,
    SIGNATURE_UNASKED,
    REVIEW_WAITS,
    EXCEPTED_LAST,
    NOTHING_WAITS,
    OWN_REVIEW,
    NOTHING_TO_WITHDRAW,
    SIGNED_ALREADY,
    RESUBMITTED,
    HANDWRITTEN_INCOMPLETE,
    DELEGATION_WRONG,
    NOT_YOURS_TO_GIVE,
    DELEGATE_UNFIT,
    DELEGATION_UNKNOWN,
    DELEGATION_PARTY,
)
