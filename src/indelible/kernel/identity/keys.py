"""Verbs of the signing keys: the sealer's is changed with an overlap, the service's at once; each change stands in the ledger.

The entry names both keys, and lies in a tree that the old key signed: so the new one is vouched for by the old
(URS-OPN-04, decision 0015). What a kill broke off between entry and file, `settle` ends.
"""

from __future__ import annotations

from typing import Final

from indelible.home import keys
from indelible.home.layout import Home, find_home
from indelible.kernel.audit import seal, tokens
from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import acts_with
from indelible.kernel.audit.types import Action, Actor, Refusal, check_reason
from indelible.kernel.identity import at_rest
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.events import (
    KEY_LOCK,
    KEY_OVERLAP,
    KEY_RETIRE,
    KEY_ROTATE,
    KEY_UNKNOWN,
    NO_OVERLAP,
    SECRET_CHANGE,
)
from indelible.kernel.identity.held import hold_rights
from indelible.kernel.identity.types import SECURITY_UNIT, SYSTEM_ADMINISTRATOR
from indelible.ledger.note import Verifier

USES: Final = (keys.SEALER, keys.SERVICE)


def rotate_key(actor: Actor, use: str, *, reason: str) -> tuple[str, str]:
    """Makes a new key of this use; key lines of the old and the new one. The sealer's old key signs beside it until `retire_key`.

    Refusals: KEY_UNKNOWN (422), NOT_AUTHORISED (403), KEY_OVERLAP (409), a reason's (422); none touches a file.
    """
    settle()
    home, target = find_home(), f"key:{keepable(use)[:20]}"
    with written_down(actor, KEY_ROTATE, object=target):
        allowed(actor, reason)
        if use not in USES:
            raise Refusal(KEY_UNKNOWN, "The keys are: " + ", ".join(USES) + ".")
        if use == keys.SEALER and keys.sealer_key_beside(home) is not None:
            raise Refusal(KEY_OVERLAP, "Two keys of the sealer sign already. Retire the old one first.")
    keys.propose_key(home, use)  # on disk before it stands in the trail; it counts for nothing yet
    old, new = lines(home)[use][0], _proposed_line(home, use)
    with act(
        actor, KEY_ROTATE, object=target, reason=keepable(reason), detail={"use": use, "old": old, "new": new}
    ):
        allowed(hold_rights(actor), reason)
    settle()
    return old, new


def retire_key(actor: Actor, *, reason: str) -> tuple[str, str]:
    """Ends the overlap of the sealer's keys; key lines of the one that is retired and the one that stays.

    Refusals: NOT_AUTHORISED (403), NO_OVERLAP (409), a reason's (422).
    """
    settle()
    beside = keys.sealer_key_beside(find_home()) is not None
    old, *others = lines(find_home())[keys.SEALER]
    stays = others[0] if beside else ""
    detail = {"use": keys.SEALER, "retired": old, "stays": stays}
    with act(actor, KEY_RETIRE, object=f"key:{keys.SEALER}", reason=keepable(reason), detail=detail):
        allowed(hold_rights(actor), reason)
        if not beside:
            raise Refusal(
                NO_OVERLAP, "One key of the sealer signs; there is no other to stay when it is retired."
            )
    settle()
    return old, stays


def lock_keys(actor: Actor, *, reason: str) -> None:
    """Writes down who puts the secrets of this installation under a lock, and why. Refusals: NOT_AUTHORISED (403), a reason's."""
    with act(actor, KEY_LOCK, object="keys", reason=keepable(reason)):
        allowed(hold_rights(actor), reason)


def allowed(actor: Actor, reason: str) -> None:
    """Refuses who does not answer for keys, and a reason that is none. Refusals: NOT_AUTHORISED (403), a reason's (422)."""
    check_reason(reason)
    require(actor, SYSTEM_ADMINISTRATOR, SECURITY_UNIT)


def settle() -> None:
    """Does with the files what genuine acts of the trail decided, and nothing else; safe at any time and twice."""
    home = find_home()
    for use in USES:
        if keys.proposed_key(home, use) and _decided(home, KEY_ROTATE, "new", _proposed_line(home, use)):
            keys.take_up(home, use)
            tokens.forget_key()
    if is_secret_over():
        keys.take_up_secret(home)
    beside = keys.sealer_key_beside(home) is not None
    if beside and _decided(home, KEY_RETIRE, "retired", lines(home)[keys.SEALER][0]):
        keys.end_overlap(home)


def is_secret_over() -> bool:
    """Whether the trail decided for the proposed secret already, though the old one lies on disk until `settle`."""
    home = find_home()
    proposed = keys.proposed_secret(home)
    return bool(proposed) and _decided(home, SECRET_CHANGE, "new", at_rest.name_of(proposed or ""))


def _decided(home: Home, action: Action, key: str, value: str) -> bool:
    """Whether an act of this action says so that the service's own key attests."""
    known = tokens.known_keys(home)
    return any(
        tokens.is_of_act(said.pop("token"), said, known) for said in acts_with(action.name, key, value)
    )


def lines(home: Home) -> dict[str, list[str]]:
    """The key lines of each use, those that sign first."""
    log = seal.signer(home).verifier
    own = keys.app_signing_key(home).public_key().public_bytes_raw()
    service = [own, *keys.former_keys(home, keys.SERVICE)]
    return {
        keys.SEALER: [one.vkey() for one in log.every()],
        keys.SERVICE: [_service_line(home, one) for one in service],
    }


def _proposed_line(home: Home, use: str) -> str:
    proposed = keys.proposed_key(home, use)
    if proposed is None:
        return ""
    public = proposed.public_key().public_bytes_raw()
    return _sealer_line(home, public) if use == keys.SEALER else _service_line(home, public)


def _sealer_line(home: Home, public: bytes) -> str:
    return Verifier(seal.origin(home), public).vkey()


def _service_line(home: Home, public: bytes) -> str:
    return Verifier(f"{seal.origin(home)}/service", public).vkey()
