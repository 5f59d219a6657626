"""Where failed sign-ins come from: a source that guesses waits, a network locks only so many accounts (URS-ACC-07).

So that guessing is slow and nobody locks out a company. A device or the identity provider is asked as ever: neither can be
guessed, and both are the way in for people behind the same address. Counts are no record, and stand whatever becomes of the
entry of a failure, which in a flood is only counted (audit.note). What is answered rests on them alone, never on whose the id
is: an account, locked or not, one that is not active, and nobody's id lead to the same answers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.transactions import told_truly
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity.events import SOURCE_WAITS
from indelible.kernel.identity.models import Strain
from indelible.kernel.identity.networks import address_of
from indelible.kernel.identity.types import FAILURES_TO_LOCK

ACCOUNTS: Final = 3
"""On so many accounts a source has failed when it has to wait."""
TRIES: Final = 15
"""Or so often, whomever it tried: later than the lock and its alert, and before the twenty entries a minute of its own are
used up (audit.note), so that its first refusal to wait has one."""
WAITS: Final = timedelta(minutes=10)
"""So long after its last failure; a sign-in that succeeds takes its own account out of the count."""
LOCKS: Final = 5
"""So many accounts one network locks within LOCKS_WITHIN. Where more ids than that came to five failures, whoever's they are,
each address that fails on such an id waits."""
LOCKS_WITHIN: Final = timedelta(hours=1)
PLACE_KEPT: Final = timedelta(days=1)
UNCOUNTED_KEPT: Final = timedelta(days=90)
"""So long an id that no lock counts stays as an account would, locked or not."""
_IDS: Final = Q(source__startswith="unknown:") | Q(source__startswith="person:")


@dataclass(frozen=True, slots=True)
class Count:
    """What a failed sign-in came to: `nth` in a row as its id (FAILURES_TO_LOCK + 1 for all later ones), and whether its
    address has to wait from now on."""

    nth: int
    waits: bool


def refuse_waiting(source: str) -> None:
    """Refusal SOURCE_WAITS (429) before anything is checked or counted, the same whatever id is tried."""
    if _is_here(source):
        return
    now = clock()
    for strain in Strain.objects.filter(source=_address(source)):
        if _is_too_often(strain.accounts) and now - strain.last_at < WAITS:
            raise Refusal(
                SOURCE_WAITS,
                "Too many sign-ins failed at your network address. Wait ten minutes; a passkey or your company's account works meanwhile.",
                evidence={"accounts": str(len(set(strain.accounts)))},
            )


def _is_too_often(failed: Sequence[str]) -> bool:
    return len(set(failed)) >= ACCOUNTS or len(failed) >= TRIES


def failed_at(source: str, account: str, failures: int | None) -> Count:
    """Counts a failed sign-in as `account` (an identifier, as in the trail), in a transaction of its own.

    `failures` are those in a row before it; None where no lock counts them (nobody's id, an account not active): here they are.
    """
    with told_truly(), transaction.atomic(durable=True):
        nth = 1 + (_failures_as(account) if failures is None else failures)
        spent = nth >= FAILURES_TO_LOCK and _is_used_up(source, first=nth == FAILURES_TO_LOCK)
        strain, now = _held(_address(source)), clock()
        kept = strain.accounts if now - strain.last_at < WAITS else []
        if not _is_too_often(kept):
            kept = kept + [account] * (TRIES if spent else 1)
        strain.accounts, strain.last_at = kept, now
        strain.save(update_fields=["accounts", "last_at"])
    return Count(nth, _is_too_often(kept) and not _is_here(source))


def _failures_as(account: str) -> int:
    """Counts one more failure as an id that no lock counts, over all addresses; how many there were."""
    counted = _held(account[:64])
    before = counted.locks
    counted.locks, counted.last_at = min(before + 1, FAILURES_TO_LOCK), clock()
    counted.save(update_fields=["locks", "last_at"])
    return before


def _is_used_up(source: str, *, first: bool) -> bool:
    """Whether more ids came to five failures from this network than it may lock accounts; `first`: one more just did.

    Only the address waits: whoever sits in a company's own network must not shut its other people out.
    """
    if _is_here(source):
        return False
    network = _this_hour(source)
    network.locks += first
    network.save(update_fields=["accounts", "locks", "locks_since", "last_at"])
    return network.locks > LOCKS


def may_lock(source: str, account: str) -> bool:
    """Inside a transaction: whether failed sign-ins from this network lock one more account, this one.

    Accounts alone use up what it may lock: else a stranger with made-up ids would switch the lock off.
    """
    if _is_here(source):
        return True
    network = _this_hour(source)
    if len(network.accounts) >= LOCKS:
        return False
    network.accounts = [*network.accounts, account]
    network.save(update_fields=["accounts", "locks", "locks_since", "last_at"])
    return True


def _this_hour(source: str) -> Strain:
    """The network's counts, held, begun anew where they are older than LOCKS_WITHIN; the caller saves them."""
    network, now = _held(_network(source)), clock()
    if now - network.locks_since >= LOCKS_WITHIN:
        network.accounts, network.locks, network.locks_since = [], 0, now
    network.last_at = now
    return network


def _held(source: str) -> Strain:
    """Inside a transaction: the row of an address, a network or an id, locked; held in the order id, network, address."""
    now = clock()
    strain, _ = Strain.objects.select_for_update().get_or_create(
        source=source, defaults={"last_at": now, "locks_since": now}
    )
    return strain


def forget() -> int:
    """What counts no more goes: an address or network not heard of for a day, an id that no lock counts for ninety; how many went.

    The trail keeps each failure; who makes ids up fills no table for ever.
    """
    now = clock()
    ids = Strain.objects.filter(_IDS, last_at__lt=now - UNCOUNTED_KEPT)
    places = Strain.objects.exclude(_IDS).filter(last_at__lt=now - PLACE_KEPT)
    return int(ids.delete()[0] + places.delete()[0])


def succeeded_at(source: str, account: str) -> None:
    """A sign-in that succeeded: whoever mistyped before was no guesser."""
    with told_truly(), transaction.atomic(durable=True):
        held = Strain.objects.select_for_update()
        for strain in held.filter(source=_address(source), accounts__contains=account):
            strain.accounts = [one for one in strain.accounts if one != account]
            strain.save(update_fields=["accounts"])


def _is_here(source: str) -> bool:
    """This machine itself: whoever is at it guesses no faster than Argon2id lets them, and everybody comes from here where a
    proxy stands in front that the operator did not declare (`trusted_proxies`). Accounts lock all the same."""
    one = address_of(source)
    return one is not None and one.is_loopback


def _address(source: str) -> str:
    """The address; of IPv6 the /64, which one machine has to itself."""
    one = address_of(source)
    return str(ipaddress.ip_network((one, 64), strict=False)) if one and one.version == 6 else source[:64]


def _network(source: str) -> str:
    """The network around it: /24 of IPv4, /48 of IPv6."""
    one = address_of(source)
    if one is None:
        return f"{source[:60]}/*"
    return str(ipaddress.ip_network((one, 24 if one.version == 4 else 48), strict=False))
