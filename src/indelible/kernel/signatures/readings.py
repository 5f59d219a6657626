"""What a session was shown of a record before it signs: revision, content, files and links (URS-SIG-05, 21 CFR 11.70).

A link makes no revision, and the manifest covers it: without it here, somebody would sign a link they never saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import rfc8785

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries as identity
from indelible.kernel.records.models import Link, Record
from indelible.kernel.signatures.events import CHANGED_MEANWHILE, NOT_READ
from indelible.kernel.signatures.models import Reading


def told_of(links: Iterable[Link]) -> list[dict[str, str]]:
    """Links as a manifest covers them, in the order given: kind, and the numbers of both ends."""
    return [{"kind": one.kind, "from": one.source.number, "to": one.target.number} for one in links]


def digest_of(content: str, links: Sequence[Mapping[str, str]]) -> str:
    """SHA-256, in hex, of what is shown: `content` is a revision's digest, fields and files; `links` as `told_of` gives them."""
    return sha256(
        bytes(rfc8785.dumps({"content": content, "links": [dict(one) for one in links]}))
    ).hexdigest()


def mark_read(actor: Actor, record: Record, links: Iterable[Link]) -> None:
    """Notes that the actor's session was shown the record as it was read, with these links; every door calls it with what it
    shows in full, and reads nothing for it.

    No act: what a session was shown last is no record, and is forgotten with nothing lost.
    """
    shown = digest_of(record.digest, told_of(links))
    last = last_of(actor, record)
    if last is not None and (last.revision, last.shown) == (record.revision, shown):
        return
    session = identity.session_of(actor)
    if session is not None:
        said = {"revision": record.revision, "shown": shown, "at": clock()}
        Reading.objects.update_or_create(session=session, record=record, defaults=said)


def last_of(actor: Actor, record: Record) -> Reading | None:
    """What the actor's session was shown of the record last."""
    return Reading.objects.filter(session__public_id=actor.session, record=record).first()


def require_read(actor: Actor, record: Record, revision: int, shown: str) -> None:
    """Under the record's lock: this session was shown this revision, and `shown` is the digest of what stands now.

    Refusals: NOT_READ (422), CHANGED_MEANWHILE (409).
    """
    last = last_of(actor, record)
    if last is None or last.revision != revision or last.shown is None:
        raise Refusal(
            NOT_READ,
            f"This session was not shown {record.number} at revision {revision}. Read it, then sign.",
        )
    if last.shown != shown:
        raise Refusal(
            CHANGED_MEANWHILE,
            f"A link was added to {record.number}, or one went, since you read it. Nothing was signed: read it again, then sign.",
        )
