"""Who proves themselves at a signing: a person in their own session, by the components that the moment asks for."""

from __future__ import annotations

from typing import Final

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import proofs, skeletons
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.events import NOT_SIGNED_IN
from indelible.kernel.identity.models import Credential, Person, Session
from indelible.kernel.identity.sessions import hold_session
from indelible.kernel.signatures import queries
from indelible.kernel.signatures.events import (
    COMPONENT_UNKNOWN,
    COMPONENTS_FIRST,
    COMPONENTS_LATER,
    DOOR_CLOSED,
    NOT_A_SIGNER,
    SIGNING_FAILED,
)
from indelible.kernel.signatures.types import Components

_FAILED: Final = "User id and password were not accepted, so nothing was signed. After five tries in a row an account locks."


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


def proved(
    actor: Actor, person: Person, given: Components, *, first: bool
) -> tuple[Credential, tuple[str, ...]]:
    """Inside an act: the credential that proved the signer and the components used, in the order given.

    `first`: all components are asked. Refusals: COMPONENTS_FIRST, COMPONENTS_LATER, COMPONENT_UNKNOWN, SIGNING_FAILED
    (422; counted with failed sign-ins), BUSY (429).
    """
    typed = keepable(given.user_id)
    if given.otp:
        raise Refusal(COMPONENT_UNKNOWN, "No one-time code is set up for you; leave it out.")
    if first and not (typed and given.password):
        raise Refusal(
            COMPONENTS_FIRST, "This is the first signing of this period: type your user id and your password."
        )
    if not given.password:
        raise Refusal(
            COMPONENTS_LATER, "Give your password; the user id alone, which others know, never signs."
        )
    cause, credential = proofs.prove(person, given.password)
    if typed and not skeletons.same_id(typed, person.user_id):
        cause = "another id than the signer's"
    if credential is not None and credential.temporary:
        cause = cause or "temporary secret"
    if cause or credential is None or not proofs.hold_unlocked(person):
        evidence = {"cause": cause or "account locked"}
        raise proofs.failed(person, SIGNING_FAILED, _FAILED, actor=actor, evidence=evidence)
    return credential, ("user_id", "password") if typed else ("password",)
