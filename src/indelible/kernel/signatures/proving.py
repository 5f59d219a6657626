"""Who proves themselves at a signing: a person in their own session, by the components that the moment asks for."""

from __future__ import annotations

from typing import Final

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import (
    authenticators,
    one_time,
    openid,
    passkeys,
    proofs,
    provider,
    skeletons,
    webauthn,
)
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.events import NOT_SIGNED_IN
from indelible.kernel.identity.models import Passkey, Person, Session
from indelible.kernel.identity.sessions import hold_session
from indelible.kernel.identity.types import Proven
from indelible.kernel.signatures import queries
from indelible.kernel.signatures.events import (
    CHANGED_MEANWHILE,
    COMPONENT_UNKNOWN,
    COMPONENTS_FIRST,
    COMPONENTS_LATER,
    DOOR_CLOSED,
    NOT_A_SIGNER,
    SIGNING_FAILED,
    WEAKER_THAN_SIGN_IN,
)
from indelible.kernel.signatures.types import Answer, Components

_NOT_SO: Final = (
    "The answer of your device or identity provider was not accepted, so nothing was signed. Sign again."
)
_UNTESTED: Final = {
    passkeys.UNTESTED: "This passkey was not tested for a year, so it does not sign. Test it on the page of your credentials, then sign again.",
    authenticators.UNTESTED: "Your authenticator was not tested for a year, so nobody signs by it. Test it on the page of your credentials, then sign again.",
}
"""What is told of a device whose test is overdue, by cause: its owner alone got that far, so it is no guess and is not counted."""
_FAILED: Final = "User id and password were not accepted, so nothing was signed. After five tries in a row an account locks."
_WEAKER: Final = "You came in with a passkey or your company's account, so a password alone does not sign. "
_WITH_CODE: Final = "Give your one-time code, too, or sign as you came in."
_WITHOUT_CODE: Final = (
    "Sign as you came in; where that is not offered, set up one-time codes on the page of your credentials, or sign out and "
    "come in with your password."
)

PAGES: Final = ("web", "demo")
"""Channels whose signing is the product's own page, or the demonstration that plays it."""


def through_an_open_door(actor: Actor, what: str) -> None:
    """Refusal DOOR_CLOSED (403) for another door than the page, unless the installation decided that it may carry a signature."""
    if actor.channel not in PAGES and not queries.machines_may_sign():
        raise Refusal(
            DOOR_CLOSED,
            f"Open {what} in the browser and sign there. Whether programs may carry a signature is this "
            "installation's decision, and it has not said yes.",
        )


def signer(actor: Actor) -> Person:
    """The person of a session of their own; Refusal NOT_A_SIGNER (403) for a job, a token or a script."""
    if actor.person_id is None or actor.channel == "job" or not actor.session:
        raise Refusal(NOT_A_SIGNER, "A signature is a person's own act; no job, token or script makes one.")
    return identity.person_of(actor.user_id)


def held(actor: Actor) -> Session:
    """Inside an act: the session's row, locked: of two signings at once the second waits and is a later one (kernel.md)."""
    session = hold_session(actor)
    if session is None or not identity.is_session_in_force(session):
        raise Refusal(NOT_SIGNED_IN, "Your session is over or locked. Sign in or unlock it, then sign.")
    return session


def components_of(given: Components, session: Session, *, first: bool) -> tuple[str, ...]:
    """The names of the components given in this session, in order; `first`: all are asked.

    Refusals: COMPONENTS_FIRST, COMPONENTS_LATER, COMPONENT_UNKNOWN, WEAKER_THAN_SIGN_IN (422).
    """
    person = session.person
    typed = keepable(given.user_id)
    wants_code = given.means is None and one_time.in_use(person) is not None
    if given.otp and not wants_code:
        raise Refusal(COMPONENT_UNKNOWN, "No one-time code is asked of you here; leave it out.")
    proof = given.means or ("password" if given.password else "")
    if first and not (typed and proof):
        raise Refusal(
            COMPONENTS_FIRST, "This is the first signing of this period: type your user id and your password."
        )
    if not proof:
        raise Refusal(
            COMPONENTS_LATER, "Give your password; the user id alone, which others know, never signs."
        )
    if first and wants_code and not given.otp:
        raise Refusal(COMPONENTS_FIRST, "The first signing of a period takes your one-time code, too.")
    if proof == "password" and not given.otp and identity.is_begun_by_more(session):
        raise Refusal(WEAKER_THAN_SIGN_IN, _WEAKER + (_WITH_CODE if wants_code else _WITHOUT_CODE))
    return (*(("user_id",) if typed else ()), proof, *(("otp",) if given.otp else ()))


def proved(actor: Actor, person: Person, given: Components, digest: str) -> Proven:
    """Inside an act: by what the signer proved themselves, for the manifest of this SHA-256 (hex).

    Refusals: SIGNING_FAILED (422; counted with failed sign-ins, but for _UNTESTED), CHANGED_MEANWHILE (409), BUSY (429).
    """
    found: Passkey | None = None
    if given.answer is None:
        cause, proven = _by_password(person, given)
    elif given.answer.prepared.digest != digest:
        raise Refusal(
            CHANGED_MEANWHILE,
            "What would be signed is not what was put before you: it changed meanwhile. Look at it again, then sign.",
        )
    elif given.means == "passkey":
        cause, proven, found = _by_passkey(person, given.answer)
    else:
        cause, proven = _by_provider(person, given.answer)
    typed = keepable(given.user_id)
    if typed and not skeletons.same_id(typed, person.user_id):
        cause = "another id than the signer's"
    if cause or proven is None or not proofs.hold_unlocked(person):
        evidence = {"cause": cause or "account locked"}
        also = passkeys.consequence_of(found, cause)
        told = _UNTESTED.get(cause, _FAILED if given.answer is None else _NOT_SO)
        counts = cause not in _UNTESTED
        raise proofs.failed(
            person, SIGNING_FAILED, told, actor=actor, evidence=evidence, also=also, counts=counts
        )
    return proven


def _by_password(person: Person, given: Components) -> tuple[str, Proven | None]:
    cause, credential = proofs.prove(person, given.password)
    if credential is None:
        return cause, None
    if credential.temporary:
        cause = cause or "temporary secret"
    by = f"password {credential.pk}"
    if given.otp and not cause:
        cause, code, step = one_time.cause_against(person, given.otp)
        if not cause and not one_time.use(code, step):
            cause = authenticators.AGAIN
        by += f", one-time code {code.pk}" if code else ""
    device = one_time.in_use(person)
    if not cause and device is not None and authenticators.is_overdue(device):
        cause = authenticators.UNTESTED
    return cause, Proven(by, "password", credential.issued_at)


def _by_passkey(person: Person, answer: Answer) -> tuple[str, Proven | None, Passkey | None]:
    state = webauthn.question(bytes.fromhex(answer.prepared.digest), [])[1]
    cause, found, given = passkeys.prove(person, answer.passkey, state)
    if cause or found is None or given is None:
        return cause, None, found
    return "", passkeys.used(found, given), found


def _by_provider(person: Person, answer: Answer) -> tuple[str, Proven | None]:
    if answer.provider is None:
        return "no answer of the provider", None
    try:
        prepared = answer.prepared
        told = openid.judged(answer.provider, nonce=prepared.digest, asked_at=prepared.at, anew=True)
    except openid.NotAccepted as fault:
        return str(fault), None
    cause, found = provider.prove(person, told)
    return cause, provider.proven(found, told) if found else None
