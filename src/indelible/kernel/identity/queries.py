"""Reads of people, their rights and their sessions; nothing here writes (verbs are in actions)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import DateTimeField, Exists, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.crypto import salted_hmac

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import EVERY_CLASS, EVERY_SITE, Actor, Channel, Refusal
from indelible.kernel.identity import factor_rules, skeletons
from indelible.kernel.identity.events import (
    CHANGE_DUE,
    FACTOR_DUE,
    NOT_AUTHORISED,
    NOT_SIGNED_IN,
    PERSON_UNKNOWN,
    SESSION_LOCKED,
)
from indelible.kernel.identity.models import (
    ClassGrant,
    Credential,
    FactorRule,
    Grant,
    GrantDecision,
    IdentityVerification,
    LegalEntity,
    Lockout,
    OneTimeCode,
    Passkey,
    Person,
    ProviderAccount,
    Session,
    Site,
    SmallFirmException,
)
from indelible.kernel.identity.types import (
    ADMINISTRATION,
    CLEARED,
    IDLE_LOCK,
    INSPECTOR,
    QA_APPROVER,
    REMINDED_BEFORE,
    SECURITY_UNIT,
    SYSTEM_ADMINISTRATOR,
    TESTED_FOR,
    Access,
)

ANSWERING: Final = (SYSTEM_ADMINISTRATOR, SECURITY_UNIT, QA_APPROVER, INSPECTOR)
"""Who is told about other people's rights and proofs: those who answer for them, and inspectors."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session as it is now (database time): `cause` is empty while it is in force, else why it is not;
    `change_due` while its person has to replace a temporary secret. `held` are the person's grants as (role, scope)."""

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
                    said=JSONObject(administrators="administrators", networks="networks")
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
        session.change_due,
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
        raise Refusal(SESSION_LOCKED, "The session is locked. Unlock it with your password.")
    if state.change_due and not change_due_allowed:
        raise Refusal(
            CHANGE_DUE, "You came in with a temporary secret. Set a password only you know, then go on."
        )
    session = state.session
    roles = {role for role, _ in state.held}
    due = factor_rules.why_due(state.rule, session.begun_by, roles, source)
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


def open_classes(person: Person | OuterRef) -> QuerySet[ClassGrant]:
    """The confidentiality classes open to a person now, by code."""
    return ClassGrant.objects.filter(person=person, ended_at=None).order_by("code")


def classes_of(actor: Actor, user_id: str) -> QuerySet[ClassGrant]:
    """The same of a person as they are told. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    return open_classes(told_of(actor, user_id))


def known_classes() -> list[str]:
    """Every class that is open to somebody, by code."""
    return sorted(set(ClassGrant.objects.filter(ended_at=None).values_list("code", flat=True)))


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


def scope_of(grant: Grant) -> str:
    """Where a grant holds: `*` everywhere, a site's code, or empty for the person's own site."""
    if grant.everywhere:
        return "*"
    return grant.site.code if grant.site else ""


def active_grants(person: Person | OuterRef) -> QuerySet[Grant]:
    """The grants in force now."""
    ended = GrantDecision.objects.filter(decision=GrantDecision.ENDED).values("grant")
    return (
        Grant.objects.filter(counting(), person=person, decisions__decision=GrantDecision.APPROVED)
        .exclude(pk__in=ended)
        .select_related("site")
    )


def counting() -> Q:
    """Of grants: those whose last day is not over, under no exception or one that is in force now (URS-AUT-03)."""
    now = Func(function="audit.clock", output_field=DateTimeField())
    lasting = Q(ends_at=None) | Q(ends_at__gt=now)
    excepted = Q(exception__approved_at__isnull=False, exception__ended_at=None, exception__ends_at__gt=now)
    return lasting & (Q(exception=None) | excepted)


def exceptions(actor: Actor, user_id: str) -> QuerySet[SmallFirmException]:
    """The exceptions for a very small firm of a person, the newest first. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    return SmallFirmException.objects.filter(person=told_of(actor, user_id)).order_by("-pk")


