"""Passkeys: enrolled by their person, confirmed by another, tested every year, ended at once when lost (21 CFR 11.300(c), (e)).

A device's answer proves the person like a password does, and failures are counted with those of passwords (URS-ACC-07).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from typing import Any, Final

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import challenges, known, proofs, queries, standing, webauthn
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.events import (
    NOT_SIGNED_IN,
    OWN_RIGHTS,
    PASSKEY_CONFIRM,
    PASSKEY_CONFIRMED,
    PASSKEY_END,
    PASSKEY_ENROL,
    PASSKEY_REFUSED,
    PASSKEY_TEST,
    PASSKEY_UNKNOWN,
    PROOF_FAILED,
    TOO_MANY_PASSKEYS,
)
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.losses import SUSPECT, suspect_from
from indelible.kernel.identity.models import Passkey, Person
from indelible.kernel.identity.sessions import end_sessions
from indelible.kernel.identity.types import ADMINISTRATION, MOST_PASSKEYS, TESTED_FOR, Proven
from indelible.kernel.identity.verified import refuse_unconfirmed, refuse_who_issued

ENROL, TEST = "passkey enrol", "passkey test"
_NOT_ACCEPTED: Final = (
    "The device's answer was not accepted. Use it on this address, and let it check that it is you."
)
_NOT_PROVEN: Final = "The password was not accepted. After five tries in a row an account locks."


def ask_enrolment(actor: Actor) -> tuple[str, dict[str, Any]]:
    """Handle and WebAuthn creation options for a new passkey of the actor. Refusals: NOT_SIGNED_IN (401), TOO_MANY_PASSKEYS (422)."""
    with written_down(actor, PASSKEY_ENROL, object=f"person:{actor.user_id}"):
        person = _own(actor)
        known = list(in_use(person))
        if len(known) >= MOST_PASSKEYS:
            raise Refusal(TOO_MANY_PASSKEYS, f"You have {len(known)} passkeys in use. End one first.")
    options, state = webauthn.enrolment(
        person.pk.to_bytes(8, "big"), person.user_id, person.name, [one.credential_id for one in known]
    )
    return challenges.ask(ENROL, state, session=actor.session), options


def enrol(actor: Actor, handle: str, answer: Mapping[str, Any], *, password: str, label: str) -> Passkey:
    """The actor's new passkey, of no use until another person confirmed it; their password proves who enrols it.

    Making it is its first test (URS-CRD-06). Refusals: CHALLENGE_OVER (409), PROOF_FAILED (422, counted),
    PASSKEY_REFUSED, TOO_MANY_PASSKEYS (422), BUSY (429).
    """
    target = f"person:{actor.user_id}"
    with written_down(actor, PASSKEY_ENROL, object=target):
        state = challenges.take(handle, ENROL, session=actor.session)
        person = _own(actor)
        cause, credential = proofs.prove(person, password)
        if cause or credential is None or credential.temporary:
            evidence = {"cause": cause or "temporary secret"}
            raise proofs.failed(person, PROOF_FAILED, _NOT_PROVEN, actor=actor, evidence=evidence)
        try:
            made = webauthn.enrolled(state, answer)
        except webauthn.NotAccepted as fault:
            raise Refusal(PASSKEY_REFUSED, _NOT_ACCEPTED, evidence={"cause": str(fault)}) from fault
    with act(actor, PASSKEY_ENROL, object=target):
        if not proofs.hold_unlocked(person):
            raise Refusal(PROOF_FAILED, _NOT_PROVEN, evidence={"cause": "account locked"})
        if in_use(person).count() >= MOST_PASSKEYS:
            raise Refusal(TOO_MANY_PASSKEYS, "There are as many passkeys as there may be. End one first.")
        if Passkey.objects.filter(credential_id=made.credential_id).exists():
            raise Refusal(PASSKEY_REFUSED, "This key was enrolled before, and is not taken a second time.")
        now = clock()
        proofs.clear_failures(person)
        return Passkey.objects.create(
            person=person,
            label=keepable(label)[:60] or "Passkey",
            credential_id=made.credential_id,
            public_key=made.public_key,
            algorithm=made.algorithm,
            aaguid=made.aaguid,
            attestation=made.attestation,
            sign_count=made.sign_count,
            enrolled_at=now,
            tested_at=now,
        )


def confirm_passkey(actor: Actor, user_id: str, passkey: int) -> Passkey:
    """Somebody else confirms, face to face, that this new key is this person's; from then on it counts.

    Not by its owner, nor by who issued their last one-time secret, who might have enrolled it (URS-SIG-06). Refusals:
    NOT_AUTHORISED, OWN_RIGHTS, SECOND_PERSON (403), PERSON_UNKNOWN, PASSKEY_UNKNOWN (404), PASSKEY_CONFIRMED (409), IDENTITY_UNVERIFIED (422).
    """
    with act(actor, PASSKEY_CONFIRM, object=queries.identifier(user_id)):
        require(actor, *ADMINISTRATION)
        person = hold_person(actor, queries.person_of(user_id).user_id)
        if person.pk == actor.person_id:
            raise Refusal(OWN_RIGHTS, "Nobody confirms their own passkey. Ask another administrator.")
        refuse_who_issued(actor, person)
        known.require_known(actor)
        found = _held(person, passkey)
        if found.confirmed_at is not None:
            raise Refusal(PASSKEY_CONFIRMED, f"“{found.label}” was confirmed by {found.confirmed_by}.")
        refuse_unconfirmed(person)
        found.confirmed_by, found.confirmed_at = actor.user_id, clock()
        found.save(update_fields=["confirmed_by", "confirmed_at"])
        return found


def end_passkey(
    actor: Actor,
    user_id: str,
    passkey: int,
    *,
    cause: str,
    reason: str,
    suspect_since: datetime | None = None,
) -> Passkey:
    """Deauthorises a passkey at once: one's own at any time, somebody else's by administration (URS-CRD-04).

    Lost, stolen or suspect, it takes every open session of its person with it, and `suspect_since` says from when on what
    was signed with it is looked at again; that waits for nobody. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN, PASSKEY_UNKNOWN
    (404), LAST_ADMINISTRATORS (409: not out of hand, and one of the last of administration has nothing else), LOSS_INCOMPLETE,
    a reason's (422).
    """
    with act(actor, PASSKEY_END, object=queries.identifier(user_id), reason=keepable(reason)):
        person = queries.person_of(user_id)
        at_once = cause in SUSPECT or person.pk == actor.person_id
        if person.pk != actor.person_id:
            require(actor, *ADMINISTRATION)
        if not at_once:
            standing.hold(actor, person.user_id)
        person = hold_person(actor, person.user_id)
        check_reason(reason)
        found = _held(person, passkey)
        now, told = clock(), "First let them have a password or another passkey."
        since = suspect_from(cause, suspect_since, began=found.enrolled_at, now=now)
        with nullcontext() if at_once else standing.kept(actor, person.user_id, otherwise=told):
            _end(found, cause, actor.user_id, now, since)
        if cause in SUSPECT:
            end_sessions(list(queries.open_sessions(person)), f"passkey {cause}", now)
        return found


def ask_test(actor: Actor, passkey: int) -> tuple[str, dict[str, Any]]:
    """Handle and WebAuthn request options for the yearly test of one's own passkey. Refusal PASSKEY_UNKNOWN (404)."""
    with written_down(actor, PASSKEY_TEST, object=f"person:{actor.user_id}"):
        found = _held(_own(actor), passkey)
    options, state = webauthn.question(None, [found.credential_id])
    return challenges.ask(TEST, {"state": state, "passkey": found.pk}, session=actor.session), options


