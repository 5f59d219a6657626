"""The identity room's closed list: what happens to people, rights and sessions, and why something is refused."""

from typing import Final

from indelible.kernel.audit.types import Action, Rule

FOUND: Final = Action("organisation.found", "Company, first site and first two people set up")
ENTITY_CREATE: Final = Action("legal_entity.create", "Legal entity added")
SITE_CREATE: Final = Action("site.create", "Site added")
PERSON_CREATE: Final = Action("person.create", "Account opened")
PERSON_CHANGE: Final = Action("person.change", "Name, zone or site of a person changed", reason="required")
PERSON_DEACTIVATE: Final = Action("person.deactivate", "Account deactivated", reason="required")
PERSON_DELETE: Final = Action("person.delete", "Deletion of a person asked for and refused")
PERSON_REACTIVATE: Final = Action("person.reactivate", "Account reactivated", reason="required")
ROLE_PROPOSE: Final = Action("role.propose", "Role proposed", reason="required")
ROLE_APPROVE: Final = Action("role.approve", "Proposed role approved")
ROLE_REFUSE: Final = Action("role.refuse", "Proposed role refused", reason="required")
ROLE_END: Final = Action("role.end", "Role ended", reason="required")
CLASS_GIVE: Final = Action("class.give", "Confidentiality class opened to a person", reason="required")
CLASS_END: Final = Action("class.end", "Confidentiality class closed to a person", reason="required")
EXCEPTION_DECLARE: Final = Action(
    "exception.declare", "Exception for a very small firm declared", reason="required"
)
EXCEPTION_APPROVE: Final = Action("exception.approve", "Exception for a very small firm approved by QA")
EXCEPTION_END: Final = Action("exception.end", "Exception for a very small firm ended", reason="required")
IDENTITY_VERIFY: Final = Action("identity.verify", "Identity of a person confirmed")
PASSWORD_ISSUE: Final = Action("password.issue", "Temporary secret issued", reason="required")
PASSWORD_REPORT: Final = Action(
    "password.report", "Password reported lost, stolen or suspect, and ended", reason="required"
)
PASSWORD_CHANGE: Final = Action("password.change", "Password changed by its owner", kind="event")
SESSION_BEGIN: Final = Action("session.begin", "Signed in", kind="event")
SESSION_USE: Final = Action("session.use", "Request without a session in force", kind="event")
SESSION_LOCK: Final = Action("session.lock", "Session locked", kind="event")
SESSION_UNLOCK: Final = Action("session.unlock", "Session unlocked", kind="event")
SESSION_END: Final = Action("session.end", "Session ended", kind="event")
SESSION_CLOSE: Final = Action("session.close", "Session ended from elsewhere", reason="optional")
ACCOUNT_LOCK: Final = Action("account.lock", "Account locked after failed attempts", kind="event")
LOCK_SPARED: Final = Action("account.spared", "Five attempts failed and locked nothing", kind="event")
ACCOUNT_UNLOCK: Final = Action("account.unlock", "Account unlocked", reason="required")
EPOCH_PROPOSE: Final = Action("epoch.propose", "New epoch of the ledger proposed", reason="required")
EPOCH_APPROVE: Final = Action("epoch.approve", "New epoch of the ledger approved")
FACTORS_DECIDE: Final = Action("factors.decide", "Second factor decided", reason="required")
PASSKEY_ENROL: Final = Action("passkey.enrol", "Passkey enrolled by its owner")
PASSKEY_CONFIRM: Final = Action("passkey.confirm", "Passkey of another confirmed")
PASSKEY_TEST: Final = Action("passkey.test", "Passkey tested by its owner")
PASSKEY_END: Final = Action("passkey.end", "Passkey ended", reason="required")
CODE_ENROL: Final = Action("one_time_code.enrol", "Authenticator enrolled by its owner")
CODE_CONFIRM: Final = Action("one_time_code.confirm", "Authenticator of another confirmed")
CODE_TEST: Final = Action("one_time_code.test", "Authenticator tested by its owner")
CODE_END: Final = Action("one_time_code.end", "Authenticator ended", reason="required")
PROVIDER_ENTER: Final = Action("provider_account.enter", "Account at the identity provider entered")
PROVIDER_CONFIRM: Final = Action("provider_account.confirm", "Account at the identity provider confirmed")
PROVIDER_END: Final = Action(
    "provider_account.end", "Account at the identity provider taken away", reason="required"
)
KEY_ROTATE: Final = Action("key.rotate", "Signing key changed", reason="required")
SECRET_CHANGE: Final = Action(
    "secret.change", "Secret of the service changed, what it keeps encrypted anew", reason="required"
)
KEY_LOCK: Final = Action("key.lock", "Keys put under a lock", reason="required")
KEY_RETIRE: Final = Action("key.retire", "Old signing key retired", reason="required")