def exception_in_force(person: Person) -> SmallFirmException | None:
    """The exception under which a person may administer and have a part in the records now."""
    found = SmallFirmException.objects.filter(person=person, approved_at__isnull=False, ended_at=None)
    return found.filter(ends_at__gt=clock()).order_by("-ends_at").first()


def proposed_grants(person: Person | None = None) -> QuerySet[Grant]:
    """The grants that wait for a second person, of one person or of all, oldest first."""
    waiting = Grant.objects.filter(decisions=None).select_related("person", "site").order_by("pk")
    return waiting.filter(person=person) if person else waiting


def find_person(user_id: str) -> Person | None:
    """The person of an id (letter case apart), active or not; None when there is none (URS-UNQ-01)."""
    key = skeletons.skeleton(user_id[:200])
    person = Person.objects.select_related("site__legal_entity").filter(skeleton=key).first() if key else None
    return person if person and skeletons.same_id(user_id, person.user_id) else None


def person_of(user_id: str) -> Person:
    """The person of an id; Refusal PERSON_UNKNOWN (404) when there is none."""
    person = find_person(user_id)
    if person is None:
        raise Refusal(PERSON_UNKNOWN, "There is no person with this id, or it is not yours to know.")
    return person


def identifier(user_id: str) -> str:
    """How an id that was tried stands in the trail: a known one as it is, any other by keyed digest only, because
    people type their password into the wrong field (URS-AUD-07)."""
    person = find_person(user_id)
    return f"person:{person.user_id}" if person else f"unknown:{_keyed(user_id)}"


def _keyed(text: str) -> str:
    return salted_hmac(
        "indelible.identity.unknown", text.encode("utf-8", "replace"), algorithm="sha256"
    ).hexdigest()[:32]


def names_of(user_ids: Iterable[str]) -> dict[str, str]:
    """Printed names by id, in order of id; what is nobody's id is left out."""
    found = Person.objects.filter(user_id__in=list(user_ids)).order_by("user_id")
    return dict(found.values_list("user_id", "name"))


def people(actor: Actor, *, q: str = "", status: str = "") -> QuerySet[Person]:
    """Everybody with an account, active and inactive, by name; for anybody signed in (URS-ACC-03)."""
    if actor.person_id is None and actor.channel not in {"job", "init"}:
        raise Refusal(NOT_SIGNED_IN, "Sign in to see the people.")
    found = Person.objects.select_related("site__legal_entity").order_by("name", "pk")
    if q := q.encode("utf-8", "ignore").decode("utf-8").replace("\0", ""):
        found = found.filter(Q(name__icontains=q) | Q(user_id__icontains=q))
    return found.filter(status=status) if status else found


def access_list(actor: Actor, as_of: datetime) -> list[Access]:
    """Who held which role, and to whom which confidentiality class was open, at an instant, by name (URS-ACC-05).

    For those who answer for access, and inspectors: Refusal NOT_AUTHORISED (403). With programs: access.queries.
    """
    if not actor.holds(*ANSWERING):
        raise Refusal(
            NOT_AUTHORISED, "The access list is for the security unit, administrators, QA and inspectors."
        )
    approvals = (
        GrantDecision.objects.filter(decision=GrantDecision.APPROVED, at__lte=as_of)
        .select_related("grant__person__site", "grant__site", "grant__own_site", "grant__exception")
        .order_by("grant__person__name", "grant__role", "grant_id")
    )
    ends = {
        decision.grant_id: decision.at
        for decision in GrantDecision.objects.filter(decision=GrantDecision.ENDED)
    }
    rows = [_access(one, _ended(one.grant, ends.get(one.grant_id))) for one in approvals]
    opened = ClassGrant.objects.filter(given_at__lte=as_of).select_related("person").order_by("code", "pk")
    rows = sorted([*rows, *map(_opened, opened)], key=lambda row: (row.name, row.user_id))
    return [row for row in rows if row.ended is None or row.ended > as_of]