def take_test(actor: Actor, handle: str, answer: Mapping[str, Any]) -> Passkey:
    """The test: the device answers, and counts on from where it was (21 CFR 11.300(e)). Refusals: CHALLENGE_OVER (409),
    PASSKEY_UNKNOWN (404), PASSKEY_REFUSED (422)."""
    target = f"person:{actor.user_id}"
    with written_down(actor, PASSKEY_TEST, object=target):
        asked = challenges.take(handle, TEST, session=actor.session)
        found = _held(_own(actor), asked["passkey"])
        cause, given = _judged(found, answer, asked["state"])
        if cause or given is None:
            raise _refused(found, cause)
    with act(actor, PASSKEY_TEST, object=target):
        found = _held(_own(actor), found.pk)
        found.tested_at = clock()
        found.sign_count = max(found.sign_count, given.sign_count)
        found.save(update_fields=["tested_at", "sign_count"])
        return found


def in_use(person: Person) -> Any:
    """The person's passkeys that nobody ended, unconfirmed ones included, the oldest first."""
    return Passkey.objects.filter(person=person, ended_at=None).order_by("pk")


def prove(
    person: Person | None, answer: Mapping[str, Any], state: Mapping[str, Any]
) -> tuple[str, Passkey | None, webauthn.Answered | None]:
    """Why the device's answer does not prove the person ("" when it does), by which key, and the answer.

    The cause is for the trail alone. `person` None: whoever the key says it is of. Nothing is written.
    """
    claimed = webauthn.credential_of(answer)
    found = Passkey.objects.select_related("person__site__legal_entity").filter(credential_id=claimed).first()
    if found is None or (person is not None and found.person_id != person.pk):
        return "unknown passkey", None, None
    cause, given = _judged(found, answer, state)
    return cause or _standing(found), found, given


