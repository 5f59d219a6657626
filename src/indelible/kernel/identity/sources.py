"""Where failed sign-ins come from: a source that tries several accounts waits, a network locks only so many (URS-ACC-07).

So that guessing is slow and nobody locks out a company. A device or the identity provider is asked as ever: neither can be
guessed, and both are the way in for people behind the same address. Counts are no record: each failure is an entry already.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity.events import SOURCE_WAITS
from indelible.kernel.identity.models import Strain
from indelible.kernel.identity.types import FAILURES_TO_LOCK

ACCOUNTS: Final = 3
"""On so many accounts a source has failed when it has to wait."""
WAITS: Final = timedelta(minutes=10)
"""So long after its last failure; a sign-in that succeeds takes its own account out of the count."""
LOCKS: Final = 5
"""So many accounts one network locks within LOCKS_WITHIN; from then on each address that fails so often waits instead."""
LOCKS_WITHIN: Final = timedelta(hours=1)
PLACE_KEPT: Final = timedelta(days=1)
UNKNOWN_KEPT: Final = timedelta(days=90)
"""So long an id that is nobody's stays as an account would, locked or not."""
_LOCKED: Final = "locked"


def refuse_waiting(source: str) -> None:
    """Refusal SOURCE_WAITS (429) before anything is checked or counted, the same whatever id is tried."""
    if _is_here(source):
        return
    now = clock()
    for strain in Strain.objects.filter(source=_address(source)):
        if len(strain.accounts) >= ACCOUNTS and now - strain.last_at < WAITS:
            raise Refusal(
                SOURCE_WAITS,
                "Too many sign-ins failed at your network address. Wait ten minutes; a passkey or your company's account works meanwhile.",
                evidence={"accounts": str(len(strain.accounts))},
            )


def failed_at(source: str, account: str) -> Callable[[], None]:
    """What a failed sign-in as `account` (an identifier, as in the trail) writes beside its entry."""
    return partial(_failed, source, account)


def _failed(source: str, account: str) -> None:
    address, now = _address(source), clock()
    if account.startswith("unknown:"):
        _count_unknown(source, account, now)
    strain, _ = Strain.objects.select_for_update().get_or_create(
        source=address, defaults={"last_at": now, "locks_since": now}
    )
    kept = strain.accounts if now - strain.last_at < WAITS else []
    strain.accounts = sorted({*kept, account})[:ACCOUNTS]
    strain.last_at = now
    strain.save(update_fields=["accounts", "last_at"])


def _count_unknown(source: str, account: str, now: datetime) -> None:
    """An id that is nobody's is counted as an account is (proofs), locked and all, so that no answer tells the two apart."""
    shadow, _ = Strain.objects.select_for_update().get_or_create(
        source=account, defaults={"last_at": now, "locks_since": now}
    )
    if shadow.accounts == [_LOCKED]:
        return
    shadow.locks = min(shadow.locks + 1, FAILURES_TO_LOCK)
    if shadow.locks >= FAILURES_TO_LOCK and may_lock(source):
        shadow.accounts = [_LOCKED]
    shadow.last_at = now
    shadow.save(update_fields=["accounts", "locks", "last_at"])


def forget() -> int:
    """What counts no more goes: an address or network not heard of for a day, an id that is nobody's for ninety; how many went.

    The trail keeps each failure; who makes ids up fills no table for ever.
    """
    now = clock()
    unknown = Strain.objects.filter(source__startswith="unknown:", last_at__lt=now - UNKNOWN_KEPT)
    places = Strain.objects.exclude(source__startswith="unknown:").filter(last_at__lt=now - PLACE_KEPT)
    return int(unknown.delete()[0] + places.delete()[0])


def succeeded_at(source: str, account: str) -> None:
    """A sign-in that succeeded: whoever mistyped before was no guesser."""
    for strain in Strain.objects.filter(source=_address(source), accounts__contains=account):
        strain.accounts = [one for one in strain.accounts if one != account]
        strain.save(update_fields=["accounts"])


def may_lock(source: str) -> bool:
    """Whether one more account may be locked by failures from this network; where not, the address they came from waits.

    Only that address: whoever sits in a company's own network must not shut its other people out.
    """
    if _is_here(source):
        return True
    now = clock()
    strain, _ = Strain.objects.select_for_update().get_or_create(
        source=_network(source), defaults={"last_at": now, "locks_since": now}
    )
    if now - strain.locks_since >= LOCKS_WITHIN:
        strain.locks, strain.locks_since = 0, now
    strain.locks += 1
    strain.last_at = now
    strain.save(update_fields=["locks", "locks_since", "last_at"])
    if strain.locks <= LOCKS:
        return True
    here, _ = Strain.objects.select_for_update().get_or_create(
        source=_address(source), defaults={"last_at": now, "locks_since": now}
    )
    here.accounts, here.last_at = [f"too many locks {place}" for place in range(ACCOUNTS)], now
    here.save(update_fields=["accounts", "last_at"])
    return False


def _is_here(source: str) -> bool:
    """This machine itself: whoever is at it guesses no faster than Argon2id lets them, and everybody comes from here where a
    proxy stands in front that the operator did not declare (`trusted_proxies`). Accounts lock all the same."""
    one = _parsed(source)
    return one is not None and one.is_loopback


def _address(source: str) -> str:
    """The address; of IPv6 the /64, which one machine has to itself."""
    one = _parsed(source)
    return str(ipaddress.ip_network((one, 64), strict=False)) if one and one.version == 6 else source[:64]


def _network(source: str) -> str:
    """The network around it: /24 of IPv4, /48 of IPv6."""
    one = _parsed(source)
    if one is None:
        return f"{source[:60]}/*"
    return str(ipaddress.ip_network((one, 24 if one.version == 4 else 48), strict=False))


def _parsed(source: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        one = ipaddress.ip_address(source)
    except ValueError:
        return None
    return getattr(one, "ipv4_mapped", None) or one
