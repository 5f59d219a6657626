"""Verbs of sessions: signing in and out, entering with a token, lock, one's own password (URS-ACC-01, -04, -07)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from indelible.kernel.audit.actions import Act, act, refuse
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Channel, Refusal, check_reason, nobody
from indelible.kernel.identity import (
    failed_sign_ins,
    one_time,
    passwords,
    proofs,
    queries,
    sources,
)
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.endings import end_sessions
from indelible.kernel.identity.events import (
    CHANGE_DUE,
    FACTOR_DUE,
    NOT_SIGNED_IN,
    PASSWORD_CHANGE,
    PROOF_FAILED,
    SESSION_BEGIN,
    SESSION_CLOSE,
    SESSION_END,
    SESSION_LOCK,
    SESSION_UNKNOWN,
    SESSION_USE,
    SIGN_IN_FAILED,
)
from indelible.kernel.identity.held import hold_beside
from indelible.kernel.identity.models import Credential, OneTimeCode, Person, Session, SessionSeen
from indelible.kernel.identity.types import ABSOLUTE_END, ADMINISTRATION, IDLE_LOCK, MOST_SESSIONS

__all__ = [
    "begin",
    "change_password",
    "end_session",
    "end_sessions",
    "enter",
    "hold_session",
    "lock_session",
    "sign_in",
    "sign_out",
]
_SEEN_STEP: Final = timedelta(seconds=30)
_NOT_YOURS: Final = "The password was not accepted. After five tries in a row an account locks."


def sign_in(
    user_id: str,
    password: str,
    *,
    source: str,
    channel: Channel,
    device: str = "",
    otp: str | None = None,
) -> tuple[str, Actor]:
    """Begins a session and returns its token (kept by us as a digest only) and the actor.

    Refusal SIGN_IN_FAILED (401), the same for an unknown id, a wrong password, a locked or inactive account and a
    temporary secret used before; SOURCE_WAITS, BUSY (429). `otp` is asked of whom it was confirmed for. A person who came in by a temporary secret can only change it.
    """
    visitor = nobody(source=source, channel=channel)
    person, named = queries.find_person(user_id), queries.identifier(user_id)
    with written_down(visitor, SESSION_BEGIN, object=named):
        sources.refuse_waiting(source)
        cause, credential = proofs.prove(person, password)
        if credential is not None and credential.used_at is not None:
            cause = cause or "temporary secret used before"
        code: OneTimeCode | None = None
        step = 0
        if not cause and person is not None:
            cause, code, step = one_time.cause_against(person, otp)
        if cause or person is None or credential is None:
            raise failed_sign_ins.refusal(person, named, cause, actor=visitor, device=_device(device))
    sources.succeeded_at(source, named)
    spend = partial(_spend, credential, code, step)
    return begin(
        person,
        one_time.BEGINS if code else "password",
        spend,
        source=source,
        channel=channel,
        device=device,
    )


def begin(
    person: Person,
    by: str,
    spend: Callable[[datetime], bool],
    *,
    source: str,
    channel: Channel,
    device: str,
    said: Mapping[str, Any] | None = None,
) -> tuple[str, Actor]:
    """The session of a person who proved themselves `by` something: its token and its actor.

    `spend` uses up, inside the act, what proved them; False where somebody else did so meanwhile: Refusal SIGN_IN_FAILED.
    `said` is how the identity provider says it knew them.
    Where MOST_SESSIONS are open, the one used least lately ends in the same act.
    """
    token, public_id, began = secrets.token_urlsafe(32), secrets.token_hex(8), clock()
    actor = queries.actor_of(person, session=public_id, source=source, channel=channel)
    actor = replace(actor, device=_device(device))
    told = {"device": _device(device), "by": by, **({} if said is None else {"said": dict(said)})}
    with act(actor, SESSION_BEGIN, object=f"session:{public_id}", detail=told):
        if not proofs.hold_unlocked(person) or not spend(began):
            raise Refusal(
                SIGN_IN_FAILED, failed_sign_ins.NOT_PROVEN, evidence={"cause": "overtaken by another attempt"}
            )
        session = Session.objects.create(
            person=person,
            public_id=public_id,
            token_digest=queries.token_digest(token),
            kind=Session.COOKIE if channel == "web" else Session.BEARER,
            source=source[:64],
            device=_device(device),
            begun_by=by,
            said=said,
            began_at=began,
            expires_at=began + ABSOLUTE_END,
        )
        SessionSeen.objects.create(session=session, at=began)
        _make_room(session)
        proofs.clear_failures(person)
    return token, actor


def _make_room(newest: Session) -> None:
    """Ends what is open beyond MOST_SESSIONS, the least lately used first; one that an act holds just now is in use and stays."""
    alike = queries.open_sessions(newest.person).filter(kind=newest.kind).exclude(pk=newest.pk)
    surplus = alike.order_by("-seen__at", "-pk").values_list("pk", flat=True)[MOST_SESSIONS - 1 :]
    held = Session.objects.select_for_update(skip_locked=True).filter(pk__in=list(surplus))
    end_sessions(list(held), "too many at once", newest.began_at)


def _spend(credential: Credential, code: OneTimeCode | None, step: int, now: datetime) -> bool:
    """Marks a temporary secret or one-time code as used; False when somebody else used it meanwhile (it works once)."""
    if not one_time.use(code, step):
        return False
    if not credential.temporary:
        return Credential.objects.filter(pk=credential.pk, ended_at=None).exists()
    return Credential.objects.filter(pk=credential.pk, ended_at=None, used_at=None).update(used_at=now) == 1


def _device(text: str) -> str:
    return keepable(text)[:300]


def enter(
    token: str,
    *,
    source: str,
    channel: Channel,
    object: str = "",
    attended: bool = True,
    change_due_allowed: bool = False,
    device: str = "",
) -> Actor:
    """The actor of a request, for every door: like queries.actor_for_session, and what follows from it is written.

    Idling locks the session and its absolute end ends it, each with its event; a refusal leaves an entry with
    `object`, what was asked for. `attended` is False for background polling, which keeps no session alive (ACC-04).
    """
    state = queries.session_state(token) if token else None
    if state is not None and state.cause in {"idle", "absolute end"}:
        _close(state, source=source, channel=channel)
    try:
        actor = queries.actor_in(state, source, channel, change_due_allowed=change_due_allowed)
    except Refusal as refusal:
        known = state is not None and refusal.rule in (CHANGE_DUE, FACTOR_DUE)
        who = (
            _person_actor(state, source, channel)
            if known and state
            else nobody(source=source, channel=channel)
        )
        refuse(who, SESSION_USE, refusal, object=object)
        raise
    if attended and state is not None and state.now - state.session.seen.at > _SEEN_STEP:
        SessionSeen.objects.filter(session=state.session).update(at=state.now)
    return replace(actor, device=_device(device))


def _close(state: queries.SessionState, *, source: str, channel: Channel) -> None:
    """Locks an idle session, or ends one that is at its absolute end."""
    actor = _person_actor(state, source, channel)
    if state.cause == "idle":
        lock_session(actor, cause="idle", at=state.session.seen.at + IDLE_LOCK)
    else:
        _end(actor, state.session, "absolute end", at=state.session.expires_at)


def _person_actor(state: queries.SessionState, source: str, channel: Channel) -> Actor:
    session = state.session
    return queries.actor_of(session.person, session=session.public_id, source=source, channel=channel)


def lock_session(actor: Actor, *, cause: str = "by the person", at: datetime | None = None) -> None:
    """Locks the actor's session until the same person proves themselves again; ends its signing period (SIG-04)."""
    with act(actor, SESSION_LOCK, object=f"session:{actor.session}", detail={"cause": cause}):
        session = _own(actor)
        if not queries.is_locked(session):
            session.locked_at = at or clock()
            session.save(update_fields=["locked_at"])


