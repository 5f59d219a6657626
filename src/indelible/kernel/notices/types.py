"""The frozen words of notices: their kinds, whom each is told, and the time within which somebody answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

ANSWERED_WITHIN: Final = timedelta(minutes=15)
"""A notice that nobody acknowledged for so long goes to management (URS-CRD-05); a ceiling, not a setting."""
GIVEN_UP_AFTER: Final = timedelta(days=2)
"""So long a message is tried again."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice: its title, whether management is told at once, whether the person concerned is told, too."""

    code: str
    title: str
    management: bool = False
    owner: bool = False


KINDS: Final = {
    kind.code: kind
    for kind in (
        Kind("guessing", "Failed proofs from a new place"),
        Kind("deactivated", "Somebody tried a deactivated account"),
        Kind("locked", "An account was locked", owner=True),
        Kind("spared", "Five attempts failed and locked nothing", management=True, owner=True),
        Kind("source_waits", "A source tries accounts", management=True),
        Kind("secret_issued", "A one-time secret was issued", owner=True),
        Kind("credential_new", "A new credential was enrolled", owner=True),
        Kind("credential_lost", "A credential is lost or suspect", owner=True),
        Kind("credential_copied", "A passkey was copied", management=True, owner=True),
        Kind("credential_over", "A credential that is over was used", owner=True),
        Kind("code_again", "A one-time code was used a second time", owner=True),
        Kind("code_back", "The codes of an authenticator went back", management=True, owner=True),
        Kind("device_untested", "A device was used though its test is overdue", owner=True),
        Kind("rights_tried", "Somebody tried to change their own rights", management=True),
        Kind("last_standing", "Somebody tried to leave too few of administration", management=True),
        Kind("program_over", "A program goes on with a credential that is over"),
        Kind("program_elsewhere", "A program's credential is used from outside its networks"),
        Kind("session_moved", "A session went on from another place", owner=True),
        Kind("clock_astray", "The clock is away from its source", management=True),
        Kind("clock_jumped", "The clock was set", management=True),
        Kind("clock_silent", "The time source gives no answer"),
        Kind("check_overdue", "The check of codes and passwords is overdue"),
        Kind("review_overdue", "The review of rights is overdue"),
        Kind("unsent", "Messages do not get out", management=True),
    )
}


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a rule noticed; `mark` is unique among its kind, `entry` an act of the trail or 0.

    `told` names no record: not everybody who is told may know of it. `record` does, for those who may (URS-AUT-06).
    """

    kind: str
    mark: str
    entry: int
    told: str
    subject: str = ""
    source: str = ""
    record: str = ""