ACTIONS: Final = (
    FACTORS_DECIDE,
    PASSKEY_ENROL,
    PASSKEY_CONFIRM,
    PASSKEY_TEST,
    PASSKEY_END,
    CODE_ENROL,
    CODE_CONFIRM,
    CODE_TEST,
    CODE_END,
    PROVIDER_ENTER,
    PROVIDER_CONFIRM,
    PROVIDER_END,
    KEY_ROTATE,
    KEY_LOCK,
    KEY_RETIRE,
    SECRET_CHANGE,
    FOUND,
    ENTITY_CREATE,
    SITE_CREATE,
    PERSON_CREATE,
    PERSON_CHANGE,
    PERSON_DEACTIVATE,
    PERSON_DELETE,
    PERSON_REACTIVATE,
    ROLE_PROPOSE,
    ROLE_APPROVE,
    ROLE_REFUSE,
    ROLE_END,
    CLASS_GIVE,
    CLASS_END,
    EXCEPTION_DECLARE,
    EXCEPTION_APPROVE,
    EXCEPTION_END,
    IDENTITY_VERIFY,
    PASSWORD_ISSUE,
    PASSWORD_REPORT,
    PASSWORD_CHANGE,
    SESSION_BEGIN,
    SESSION_USE,
    SESSION_LOCK,
    SESSION_UNLOCK,
    SESSION_END,
    SESSION_CLOSE,
    ACCOUNT_LOCK,
    LOCK_SPARED,
    ACCOUNT_UNLOCK,
    EPOCH_PROPOSE,
    EPOCH_APPROVE,
)

_ACCESS: Final = "21 CFR 11.10(d)"
_AUTHORITY: Final = "21 CFR 11.10(g)"
_UNIQUE: Final = "21 CFR 11.100(a)"
_CODES: Final = "21 CFR 11.300"
_SAFEGUARDS: Final = "21 CFR 11.300(d)"