def sign_out(actor: Actor) -> None:
    """Ends the actor's session, and with it its signing period."""
    _end(actor, None, "signed out")


def end_session(actor: Actor, public_id: str, *, reason: str = "") -> None:
    """Ends an open session from elsewhere: one's own at any time, somebody else's by administration with a reason (URS-CRD-04).

    Refusals: NOT_AUTHORISED (403), a reason's (422), SESSION_UNKNOWN (404).
    """
    named = keepable(public_id)[:32]
    with act(actor, SESSION_CLOSE, object=f"session:{named}", reason=keepable(reason)):
        found = Session.objects.filter(public_id=named, ended_at=None)
        hold_beside(
            actor, found.values_list("person", flat=True)
        )  # what is done in it comes before, or not at all
        session = found.select_for_update().first()
        own = session is not None and session.person_id == actor.person_id
        if not own:
            require(actor, *ADMINISTRATION)
            check_reason(reason)
        if session is None:
            raise Refusal(SESSION_UNKNOWN, "This session is over already, or there never was one.")
        end_sessions([session], "ended by its person" if own else "ended by administration", clock())


def _end(actor: Actor, session: Session | None, cause: str, at: datetime | None = None) -> None:
    with act(actor, SESSION_END, object=f"session:{actor.session}", detail={"cause": cause}):
        end_sessions([session or _own(actor)], cause, at or clock())


