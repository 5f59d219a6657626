"""The statement by which a person answers for what is done under their electronic signature (21 CFR 11.10(j), 11.100(c)(2)).

A new version, or a year, asks everybody anew; before that nobody signs (URS-POL-01, -02). The first version is shipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateTimeField, Func, OuterRef
from django.db.models.functions import JSONObject

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.paging import PAGE, Page, limit_of
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.models import Person
from indelible.kernel.identity.types import BY_NAME, QA_APPROVER, SECURITY_UNIT
from indelible.kernel.signatures.events import (
    ACCOUNTABILITY_PUBLISH,
    STATEMENT_INCOMPLETE,
)
from indelible.kernel.signatures.models import Acceptance, Statement

HOLDS_FOR: Final = timedelta(days=365)
"""After this an acceptance has to be made anew; a ceiling, not a setting (URS-POL-02)."""
MOST_GRACE: Final = 30
"""Days for which people may go on signing under the version before, at most."""
_NEVER: Final = "never accepted"
SHIPPED: Final = (
    "My electronic signature in this system is the legally binding equivalent of my handwritten signature. I am accountable "
    "and responsible for every action taken under it. I use it myself and alone: I tell nobody my password, I leave no "
    "session open to others, and I report at once to the security unit when I suspect that somebody else knows or uses it. "
    "I sign only what I have read, and only for the meaning that stands beside my signature. I know that falsifying a record "
    "or a signature has consequences under the rules of this company and under the law."
)
"""The first version (21 CFR 11.10(j)); a company publishes its own over it."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The statement that counts: version, text, and until when the version before it still lets sign (None: it does not)."""

    version: int
    text: str
    grace_until: datetime | None

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hex: what exactly was accepted."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to the statement: what they accepted last, and why they must accept anew ("" while they need not).

    `until` is the instant from which they no longer sign while a newer statement waits for them; None where none does.
    """

    accepted: Acceptance | None
    due: str
    until: datetime | None = None


def in_force() -> InForce:
    """The newest version."""
    found = Statement.objects.order_by("-version").first()
    return InForce(found.version, found.text, found.grace_until) if found else InForce(1, SHIPPED, None)


def standing(person: Person, now: datetime) -> Standing:
    """Whether the person has accepted what counts now, in words."""
    return _standing(_acceptances().filter(person=person).order_by("-id").first(), now)


def asked_of(actor: Actor) -> Standing:
    """The same of who acts now, for a word on each page; in one query."""
    read_at = Func(function="audit.clock", output_field=DateTimeField())
    mine = _acceptances().filter(person=actor.person_id).annotate(read_at=read_at)
    last = mine.order_by("-id").first()
    return _standing(last, last.read_at) if last else Standing(None, _NEVER)


def _acceptances() -> Any:
    """Acceptances, each with the `newer` versions: until when each lets its forerunner sign, None where it does not."""
    newer = Statement.objects.filter(version__gt=OuterRef("version")).order_by("version")
    said = newer.values(said=JSONObject(version="version", until="grace_until"))
    return Acceptance.objects.annotate(newer=ArraySubquery(said))


def _standing(last: Any, now: datetime) -> Standing:
    """The earliest grace of all newer versions decides: a later one with a longer grace opens nothing that was closed."""
    if last is None:
        return Standing(None, _NEVER)
    if now - last.at >= HOLDS_FOR:
        return Standing(last, "accepted more than a year ago")
    graces = [datetime.fromisoformat(one["until"]) if one["until"] else None for one in last.newer]
    if any(until is None or now >= until for until in graces):
        return Standing(last, f"version {last.newer[-1]['version']} was published since")
    return Standing(last, "", min((until for until in graces if until), default=None))


def missing(actor: Actor, *, cursor: str = "", limit: int = PAGE) -> Page[tuple[Person, Standing]]:
    """One page of the active people who have not accepted the newest version, by name: who signs no more, and who still
    does until a grace is over (URS-POL-02). Refusals: NOT_AUTHORISED (403), CURSOR_UNKNOWN (400)."""
    require(actor, *identity.ANSWERING)
    people = list(BY_NAME.behind(identity.people(actor, status=Person.ACTIVE), cursor))
    newest = _acceptances().filter(person__in=people).order_by("person_id", "-id").distinct("person_id")
    last, now = {one.person_id: one for one in newest}, clock()
    stand = [(person, _standing(last.get(person.pk), now)) for person in people]
    lacking, limit = [one for one in stand if one[1].due or one[1].until], limit_of(limit)
    last_told = [person for person, _ in lacking[:limit]][-1:] if len(lacking) > limit else []
    return Page(lacking[:limit], BY_NAME.cursor_of(last_told[0]) if last_told else None)


def publish(actor: Actor, text: str, *, grace_days: int, reason: str) -> Statement:
    """A new version of the statement; under the one before people sign on for `grace_days`, 0 to 30.

    Refusals: NOT_AUTHORISED (403), STATEMENT_INCOMPLETE (422), a reason's (422).
    """
    with act(actor, ACCOUNTABILITY_PUBLISH, object="accountability", reason=keepable(reason)) as opened:
        check_reason(reason)
        require_still(actor, QA_APPROVER, SECURITY_UNIT)
        said, now = keepable(text), clock()
        faults = {
            "text": "" if 80 <= len(said) <= 5_000 else "A statement of 80 to 5 000 characters.",
            "grace_days": "" if 0 <= grace_days <= MOST_GRACE else f"0 to {MOST_GRACE} days.",
        }
        if found := {field: fault for field, fault in faults.items() if fault}:
            raise Refusal(STATEMENT_INCOMPLETE, "Look at: " + ", ".join(sorted(found)) + ".", found)
        return Statement.objects.create(
            version=in_force().version + 1,
            text=said,
            grace_until=now + timedelta(days=grace_days) if grace_days else None,
            published_by=actor.user_id,
            published_at=now,
            act=opened.id,
        )