def _judged(
    found: Passkey, answer: Mapping[str, Any], state: Mapping[str, Any]
) -> tuple[str, webauthn.Answered | None]:
    if found.ended_at is not None:
        return "passkey ended", None
    try:
        given = webauthn.answered(
            state, answer, credential_id=found.credential_id, public_key=found.public_key
        )
    except webauthn.NotAccepted as fault:
        return f"answer not accepted: {fault}", None
    if max(given.sign_count, found.sign_count) and given.sign_count <= found.sign_count:
        return COPIED, given
    return "", given


def _standing(found: Passkey) -> str:
    """Why a key whose answer is good does not count all the same, or ""."""
    person = found.person
    if person.status != Person.ACTIVE:
        return "account not active"
    if queries.is_account_locked(person):
        return "account locked"
    if found.confirmed_at is None:
        return "passkey not confirmed"
    return UNTESTED if is_overdue(found) else ""


def is_overdue(found: Passkey) -> bool:
    """Whether its test lapsed, so that it neither signs nor signs in until it is tested."""
    return clock() - found.tested_at >= TESTED_FOR


COPIED: Final = "the key's count went back: it was copied"
UNTESTED: Final = "passkey not tested for a year"


def used(found: Passkey, given: webauthn.Answered) -> Proven:
    """Inside an act: the key was used; its count goes on. What it proves is told with the answer as evidence."""
    if given.sign_count > found.sign_count:
        Passkey.objects.filter(pk=found.pk, ended_at=None).update(sign_count=given.sign_count)
    return Proven(f"passkey {found.pk}", "passkey", found.confirmed_at or found.enrolled_at, given.evidence)


def consequence_of(found: Passkey | None, cause: str) -> Any:
    """What a refusal with this cause writes beside itself: a copied key is ended; else None."""
    if found is None or cause != COPIED:
        return None
    return partial(_end, found, "copied", "indelible", clock(), found.tested_at)


def _refused(found: Passkey, cause: str) -> Refusal:
    return Refusal(
        PASSKEY_REFUSED,
        _NOT_ACCEPTED,
        evidence={"cause": cause, "passkey": str(found.pk)},
        consequence=consequence_of(found, cause),
    )


def _end(found: Passkey, cause: str, by: str, now: datetime, suspect_since: datetime | None) -> None:
    found.ended_at, found.ended_by, found.ended_cause = now, by, cause
    found.suspect_since = suspect_since
    found.save(update_fields=["ended_at", "ended_by", "ended_cause", "suspect_since"])


def _held(person: Person, passkey: int) -> Passkey:
    """Inside an act: the person's passkey, locked; Refusal PASSKEY_UNKNOWN (404) where it is not theirs or ended."""
    found = in_use(person).filter(pk=passkey).first()
    if found is None:
        raise Refusal(PASSKEY_UNKNOWN, "There is no such passkey in use.")
    found.person = person
    return found  # type: ignore[no-any-return]


def _own(actor: Actor) -> Person:
    session = queries.session_of(actor)
    if session is None or session.ended_at is not None or actor.channel == "job":
        raise Refusal(NOT_SIGNED_IN, "This is done in a session of one's own. Sign in first.")
    return queries.person_of(actor.user_id)
