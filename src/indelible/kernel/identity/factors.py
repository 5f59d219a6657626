"""More than one factor for administrators and from outside the company's networks, once a company decided so (URS-ACC-08).

Two factors are a password with a one-time code, a passkey (which checks its person), or the company's identity provider where it says that
it asked for two, or where it is decided that it always does (decision 0027). Who came in by less can enrol what is missing and do nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, check_reason
from indelible.kernel.identity import queries
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.events import FACTORS_DECIDE, FACTORS_UNREADY, FACTORS_WRONG
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.methods import are_several
from indelible.kernel.identity.models import FactorRule, Person, Session
from indelible.kernel.identity.networks import TOO_WIDE, are_too_wide, parsed
from indelible.kernel.identity.types import ADMINISTRATION, QA_APPROVER, SECURITY_UNIT

MOST_NETWORKS: Final = 50
READY: Final = 2
"""So many administrators have a second factor in use before it is asked of them: they confirm those of the others."""


def decide_factors(
    actor: Actor,
    *,
    administrators: bool,
    networks: Iterable[str],
    reason: str,
    provider_asks: bool = False,
) -> FactorRule:
    """From now on more than one factor is asked of administrators, or of everybody outside these networks (CIDR; none: nowhere).

    `provider_asks`: the identity provider always asks for a second factor, so that its word counts also where it tells
    neither `amr` nor an `acr` that is known; where it tells of one factor only, it never does.
    Refusals: NOT_AUTHORISED (403), FACTORS_WRONG (422: no network, or too wide), FACTORS_UNREADY (409: nobody could confirm anybody), a reason's.
    """
    with act(actor, FACTORS_DECIDE, object="second factor", reason=keepable(reason)) as opened:
        check_reason(reason)
        require_still(actor, SECURITY_UNIT, QA_APPROVER)
        named = [_network(one) for one in networks if one.strip()]
        if len(named) > MOST_NETWORKS:
            raise Refusal(FACTORS_WRONG, f"At most {MOST_NETWORKS} networks.", {"networks": "Too many."})
        if are_too_wide(named):
            raise Refusal(FACTORS_WRONG, TOO_WIDE, {"networks": TOO_WIDE})
        if (administrators or named) and len(_ready(provider_asks)) < READY:
            raise Refusal(
                FACTORS_UNREADY,
                f"First let {READY} people of administration have a passkey, one-time codes or a provider account in use that "
                "tells of a second factor. "
                "Otherwise nobody could confirm a device of anybody any more.",
            )
        return FactorRule.objects.create(
            administrators=administrators,
            networks=sorted(set(named)),
            provider_asks=provider_asks,
            decided_by=actor.user_id,
            decided_at=clock(),
            act=opened.id,
        )


def _network(text: str) -> str:
    try:
        return parsed(text)
    except ValueError:
        told = f"“{keepable(text)[:60]}” is no network. Write it as 10.20.0.0/16 or 2001:db8::/48."
        raise Refusal(FACTORS_WRONG, told, {"networks": told}) from None


def _ready(provider_asks: bool) -> list[Person]:
    """The active people of administration who have a second factor in use."""
    active = list(Person.objects.filter(status=Person.ACTIVE))
    roles = queries.roles_of(active)
    administering = [one for one in active if set(roles[one.pk]) & set(ADMINISTRATION)]
    return [one for one in administering if _has_second(one, provider_asks)]


def _has_second(person: Person, provider_asks: bool) -> bool:
    """Whether a passkey or one-time codes are theirs, or a provider account that is known to tell of a second factor."""
    kinds = {one.split(" ")[0] for one in queries.credentials_now(person).split(", ") if one}
    if kinds - {"password", "provider"}:
        return True
    begun = Session.objects.filter(person=person, begun_by__startswith="provider ").order_by("-id")
    several = are_several(last.said) if (last := begun.first()) else None
    return "provider" in kinds and (provider_asks if several is None else several)


def decided() -> FactorRule | None:
    """What was decided last; None where nothing was."""
    return FactorRule.objects.order_by("-id").first()