NOT_SIGNED_IN: Final = Rule("not_signed_in", "URS-ACC-01", _ACCESS, 401, "Nobody is signed in")
SESSION_UNKNOWN: Final = Rule("session_unknown", "URS-ACC-01", _ACCESS, 404, "There is no such open session")
SESSION_LOCKED: Final = Rule("session_locked", "URS-ACC-04", _ACCESS, 401, "The session is locked")
CHANGE_DUE: Final = Rule("password_change_due", "URS-CRD-03", _SAFEGUARDS, 403, "Set your own password first")
FACTOR_DUE: Final = Rule("factor_due", "URS-ACC-08", _ACCESS, 403, "A second factor is needed here")
FACTORS_WRONG: Final = Rule("factors_wrong", "URS-ACC-08", _ACCESS, 422, "This is no network", recorded=False)
FACTORS_UNREADY: Final = Rule(
    "factors_unready", "URS-ACC-08", _ACCESS, 409, "Too few have a second factor yet"
)
SIGN_IN_FAILED: Final = Rule("sign_in_failed", "URS-ACC-07", _SAFEGUARDS, 401, "Not signed in")
PROOF_FAILED: Final = Rule("proof_failed", "URS-ACC-07", _SAFEGUARDS, 422, "The password was not accepted")
SOURCE_WAITS: Final = Rule("source_waits", "URS-ACC-07", _SAFEGUARDS, 429, "Your network address has to wait")
BUSY: Final = Rule("busy", "URS-ACC-07", _SAFEGUARDS, 429, "Too many passwords are being checked")
NOT_AUTHORISED: Final = Rule("not_authorised", "URS-AUT-01", _AUTHORITY, 403, "Your roles do not allow this")
OWN_RIGHTS: Final = Rule(
    "own_rights", "URS-AUT-04", _AUTHORITY, 403, "Nobody decides about their own account"
)
SECOND_PERSON: Final = Rule("second_person", "URS-AUT-04", _AUTHORITY, 403, "A second person has to decide")
ROLE_CONFLICT: Final = Rule(
    "role_conflict", "URS-AUT-03", _AUTHORITY, 422, "The two roles exclude each other"
)
CLASS_WRONG: Final = Rule(
    "class_wrong", "URS-AUT-06", _AUTHORITY, 422, "This is no confidentiality class", recorded=False
)
CLASS_HELD: Final = Rule("class_held", "URS-AUT-06", _AUTHORITY, 409, "It is open to the person already")
CLASS_UNKNOWN: Final = Rule("class_unknown", "URS-AUT-06", _AUTHORITY, 404, "It is not open to this person")
EXCEPTION_WRONG: Final = Rule("exception_wrong", "URS-AUT-03", _AUTHORITY, 422, "An exception has an end")
EXCEPTION_UNKNOWN: Final = Rule(
    "exception_unknown", "URS-AUT-03", _AUTHORITY, 404, "There is no such exception that waits for this"
)
ROLE_HELD: Final = Rule("role_held", "URS-ACC-05", _AUTHORITY, 409, "The person has this role already")
LAST_DAY_PAST: Final = Rule(
    "last_day_past", "URS-ACC-05", _AUTHORITY, 422, "The last day of a role lies ahead"
)
ROLE_DECIDED: Final = Rule("role_decided", "URS-ACC-05", _AUTHORITY, 409, "This has been decided already")
ROLE_UNKNOWN: Final = Rule(
    "role_unknown", "URS-AUT-01", _AUTHORITY, 422, "There is no such role", recorded=False
)
SCOPE_MIXED: Final = Rule("scope_mixed", "URS-AUT-06", _AUTHORITY, 422, "One person, one scope of sites")
ID_TAKEN: Final = Rule("id_taken", "URS-UNQ-01", _UNIQUE, 422, "The id belongs to somebody, for ever")
PERSON_KNOWN: Final = Rule("person_known", "URS-UNQ-03", _UNIQUE, 422, "This person has an account already")
NAME_TAKEN: Final = Rule(
    "name_taken", "URS-MAN-02", "21 CFR 11.50(a)(1)", 422, "The name reads like another's"
)
SHARED_ACCOUNT: Final = Rule(
    "shared_account", "URS-ACC-02", _UNIQUE, 422, "An account belongs to one named person"
)
DETAILS_WRONG: Final = Rule(
    "details_wrong", "URS-UNQ-01", _UNIQUE, 422, "Something is missing or not readable", recorded=False
)
CODE_TAKEN: Final = Rule("code_taken", "URS-AUT-06", _AUTHORITY, 409, "The code is in use")
PERSON_UNKNOWN: Final = Rule("person_unknown", "URS-ACC-01", _ACCESS, 404, "Not there, or not yours to know")
PERSON_INACTIVE: Final = Rule("person_inactive", "URS-ACC-03", _ACCESS, 409, "The account is not active")
NEVER_DELETED: Final = Rule("never_deleted", "URS-ACC-03", _ACCESS, 403, "Nobody is ever deleted")
PERSON_ACTIVE: Final = Rule("person_active", "URS-ACC-03", _ACCESS, 409, "The account is active")
LAST_ADMINISTRATORS: Final = Rule(
    "last_administrators", "URS-ACC-03", _ACCESS, 409, "Too few of administration would be left"
)
NOT_LOCKED: Final = Rule("not_locked", "URS-ACC-07", _SAFEGUARDS, 409, "The account is not locked")
UNLOCK_UNCONFIRMED: Final = Rule(
    "unlock_unconfirmed", "URS-ACC-07", _SAFEGUARDS, 422, "How the identity was confirmed is not said"
)
PASSWORD_WEAK: Final = Rule("password_weak", "URS-CRD-03", _CODES, 422, "This password is too easy to guess")
PASSWORD_REPEATED: Final = Rule(
    "password_repeated", "URS-CRD-03", _CODES, 422, "This password was used before"
)
IDENTITY_UNVERIFIED: Final = Rule(
    "identity_unverified", "URS-UNQ-02", "21 CFR 11.100(b)", 422, "Nobody has confirmed who this person is"
)
SECRET_UNREPLACED: Final = Rule(
    "secret_unreplaced", "URS-SIG-06", "21 CFR 11.200(a)(3)", 409, "The one-time secret is not replaced yet"
)
VERIFICATION_INCOMPLETE: Final = Rule(
    "verification_incomplete", "URS-UNQ-02", "21 CFR 11.100(b)", 422, "Evidence is missing", recorded=False
)
CHALLENGE_OVER: Final = Rule(
    "challenge_over", "URS-SIG-08", "21 CFR 11.200(a)(2)", 409, "The question is not open any more"
)
PASSKEY_REFUSED: Final = Rule(
    "passkey_refused", "URS-CRD-06", "21 CFR 11.300(e)", 422, "The device's answer does not count"
)
PASSKEY_UNKNOWN: Final = Rule(
    "passkey_unknown", "URS-CRD-04", "21 CFR 11.300(c)", 404, "There is no such passkey in use"
)
PASSKEY_CONFIRMED: Final = Rule(
    "passkey_confirmed", "URS-CRD-04", "21 CFR 11.300(c)", 409, "The passkey is confirmed already"
)
TOO_MANY_PASSKEYS: Final = Rule(
    "too_many_passkeys", "URS-CRD-04", "21 CFR 11.300(c)", 422, "That is one passkey too many"
)
CODE_IN_USE: Final = Rule(
    "code_in_use", "URS-CRD-04", "21 CFR 11.300(c)", 409, "There is an authenticator already"
)
CODE_UNKNOWN: Final = Rule(
    "code_unknown", "URS-CRD-04", "21 CFR 11.300(c)", 404, "There is no such authenticator in use"
)
PASSWORD_UNKNOWN: Final = Rule(
    "password_unknown", "URS-CRD-04", "21 CFR 11.300(c)", 404, "There is no password in force"
)
LOSS_INCOMPLETE: Final = Rule(
    "loss_incomplete", "URS-CRD-04", "21 CFR 11.300(c)", 422, "What happened is not said", recorded=False
)
PROVIDER_ABSENT: Final = Rule(
    "provider_absent", "URS-ACC-08", "21 CFR 11.10(d)", 409, "No identity provider is set up"
)
PROVIDER_TAKEN: Final = Rule(
    "provider_taken", "URS-ACC-08", "21 CFR 11.100(a)", 422, "This account is somebody's already"
)
PROVIDER_UNKNOWN: Final = Rule(
    "provider_unknown", "URS-ACC-08", "21 CFR 11.10(d)", 404, "There is no such account in use"
)
PROVIDER_REFUSED: Final = Rule(
    "provider_refused", "URS-ACC-08", "21 CFR 11.10(d)", 401, "The identity provider's word does not count"
)
PROVIDER_SILENT: Final = Rule(
    "provider_silent", "URS-ACC-08", "21 CFR 11.10(d)", 503, "The identity provider did not confirm it"
)
FOUNDED: Final = Rule("founded", "URS-AUT-04", _AUTHORITY, 409, "The first people exist already")
KEY_UNKNOWN: Final = Rule(
    "key_unknown", "URS-OPN-04", "21 CFR 11.30", 422, "There is no such key", recorded=False
)
KEY_OVERLAP: Final = Rule(
    "key_overlap", "URS-OPN-04", "21 CFR 11.30", 409, "A change of this key is under way"
)
NO_OVERLAP: Final = Rule("no_overlap", "URS-OPN-04", "21 CFR 11.30", 409, "No change of the key is under way")
SECRET_UNREADABLE: Final = Rule(
    "secret_unreadable", "URS-OPN-04", "21 CFR 11.30", 409, "Something is kept under another secret"
)
EPOCH_NOT_DUE: Final = Rule(
    "epoch_not_due", "URS-BCK-02", "21 CFR 11.10(e)", 409, "The ledger goes on: there is nothing to settle"
)
EPOCH_NOT_PROPOSED: Final = Rule(
    "epoch_not_proposed", "URS-BCK-02", "21 CFR 11.10(e)", 409, "Nobody has proposed a new epoch"
)

