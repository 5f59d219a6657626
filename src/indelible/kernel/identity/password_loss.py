"""A password that somebody else may know: ended at once, by its person or by administration (21 CFR 11.300(c), URS-CRD-04).

Whoever reports one gains nothing by it: its person comes in again by a one-time secret only, and whoever issues that is not who
confirms their identity anew (people.issue_secret, verified.verify_identity; URS-SIG-06).
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import queries, recalls, standing
from indelible.kernel.identity.authority import keepable, require
from indelible.kernel.identity.endings import end_sessions
from indelible.kernel.identity.events import PASSWORD_REPORT, PASSWORD_UNKNOWN
from indelible.kernel.identity.grants import hold_person
from indelible.kernel.identity.losses import SUSPECT, suspect_from
from indelible.kernel.identity.models import Credential, Person, Session
from indelible.kernel.identity.types import ADMINISTRATION


def report_password(
    actor: Actor, user_id: str, *, cause: str, reason: str, suspect_since: datetime | None = None
) -> Credential:
    """Ends a password that is lost, stolen or known to somebody else: one's own at any time, another's by administration.

    Every session that was begun with it ends in the same act, the actor's own not left out, and so does what was enrolled and
    not confirmed yet, which took the password alone. `suspect_since` (aware) says from when on what was signed with it is
    looked at again. Refusals: NOT_AUTHORISED (403), PERSON_UNKNOWN, PASSWORD_UNKNOWN (404), LAST_ADMINISTRATORS (409),
    LOSS_INCOMPLETE, a reason's (422).
    """
    with act(actor, PASSWORD_REPORT, object=queries.identifier(user_id), reason=keepable(reason)) as opened:
        person = queries.person_of(user_id)
        if person.pk != actor.person_id:
            require(actor, *ADMINISTRATION)
        standing.hold(actor, person.user_id)
        person = hold_person(actor, person.user_id)
        check_reason(reason)
        found = queries.credential_in_force(person)
        if found is None:
            raise Refusal(
                PASSWORD_UNKNOWN,
                f"{person.name} has no password in force. An administrator issues a one-time secret.",
            )
        now = clock()
        since = suspect_from(cause, suspect_since, began=found.issued_at, now=now, among=SUSPECT)
        found.ended_at, found.ended_by, found.ended_cause, found.suspect_since = (
            now,
            actor.user_id,
            cause,
            since,
        )
        found.save(update_fields=["ended_at", "ended_by", "ended_cause", "suspect_since"])
        standing.refuse_nobody_left(
            person, "Let its person change it now (“Your credentials”); that ends the old one at once."
        )
        end_sessions(_begun_with_password(person), f"password {cause}", now)
        recalls.end_unconfirmed(opened, person, now)
        return found


def _begun_with_password(person: Person) -> list[Session]:
    """The sessions not ended that were begun with a password, with a code beside it or not; null is of an earlier version."""
    begun = Q(begun_by=None) | Q(begun_by__startswith="password")
    return list(Session.objects.filter(begun, person=person, ended_at=None))
