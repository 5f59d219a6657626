"""From where a program is let in: from its credential's own networks, else from those that the company decided (URS-ACC-08)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from indelible.kernel.access.events import MACHINE_ELSEWHERE
from indelible.kernel.access.models import MachineCredential
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity import factors
from indelible.kernel.identity.networks import are_too_wide, is_inside, parsed

MOST_NETWORKS: Final = 50


def named_networks(given: Iterable[str]) -> list[str] | None:
    """The networks (CIDR) in their one spelling, sorted; None where one is unreadable, they are too wide, or too many."""
    try:
        found = sorted({parsed(one) for one in given if one.strip()})
    except ValueError:
        return None
    return None if len(found) > MOST_NETWORKS or are_too_wide(found) else found


def refusal_from(found: MachineCredential, source: str) -> Refusal | None:
    """MACHINE_ELSEWHERE (403) where a request of this credential comes from an address it does not count at, else None.

    A program has no second factor: where networks are decided it works inside them, or from networks of its own.
    """
    decided = factors.decided()
    allowed = found.networks or (decided.networks if decided else [])
    if not allowed or is_inside(source, allowed):
        return None
    told = (
        "This credential counts in its own networks alone, and this address is in none of them."
        if found.networks
        else "From outside the company's networks a program needs a credential that names the networks it works from."
    )
    cause = "outside its networks" if found.networks else "outside the company's networks"
    return Refusal(
        MACHINE_ELSEWHERE, f"{told} Ask an administrator for one that names them.", evidence={"cause": cause}
    )
