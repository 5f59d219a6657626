"""What a bundle holds: the records asked for and those they link to, at one moment, all of it under one checkpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from indelible.exports import published
from indelible.exports.actions import copied, one_moment
from indelible.exports.events import NOT_SEALED, TOO_MANY
from indelible.exports.published import Vouched
from indelible.kernel.access.reach import require_source
from indelible.kernel.audit.actions import ask_witnesses
from indelible.kernel.audit.queries import Checkpoint, last_checkpoint
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.records import queries as records
from indelible.kernel.records import slice as slices
from indelible.kernel.records.types import RecordFilter
from indelible.kernel.signatures import queries as signatures

MOST_RECORDS: Final = 1_000
SEALED_WITHIN: Final = 10.0
"""Seconds an export waits for the sealer to reach what it hands out; usually under two."""
COSIGNED_WITHIN: Final = 5.0
"""Seconds it waits then for a quorum of the witnesses, where some are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for: records by number or by a filter, with the records they link to, and for whom.

    `whole` takes every entry of the log along, which proves that none is left out; else a slice. `query` is how the
    request stands in the manifest and the trail.
    """

    numbers: Sequence[str] = ()
    wanted: RecordFilter | None = None
    links: bool = True
    whole: bool = False
    purpose: str = ""
    recipient: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What one moment of the database says, all of it under `head`; files and leaves never change after it."""

    chosen: Sequence[Any]
    copies: Sequence[Mapping[str, Any]]
    signed: Sequence[Any]
    entries: Sequence[tuple[int, int, str, str]]
    vouched: Vouched

    @property
    def head(self) -> Checkpoint:
        return self.vouched.head


def hold(actor: Actor, order: Order) -> Held:
    """Looks until the ledger has signed everything that will be in the bundle; Refusal where it does not in time."""
    until = time.monotonic() + SEALED_WITHIN
    while True:
        with transaction.atomic(durable=True):
            one_moment()
            chosen, head = _chosen(actor, order), last_checkpoint()
            for process in sorted({record.process for record in chosen}):
                require_source(actor, process, "copy")
            signed = [one for record in chosen for one in signatures.signatures_of(record)]
            entries = slices.entries_of(actor, chosen, [one.pk for one in signed])
            under = [
                (i, seq, t, k) for i, seq, t, k in entries if seq is not None and head and seq < head.size
            ]
            if head is not None and len(under) == len(entries):
                copies = [copied(actor, record.number) for record in chosen]
                break
        if time.monotonic() > until:
            raise Refusal(
                NOT_SEALED,
                "The sealer has not signed the newest entries. Try again, or tell an administrator.",
            )
        time.sleep(0.2)
    return Held(chosen, copies, signed, under, _vouched(max(seq for _, seq, _, _ in under)))


def _vouched(index: int) -> Vouched:
    """The checkpoint the bundle stands under: one over its newest entry that a quorum of witnesses cosigned, asked for and
    waited for where there is none yet; the newest of all where none comes in time, and the bundle says so."""
    until = time.monotonic() + COSIGNED_WITHIN
    asked = False
    while True:
        found = published.newest_vouched(index)
        if found is None:
            raise Refusal(
                NOT_SEALED, "The checkpoint of the newest entries is not there any more. Run verify."
            )
        if found.is_met or not found.named.witnesses or time.monotonic() > until:
            return found
        if not asked:
            ask_witnesses()
            asked = True
        time.sleep(0.2)


def _chosen(actor: Actor, order: Order) -> list[Any]:
    """The records in the order asked for, then those they link to; only visible ones. Raises Refusal."""
    found = {one.pk: one for one in (records.get(actor, number) for number in order.numbers)}
    if order.wanted is not None:
        found |= {
            one.pk: one for one in records.narrowed(actor, order.wanted).order_by("id")[: MOST_RECORDS + 1]
        }
    if not found:
        raise records.not_there(order.query or "of this query")
    if order.links and len(found) <= MOST_RECORDS:
        for one in list(found.values()):
            for link in records.links_of(actor, one):
                for end in (link.source, link.target):
                    if end.pk not in found:
                        found[end.pk] = records.get(actor, end.number)
    if len(found) > MOST_RECORDS:
        raise Refusal(TOO_MANY, f"A bundle holds at most {MOST_RECORDS} records. Narrow the query.")
    return list(found.values())