def _opened(one: ClassGrant) -> Access:
    return Access(
        user_id=one.person.user_id,
        name=one.person.name,
        role=one.code,
        scope="",
        proposed_by=one.given_by,
        approved_by=one.given_by,
        began=one.given_at,
        ended=one.ended_at,
        kind="class",
    )


def _ended(grant: Grant, decided: datetime | None) -> datetime | None:
    """When a right ended or will: by decision, by its last day, or with the exception it was given under."""
    times = [decided, grant.ends_at]
    if grant.exception:
        times += [grant.exception.ended_at, grant.exception.ends_at]
    return min((one for one in times if one is not None), default=None)


def _access(approval: GrantDecision, ended: datetime | None) -> Access:
    grant = approval.grant
    return Access(
        user_id=grant.person.user_id,
        name=grant.person.name,
        role=grant.role,
        scope=scope_of(grant) or (grant.own_site or grant.person.site).code,
        proposed_by=grant.proposed_by,
        approved_by=approval.by,
        began=approval.at,
        ended=ended,
    )


def credential_in_force(person: Person) -> Credential | None:
    """The password a person has now, temporary ones included."""
    return Credential.objects.filter(person=person, kind=Credential.PASSWORD, ended_at=None).first()


def credentials_now(person: Person) -> str:
    """All that the person could prove themselves with now, as words: a signing period does not outlive a change of it (SIG-04)."""
    with connection.cursor() as cursor:
        cursor.execute(_CREDENTIALS, {"person": person.pk})
        named = [row[0] for row in cursor.fetchall()]
    return ", ".join(named)[:400]


def passkeys(actor: Actor, user_id: str = "") -> QuerySet[Passkey]:
    """The passkeys of the actor, or of somebody else for those who answer for people, ended ones too, the newest first.

    Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404).
    """
    return Passkey.objects.filter(person=told_of(actor, user_id)).order_by("-pk")


def devices_to_test(actor: Actor) -> QuerySet[Passkey]:
    """The actor's passkeys in use whose test is due soon or was missed, the most urgent first (URS-CRD-06)."""
    since = clock() - (TESTED_FOR - REMINDED_BEFORE)
    own = Passkey.objects.filter(person=actor.person_id, ended_at=None, confirmed_at__isnull=False)
    return own.filter(tested_at__lte=since).order_by("tested_at", "pk")


def provider_accounts(actor: Actor, user_id: str = "") -> QuerySet[ProviderAccount]:
    """The accounts at the identity provider of the actor, or of somebody else, as `passkeys`."""
    return ProviderAccount.objects.filter(person=told_of(actor, user_id)).order_by("-pk")


def one_time_code(actor: Actor, user_id: str = "") -> OneTimeCode | None:
    """The authenticator that is not ended, confirmed or waiting, of the actor or of somebody else, as `passkeys`."""
    return OneTimeCode.objects.filter(person=told_of(actor, user_id), ended_at=None).first()


def told_of(actor: Actor, user_id: str) -> Person:
    """The person of an id, or the actor for none, where the actor may be told how they are known: their own, or of others
    for those who answer for people. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    person = person_of(user_id or actor.user_id)
    if person.pk != actor.person_id and not actor.holds(*ANSWERING):
        raise Refusal(
            NOT_AUTHORISED, "This is for administrators, the security unit, QA approvers and inspectors."
        )
    return person


def last_verification(person: Person) -> IdentityVerification | None:
    """What was said last about who this person is: that it was confirmed, or that it no longer counts."""
    return person.verifications.order_by("-id").first()


def verifications(actor: Actor, user_id: str) -> QuerySet[IdentityVerification]:
    """Everything that was said about a person's identity, newest first. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN (404)."""
    if not actor.holds(*ANSWERING):
        raise Refusal(
            NOT_AUTHORISED, "This is for administrators, the security unit, QA approvers and inspectors."
        )
    return person_of(user_id).verifications.order_by("-id")