RULES: Final = (
    SOURCE_WAITS,
    CHALLENGE_OVER,
    PASSKEY_REFUSED,
    PASSKEY_UNKNOWN,
    PASSKEY_CONFIRMED,
    TOO_MANY_PASSKEYS,
    CODE_IN_USE,
    CODE_UNKNOWN,
    PASSWORD_UNKNOWN,
    LOSS_INCOMPLETE,
    PROVIDER_ABSENT,
    PROVIDER_TAKEN,
    PROVIDER_UNKNOWN,
    PROVIDER_REFUSED,
    PROVIDER_SILENT,
    NOT_SIGNED_IN,
    SESSION_UNKNOWN,
    SESSION_LOCKED,
    CHANGE_DUE,
    FACTOR_DUE,
    FACTORS_WRONG,
    FACTORS_UNREADY,
    SIGN_IN_FAILED,
    PROOF_FAILED,
    BUSY,
    NOT_AUTHORISED,
    OWN_RIGHTS,
    SECOND_PERSON,
    ROLE_CONFLICT,
    CLASS_WRONG,
    CLASS_HELD,
    CLASS_UNKNOWN,
    EXCEPTION_WRONG,
    EXCEPTION_UNKNOWN,
    ROLE_HELD,
    ROLE_DECIDED,
    LAST_DAY_PAST,
    ROLE_UNKNOWN,
    SCOPE_MIXED,
    ID_TAKEN,
    PERSON_KNOWN,
    NAME_TAKEN,
    SHARED_ACCOUNT,
    DETAILS_WRONG,
    CODE_TAKEN,
    PERSON_UNKNOWN,
    PERSON_INACTIVE,
    PERSON_ACTIVE,
    NEVER_DELETED,
    NOT_LOCKED,
    UNLOCK_UNCONFIRMED,
    LAST_ADMINISTRATORS,
    PASSWORD_WEAK,
    PASSWORD_REPEATED,
    IDENTITY_UNVERIFIED,
    SECRET_UNREPLACED,
    VERIFICATION_INCOMPLETE,
    FOUNDED,
    KEY_UNKNOWN,
    KEY_OVERLAP,
    NO_OVERLAP,
    SECRET_UNREADABLE,
    EPOCH_NOT_DUE,
    EPOCH_NOT_PROPOSED,
)
