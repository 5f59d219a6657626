"""The review of who may what: each right confirmed or removed, by somebody whose own it is not, and signed (URS-ACC-06).

Every right is reviewed within half a year of its beginning and of its last review: an interval that no setting lengthens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal

import rfc8785
from django.db.models import Max

from indelible.kernel.access import machines
from indelible.kernel.access.models import MachineCredential
from indelible.kernel.audit.actions import Act, act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import challenges, classes, grants, proofs, standing
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.events import OWN_RIGHTS
from indelible.kernel.identity.held import hold_people
from indelible.kernel.identity.models import ClassGrant, Grant, GrantDecision, Person, Session
from indelible.kernel.identity.openid import Word
from indelible.kernel.identity.types import QA_APPROVER, ROLES, SECURITY_UNIT, conflict
from indelible.kernel.signatures import gates, proving, putting
from indelible.kernel.signatures.events import ACCESS_REVIEW, REVIEW_UNDECIDED, RIGHTS_CHANGED
from indelible.kernel.signatures.manifest import instant
from indelible.kernel.signatures.models import AccessReview, ReviewedRight
from indelible.kernel.signatures.types import Components

EVERY: Final = timedelta(days=180)
"""Between two reviews of a right, at most."""
DORMANT: Final = timedelta(days=90)
"""Who has not signed in for so long is shown as dormant."""
REVIEWING: Final = (SECURITY_UNIT, QA_APPROVER)
"""Who reviews rights: those that watch and those that answer for the records, not those that grant."""

PURPOSE: Final = "access review"
Decision = Literal["keep", "remove"]
_Used = Mapping[int, datetime]
_Reviewed = Mapping[tuple[str, int], datetime]


@dataclass(frozen=True, slots=True)
class Right:
    """One right in force: of whom, which, where, since when, when reviewed last, and what stands out of it."""

    kind: Literal["role", "machine", "class"]
    id: int
    person: Person
    title: str
    scope: str
    since: datetime
    reviewed_at: datetime | None
    used_at: datetime | None
    flags: tuple[str, ...]

    @property
    def key(self) -> str:
        """By which a form names it."""
        return f"{self.kind}:{self.id}"

    @property
    def due(self) -> datetime:
        """Until when it has to be reviewed."""
        return (self.reviewed_at or self.since) + EVERY

    def document(self) -> list[Any]:
        """As it is signed, before what is decided of it."""
        return [
            self.key,
            self.person.user_id,
            self.person.name,
            self.title,
            self.scope,
            instant(self.since),
            list(self.flags),
        ]


def rights(actor: Actor) -> list[Right]:
    """Every right in force, by person and kind. Refusal NOT_AUTHORISED (403)."""
    require(actor, *identity.ANSWERING)
    return _rights(clock(), _used())


def _used() -> dict[int, datetime]:
    """When each person signed in last, by key."""
    return dict(Session.objects.values_list("person_id").annotate(last=Max("began_at")))


def _rights(now: datetime, used: _Used) -> list[Right]:
    newest = ReviewedRight.objects.values_list("kind", "right").annotate(last=Max("review__at"))
    reviewed = {(kind, right): last for kind, right, last in newest}
    found = [
        *_roles(now, used, reviewed),
        *_machines(now, used, reviewed),
        *_classes(now, used, reviewed),
    ]
    return sorted(found, key=lambda one: (one.person.name, one.person.pk, one.kind != "role", one.id))


def _roles(now: datetime, used: _Used, reviewed: _Reviewed) -> Iterable[Right]:
    ended = GrantDecision.objects.filter(decision=GrantDecision.ENDED).values("grant")
    approved = GrantDecision.objects.filter(decision=GrantDecision.APPROVED).exclude(grant__in=ended)
    approved = approved.filter(grant__in=Grant.objects.filter(identity.counting()))
    active = list(approved.select_related("grant__person__site", "grant__site").order_by("grant"))
    held: dict[int, set[str]] = {}
    for one in active:
        held.setdefault(one.grant.person_id, set()).add(one.grant.role)
    for one in active:
        grant = one.grant
        last = used.get(grant.person_id)
        clashing = any(conflict(grant.role, other) for other in held[grant.person_id] - {grant.role})
        yield Right(
            "role",
            grant.pk,
            grant.person,
            ROLES[grant.role].title if grant.role in ROLES else grant.role,
            identity.scope_of(grant) or str(grant.person.site.code),
            one.at,
            reviewed.get(("role", grant.pk)),
            last,
            _flags(now, last, clashing=clashing),
        )


def _machines(now: datetime, used: _Used, reviewed: _Reviewed) -> Iterable[Right]:
    found = MachineCredential.objects.filter(ended_at=None, expires_at__gt=now, owner__status=Person.ACTIVE)
    for one in found.select_related("owner"):
        last = used.get(one.owner_id)
        flags = _flags(now, last) + (() if one.drawn_at else ("never drawn",))
        yield Right(
            "machine",
            one.pk,
            one.owner,
            f"Program “{one.label}”",
            ", ".join([*one.processes, *one.operations]),
            one.allowed_at,
            reviewed.get(("machine", one.pk)),
            last,
            flags,
        )


def _classes(now: datetime, used: _Used, reviewed: _Reviewed) -> Iterable[Right]:
    for one in ClassGrant.objects.filter(ended_at=None).select_related("person__site"):
        last = used.get(one.person_id)
        yield Right(
            "class",
            one.pk,
            one.person,
            "Confidential records",
            one.code,
            one.given_at,
            reviewed.get(("class", one.pk)),
            last,
            _flags(now, last),
        )


def _flags(now: datetime, last: datetime | None, *, clashing: bool = False) -> tuple[str, ...]:
    told = {
        "never signed in": last is None,
        "dormant": last is not None and now - last >= DORMANT,
        "conflicting roles": clashing,
    }
    return tuple(flag for flag, holds in told.items() if holds)


def digest_of(listed: Iterable[Right]) -> str:
    """SHA-256, in hex, of the rights as they were shown: who reviews them decides on exactly those."""
    return sha256(bytes(rfc8785.dumps([one.document() for one in listed]))).hexdigest()


@dataclass(frozen=True, slots=True)
class Due:
    """How the review stands: the last one, until when the next right has to be reviewed, how many are overdue."""

    last: AccessReview | None
    before: datetime | None
    overdue: int


def due() -> Due:
    """When the next review has to be made, over all rights in force; asked each quarter of a minute, it reads no session."""
    now = clock()
    listed = _rights(now, {})
    last = AccessReview.objects.select_related("by").order_by("-id").first()
    before = min((one.due for one in listed), default=None)
    return Due(last, before, sum(now >= one.due for one in listed))


def review(
    actor: Actor, components: Components, *, digest: str, decisions: Mapping[str, Decision]
) -> AccessReview:
    """Signs what is decided of each named right, and removes at once what is not kept, all in one act.

    `digest` is that of the list as shown; `decisions` are by key. Nobody decides of their own right: it stays due until
    another does. Refusals: NOT_AUTHORISED, OWN_RIGHTS, NOT_A_SIGNER, DOOR_CLOSED (403), NOT_SIGNED_IN (401), RIGHTS_CHANGED,
    LAST_ADMINISTRATORS (409), REVIEW_UNDECIDED (422), those of the gates of every signing and of a first one's components. Raises Put where it is
    only put before the reviewer's device or identity provider.
    """
    with act(actor, ACCESS_REVIEW, object="rights") as opened:
        require(actor, *REVIEWING)
        person = proving.signer(actor)
        gates.pass_all(gates.Signing(actor=actor, person=person, named="the review of rights"))
        put = putting.prepared_of(components)
        chosen = _chosen(person, _rights(clock(), _used()), keepable(digest), decisions)
        _hold(actor, [one for one in chosen if decisions[one.key] == "remove"])
        session = proving.held(actor)
        content = rfc8785.dumps(
            {
                "at": instant(put.at),
                "nonce": put.nonce,
                "reviewer": {"id": person.user_id, "name": person.name},
                "rights": [[*one.document(), decisions[one.key]] for one in chosen],
            }
        ).decode()
        signed = sha256(content.encode()).hexdigest()
        used = proving.components_of(components, session, first=True)
        putting.stop_if_put(components, put, signed)
        proven = proving.proved(actor, person, components, signed)
        proofs.clear_failures(person)
        made = AccessReview.objects.create(
            by=person,
            components=",".join(used),
            content=content,
            digest=signed,
            evidence={"by": proven.by, "proof": dict(proven.evidence)},
            at=put.at,
            act=opened.id,
        )
        with standing.kept(actor, otherwise="Keep a role of administration of two people who can come in."):
            for one in chosen:
                _decide(opened, made, one, removed=decisions[one.key] == "remove")
        return made


def put_review(
    actor: Actor, components: Components, *, digest: str, decisions: Mapping[str, Decision]
) -> putting.Asked:
    """Puts the review before the reviewer's device or identity provider, as `components.means` says; refuses like `review`."""
    given = {"listed": digest, "decisions": dict(decisions)}
    with putting.only_put() as put:
        review(actor, components, digest=digest, decisions=decisions)
    return putting.keep(actor, PURPOSE, components, put[0], given)


