"""The verbs of the identity room, as doors and upper rooms call them."""

from indelible.kernel.identity.classes import close_class, open_class
from indelible.kernel.identity.entrances import sign_in_by_passkey, sign_in_by_provider
from indelible.kernel.identity.epochs import approve_epoch, propose_epoch, waiting_epoch
from indelible.kernel.identity.factors import decide_factors
from indelible.kernel.identity.founding import create_legal_entity, create_site, first_two_people
from indelible.kernel.identity.grants import approve_grant, end_grant, propose_grant, refuse_grant
from indelible.kernel.identity.keys import lock_keys, retire_key, rotate_key
from indelible.kernel.identity.lifting import unlock_account, unlock_at_machine
from indelible.kernel.identity.one_time import (
    ask_code_enrolment,
    asked_again,
    confirm_code,
    end_code,
    enrol_code,
    take_code_test,
)
from indelible.kernel.identity.passkeys import (
    ask_enrolment,
    ask_test,
    confirm_passkey,
    end_passkey,
    enrol,
    take_test,
)
from indelible.kernel.identity.password_loss import report_password
from indelible.kernel.identity.people import (
    PersonChanged,
    change_person,
    create_person,
    deactivate_by_directory,
    deactivate_person,
    delete_person,
    issue_secret,
    reactivate_person,
)
from indelible.kernel.identity.provider import confirm_account, end_account, enter_account
from indelible.kernel.identity.secret_change import rotate_secret
from indelible.kernel.identity.sessions import (
    change_password,
    end_session,
    enter,
    lock_session,
    sign_in,
    sign_out,
)
from indelible.kernel.identity.small_firm import approve_exception, declare_exception, end_exception
from indelible.kernel.identity.unlocking import (
    ask_unlock,
    unlock_by_passkey,
    unlock_by_provider,
    unlock_session,
)
from indelible.kernel.identity.verified import verify_identity

__all__ = [
    "PersonChanged",
    "approve_epoch",
    "approve_exception",
    "approve_grant",
    "ask_code_enrolment",
    "ask_enrolment",
    "ask_test",
    "ask_unlock",
    "asked_again",
    "change_password",
    "change_person",
    "close_class",
    "confirm_account",
    "confirm_code",
    "confirm_passkey",
    "create_legal_entity",
    "create_person",
    "create_site",
    "deactivate_by_directory",
    "deactivate_person",
    "decide_factors",
    "declare_exception",
    "delete_person",
    "end_account",
    "end_code",
    "end_exception",
    "end_grant",
    "end_passkey",
    "end_session",
    "enrol",
    "enrol_code",
    "enter",
    "enter_account",
    "first_two_people",
    "issue_secret",
    "lock_keys",
    "lock_session",
    "open_class",
    "propose_epoch",
    "propose_grant",
    "reactivate_person",
    "refuse_grant",
    "report_password",
    "retire_key",
    "rotate_key",
    "rotate_secret",
    "sign_in",
    "sign_in_by_passkey",
    "sign_in_by_provider",
    "sign_out",
    "take_code_test",
    "take_test",
    "unlock_account",
    "unlock_at_machine",
    "unlock_by_passkey",
    "unlock_by_provider",
    "unlock_session",
    "verify_identity",
    "waiting_epoch",
]