def verified_among(persons: Iterable[Person]) -> set[int]:
    """Whose identity is confirmed, by primary key."""
    newest = IdentityVerification.objects.filter(person__in=list(persons)).order_by("person_id", "-id")
    return {
        one.person_id for one in newest.distinct("person_id") if one.kind == IdentityVerification.VERIFIED
    }


def is_identity_verified(person: Person) -> bool:
    """Whether somebody confirmed who this person is, and nothing ended it since (URS-UNQ-02)."""
    last = last_verification(person)
    return last is not None and last.kind == IdentityVerification.VERIFIED


def is_change_due(person: Person) -> bool:
    """Whether the person still has to replace a temporary secret."""
    return Credential.objects.filter(person=person, ended_at=None, temporary=True).exists()


def is_account_locked(person: Person) -> bool:
    """Whether failed attempts locked the account (URS-ACC-07)."""
    return Lockout.objects.filter(person=person).exclude(locked_at=None).exists()


def roles_of(persons: Iterable[Person]) -> dict[int, tuple[str, ...]]:
    """The roles in force now of many people at once, sorted, by the person's key; in one query."""
    ended = GrantDecision.objects.filter(decision=GrantDecision.ENDED).values("grant")
    found: dict[int, set[str]] = {person.pk: set() for person in persons}
    grants = Grant.objects.filter(
        counting(), person__in=list(found), decisions__decision=GrantDecision.APPROVED
    )
    for person, role in grants.exclude(pk__in=ended).values_list("person_id", "role"):
        found[person].add(role)
    return {key: tuple(sorted(roles)) for key, roles in found.items()}


def administering() -> set[int]:
    """The keys of the active people who hold a role of administration."""
    active = list(Person.objects.filter(status=Person.ACTIVE))
    return {key for key, roles in roles_of(active).items() if set(roles) & set(ADMINISTRATION)}


def locked_among(persons: Iterable[Person]) -> set[int]:
    """The keys of those whose account failed attempts locked (URS-ACC-07); in one query."""
    keys = [person.pk for person in persons]
    locked = Lockout.objects.filter(person__in=keys).exclude(locked_at=None)
    return set(locked.values_list("person_id", flat=True))


def locked_accounts() -> QuerySet[Person]:
    """The people whose account is locked now; for the security unit's desk."""
    return Person.objects.exclude(lockout__locked_at=None).order_by("lockout__locked_at")


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


def is_session_in_force(session: Session) -> bool:
    """Whether the session is neither ended nor locked nor past its end (idling is the doors' matter)."""
    return session.ended_at is None and not is_locked(session) and clock() < session.expires_at


def site(code: str) -> Site | None:
    """The site of a code."""
    return Site.objects.select_related("legal_entity").filter(code=code).first()


def sites() -> QuerySet[Site]:
    """All sites by code."""
    return Site.objects.select_related("legal_entity").order_by("code")


def legal_entities() -> QuerySet[LegalEntity]:
    """All legal entities by name."""
    return LegalEntity.objects.order_by("name", "pk")


def legal_entity(code: str) -> LegalEntity | None:
    """The legal entity of a code."""
    return LegalEntity.objects.filter(code=code).first()


_CREDENTIALS: Final = """
    select 'password ' || id from identity_credential
     where person_id = %(person)s and kind = 'password' and ended_at is null
    union all (select 'passkey ' || id from identity_passkey
     where person_id = %(person)s and ended_at is null and confirmed_at is not null order by id)
    union all select 'provider ' || id from identity_provider_account
     where person_id = %(person)s and ended_at is null and confirmed_at is not null
    union all select 'one-time code ' || id from identity_one_time_code
     where person_id = %(person)s and ended_at is null and confirmed_at is not null
"""
