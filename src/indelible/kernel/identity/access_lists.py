"""Who held which right at an instant (URS-ACC-05); a read."""

from __future__ import annotations

from datetime import datetime

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity.accounts import ANSWERING
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.models import ClassGrant, Grant, GrantDecision
from indelible.kernel.identity.rights import scope_of
from indelible.kernel.identity.types import Access


def access_list(actor: Actor, as_of: datetime) -> list[Access]:
    """Who held which role, and to whom which confidentiality class was open, at an instant, by user id (URS-ACC-05).

    For those who answer for access, and inspectors: Refusal NOT_AUTHORISED (403). With programs: access.queries.
    """
    if not actor.holds(*ANSWERING):
        raise Refusal(
            NOT_AUTHORISED, "The access list is for the security unit, administrators, QA and inspectors."
        )
    approvals = GrantDecision.objects.filter(decision=GrantDecision.APPROVED, at__lte=as_of).select_related(
        "grant__person__site", "grant__site", "grant__own_site", "grant__exception"
    )
    ends = {
        decision.grant_id: decision.at
        for decision in GrantDecision.objects.filter(decision=GrantDecision.ENDED)
    }
    rows = [_access(one, _ended(one.grant, ends.get(one.grant_id))) for one in approvals]
    opened = ClassGrant.objects.filter(given_at__lte=as_of).select_related("person")
    rows = sorted([*rows, *map(_opened, opened)], key=lambda row: row.keys)
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
        row=one.pk,
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
        row=grant.pk,
    )