def kept_decisions(actor: Actor, handle: str = "") -> dict[str, Decision]:
    """What the actor decided of the rights and put before their device or provider in this session, not answered yet: by its
    handle, or last. Empty where nothing waits."""
    kept = (
        challenges.open_question(handle, PURPOSE, session=actor.session)
        if handle
        else challenges.waiting(PURPOSE, session=actor.session)
    )
    return dict(kept["decisions"]) if kept else {}


def review_put(
    actor: Actor, handle: str, *, passkey: Mapping[str, Any] | None = None, provider: Word | None = None
) -> AccessReview:
    """Signs the review that was put before the actor in this session, with the answer. Refusals: CHALLENGE_OVER (409), `review`'s."""
    with written_down(actor, ACCESS_REVIEW, object="rights"):
        kept = challenges.take(handle, PURPOSE, session=actor.session)
    answered = putting.answered(kept, passkey, provider)
    return review(actor, answered, digest=kept["listed"], decisions=kept["decisions"])


def _chosen(
    person: Person, listed: list[Right], digest: str, decisions: Mapping[str, Decision]
) -> list[Right]:
    if digest_of(listed) != digest:
        raise Refusal(
            RIGHTS_CHANGED, "The rights are not those you saw any more. Look at them again, then decide."
        )
    chosen = [one for one in listed if one.key in decisions]
    if not chosen or len(chosen) != len(decisions) or set(decisions.values()) - {"keep", "remove"}:
        raise Refusal(REVIEW_UNDECIDED, "Say of at least one right whether it is kept or removed.")
    if any(one.person.pk == person.pk for one in chosen):
        raise Refusal(OWN_RIGHTS, "Nobody confirms their own rights. Leave yours to another reviewer.")
    return chosen


def _hold(actor: Actor, removed: list[Right]) -> None:
    """The reviewer still may, and of whom something is removed nobody acts on it meanwhile (identity.held). Those of administration
    are held with them, in one order: `standing.kept` judges them at the end."""
    ending = {one.person.pk for one in removed} | identity.administering()
    require(hold_people(actor, ending), *REVIEWING)
    grants = [one.id for one in removed if one.kind == "role"]
    if GrantDecision.objects.filter(grant__in=grants, decision=GrantDecision.ENDED).exists():
        raise Refusal(
            RIGHTS_CHANGED,
            "Somebody else ended one of these rights meanwhile. Look at them again, then decide.",
        )


def _decide(opened: Act, made: AccessReview, one: Right, *, removed: bool) -> None:
    ReviewedRight.objects.create(review=made, kind=one.kind, right=one.id, removed=removed)
    if removed and one.kind == "role":
        grants.decide(opened, Grant.objects.get(pk=one.id), GrantDecision.ENDED)
    elif removed:
        end = machines.end_reviewed if one.kind == "machine" else classes.end_reviewed
        end(opened, one.id, made.at)
