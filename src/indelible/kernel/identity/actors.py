"""The actor a person is at this moment, with roles, sites and classes, in a session or by themselves; reads."""

from __future__ import annotations

from collections.abc import Sequence

from indelible.kernel.audit.types import EVERY_CLASS, EVERY_SITE, Actor, Channel, Refusal
from indelible.kernel.identity import factor_rules
from indelible.kernel.identity.events import CHANGE_DUE, FACTOR_DUE, NOT_SIGNED_IN, SESSION_LOCKED
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.rights import active_grants, open_classes, scope_of
from indelible.kernel.identity.session_states import SessionState, session_state
from indelible.kernel.identity.types import CLEARED


def actor_for_session(
    token: str, source: str, channel: Channel, *, change_due_allowed: bool = False
) -> Actor:
    """The person behind a token, with roles and sites of this moment; reads only (doors call actions.enter).

    Raises Refusal NOT_SIGNED_IN (401), SESSION_LOCKED (401) or CHANGE_DUE (403: a temporary secret has to be
    replaced before anything else; allowed where exactly that is done).
    """
    return actor_in(session_state(token), source, channel, change_due_allowed=change_due_allowed)


def actor_in(
    state: SessionState | None, source: str, channel: Channel, *, change_due_allowed: bool = False
) -> Actor:
    """The same for a session whose state is known already."""
    if state is None or state.cause in {"ended", "absolute end"}:
        raise Refusal(
            NOT_SIGNED_IN, "Sign in to go on; nothing of what you have written is lost on our side."
        )
    if state.cause:
        raise Refusal(SESSION_LOCKED, "The session is locked. Unlock it with what you signed in with.")
    if state.change_due and not change_due_allowed:
        raise Refusal(
            CHANGE_DUE, "You came in with a temporary secret. Set a password only you know, then go on."
        )
    session = state.session
    roles = {role for role, _ in state.held}
    due = factor_rules.why_due(state.rule, session.begun_by, roles, source, session.said)
    if due and not change_due_allowed:
        raise Refusal(
            FACTOR_DUE,
            f"It was decided that {due}. Enrol a passkey or one-time codes, have it confirmed, and sign in with it.",
        )
    return _actor(
        session.person,
        state.held,
        state.classes,
        session=session.public_id,
        source=source,
        channel=channel,
    )


def actor_of(person: Person, *, session: str, source: str, channel: Channel) -> Actor:
    """The actor a person is at this moment: active roles, and the sites they may see (URS-AUT-01, -06)."""
    held = [(grant.role, scope_of(grant)) for grant in active_grants(person)]
    classes = tuple(open_classes(person).values_list("code", flat=True))
    return _actor(person, held, classes, session=session, source=source, channel=channel)


def _actor(
    person: Person,
    held: Sequence[tuple[str, str]],
    classes: tuple[str, ...],
    *,
    session: str,
    source: str,
    channel: Channel,
) -> Actor:
    cleared = any(role in CLEARED for role, _ in held)
    return Actor(
        user_id=person.user_id,
        name=person.name,
        roles=tuple(sorted({role for role, _ in held})),
        person_id=person.pk,
        site=person.site.code,
        legal_entity=person.site.legal_entity.code,
        sites=_sites(person, {scope for _, scope in held}),
        classes=EVERY_CLASS if cleared else classes,
        session=session,
        source=source,
        channel=channel,
        zone=person.zone,
    )


def _sites(person: Person, scopes: set[str]) -> tuple[str, ...]:
    return EVERY_SITE if "*" in scopes else tuple(sorted((scopes - {""}) | {person.site.code}))
