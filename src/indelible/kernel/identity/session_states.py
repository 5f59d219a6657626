"""Sessions as they are now, and whose they are; reads (verbs are in sessions)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateTimeField, Exists, Func, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.accounts import person_of
from indelible.kernel.identity.credentials import is_change_due
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.models import Credential, FactorRule, Person, Session
from indelible.kernel.identity.rights import active_grants, open_classes
from indelible.kernel.identity.types import IDLE_LOCK, SECURITY_UNIT, SYSTEM_ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session as it is now (database time): `cause` is empty while it is in force, else why it is not;
    `change_due` while its person, who came in by a password, has to replace a temporary secret. `held` are the person's grants as (role, scope)."""

    session: Session
    cause: str
    change_due: bool
    now: datetime
    held: tuple[tuple[str, str], ...]
    rule: Mapping[str, Any] | None = None
    """What was decided about second factors, as JSON."""
    classes: tuple[str, ...] = ()
    """The confidentiality classes open to the person."""


def token_digest(token: str) -> str:
    """The form in which a token is kept: SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def session_state(token: str) -> SessionState | None:
    """The session of this token and whether it is `ended`, at its `absolute end`, `locked`, `idle` or in force (URS-ACC-04)."""
    temporary = Credential.objects.filter(person=OuterRef("person"), ended_at=None, temporary=True)
    session = (
        Session.objects.select_related("person__site__legal_entity", "seen")
        .annotate(
            read_at=Func(function="audit.clock", output_field=DateTimeField()),
            change_due=Exists(temporary),
            rule=Subquery(
                FactorRule.objects.order_by("-id").values(
                    said=JSONObject(
                        administrators="administrators", networks="networks", provider_asks="provider_asks"
                    )
                )[:1]
            ),
            classes=ArraySubquery(open_classes(OuterRef("person")).values("code")),
            held=ArraySubquery(
                active_grants(OuterRef("person")).values(
                    held=JSONObject(role="role", everywhere="everywhere", site="site__code")
                )
            ),
        )
        .filter(token_digest=token_digest(token))
        .first()
    )
    if session is None:
        return None
    held = tuple((g["role"], "*" if g["everywhere"] else g["site"] or "") for g in session.held)
    return SessionState(
        session,
        _cause(session, session.read_at),
        session.change_due and not is_begun_by_more(session),
        session.read_at,
        held,
        session.rule,
        tuple(session.classes),
    )


def _cause(session: Session, now: datetime) -> str:
    if session.ended_at is not None or session.person.status != Person.ACTIVE:
        return "ended"
    if now >= session.expires_at:
        return "absolute end"
    if is_locked(session):
        return "locked"
    return "idle" if now - session.seen.at > IDLE_LOCK else ""


def is_locked(session: Session) -> bool:
    """Whether the session was locked and not unlocked since."""
    if session.locked_at is None:
        return False
    return session.unlocked_at is None or session.unlocked_at < session.locked_at


def open_sessions(person: Person) -> QuerySet[Session]:
    """The sessions of a person that nobody ended; some may be past their time."""
    return Session.objects.filter(person=person, ended_at=None, expires_at__gt=clock()).order_by("-began_at")


def sessions_told(actor: Actor, user_id: str = "") -> QuerySet[Session]:
    """The open sessions of the actor, or of somebody else for administration, with when they were used last.

    Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404).
    """
    person = person_of(user_id or actor.user_id)
    if person.pk != actor.person_id and not actor.holds(SYSTEM_ADMINISTRATOR, SECURITY_UNIT):
        raise Refusal(
            NOT_AUTHORISED, "Other people's sessions are told to administrators and the security unit."
        )
    return open_sessions(person).select_related("seen")


def session_of(actor: Actor) -> Session | None:
    """The row of the session an actor acts in."""
    if not actor.session or actor.person_id is None:
        return None
    return Session.objects.filter(public_id=actor.session, person_id=actor.person_id).first()


def is_begun_by_more(session: Session) -> bool:
    """Whether the session was begun by a device or the identity provider: by more than something known (URS-SIG-02)."""
    return (session.begun_by or "").startswith(("passkey ", "provider "))


def is_change_due_in(session: Session) -> bool:
    """Whether a temporary secret has to be replaced in this session before anything else. A passkey or the provider is not reset
    with the password: whoever issued a secret and handed it to nobody does not shut out by it who has one (URS-AUT-04)."""
    return not is_begun_by_more(session) and is_change_due(session.person)


def is_session_in_force(session: Session) -> bool:
    """Whether the session is neither ended nor locked nor past its end (idling is the doors' matter)."""
    return session.ended_at is None and not is_locked(session) and clock() < session.expires_at