def _own(actor: Actor) -> Session:
    session = queries.session_of(actor)
    if session is None or session.ended_at is not None:
        raise Refusal(NOT_SIGNED_IN, "This session is over. Sign in again.")
    return session


def hold_session(actor: Actor) -> Session | None:
    """Inside an act: the row of the actor's session, locked to the act's end; None when there is none."""
    if actor.person_id is None:
        return None
    return (
        Session.objects.select_for_update(no_key=True)
        .filter(public_id=actor.session, person_id=actor.person_id)
        .first()
    )


def change_password(actor: Actor, current: str, new: str) -> None:
    """Sets the actor's own password, proven by the present one; ends their other sessions (URS-CRD-03).

    Refusals: PROOF_FAILED (422, counted), PASSWORD_WEAK (422), PASSWORD_REPEATED (422), NOT_SIGNED_IN (401).
    """
    target = f"person:{actor.user_id}"
    with written_down(actor, PASSWORD_CHANGE, object=target):
        session = _own(actor)
        cause, present = proofs.prove(session.person, current)
        if cause or present is None:
            raise proofs.failed(
                session.person, PROOF_FAILED, _NOT_YOURS, actor=actor, evidence={"cause": cause}
            )
        kept = _acceptable(session.person, new)
    with act(actor, PASSWORD_CHANGE, object=target) as opened:
        _replace(opened, session.person, present, kept)
        others = Session.objects.filter(person=session.person, ended_at=None).exclude(pk=session.pk)
        end_sessions(list(others), "password changed", clock())
        proofs.clear_failures(session.person)


def _acceptable(person: Person, new: str) -> str:
    """The digest of a new password that keeps the rules."""
    passwords.check_strength(new, own=(person.user_id, person.name, person.email))
    before = Credential.objects.filter(person=person).order_by("-pk")[: passwords.HISTORY]
    passwords.check_history(new, [credential.secret for credential in before], of=person.user_id)
    return passwords.digest(new, of=person.user_id)


def _replace(opened: Act, person: Person, present: Credential, kept: str) -> None:
    now = clock()
    if Credential.objects.filter(pk=present.pk, ended_at=None).update(ended_at=now) != 1:
        raise Refusal(PROOF_FAILED, "The password was changed meanwhile. Sign in with the new one.")
    Credential.objects.create(
        person=person, secret=kept, issued_by=opened.actor.user_id, issued_at=now, temporary=False
    )
