"""What outsiders said of the ledger against the ledger: cosignatures, time stamps, what they vouch for, and their clocks."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from indelible.kernel.audit import anchors, events, seal, stamps
from indelible.kernel.audit.anchors import NOBODY, Named, read_named
from indelible.kernel.audit.verification.examination import Check, Examination, Finding
from indelible.ledger import checkpoint, cosignature, note
from indelible.ledger.faults import LedgerFault, Mismatch
from indelible.ledger.note import Verifier


def cosignatures(examined: Examination) -> Iterator[Finding]:
    """Each kept cosignature is by a witness that was named, over the checkpoint of its size in this database."""
    keys = [key for one in _ever_named(examined) for key in one.witnesses.values()]
    for number, image, text in examined.rows(_RECEIPTS, {"receipt": "cosignature"}):
        examined.count("cosignatures")
        try:
            _checked_cosignature(image, text, keys)
        except (LedgerFault, KeyError, TypeError, AttributeError) as fault:
            yield Finding("cosignatures", f"receipt {number} ({_of(image, 'witness')})", _words(fault))


def time_stamps(examined: Examination) -> Iterator[Finding]:
    """Each kept time stamp is by an authority that was named, over the checkpoint of its size in this database."""
    roots = {pem for one in _ever_named(examined) for pem in one.authorities.values()}
    for number, image, text in examined.rows(_RECEIPTS, {"receipt": "timestamp"}):
        examined.count("time stamps")
        try:
            _checked_stamp(image, text, roots)
        except (LedgerFault, KeyError, TypeError, ValueError) as fault:
            yield Finding("time stamps", f"receipt {number} ({_of(image, 'authority')})", _words(fault))


def vouched(examined: Examination) -> Iterator[Finding]:
    """What the witnesses cosigned is all here, and a quorum of them vouches for all that is older than ten minutes."""
    yield from _told_alarms(examined)
    yield from _beside_the_database(examined)
    named = _named_now(examined)
    if not named.witnesses:
        examined.notices.append(
            "No witness outside is named for this ledger: whoever holds both the database and the sealer's key could "
            "rewrite all of it unseen (docs/witness.md)."
        )
        return
    sizes = [_vouched_by(examined, key) for key in named.witnesses.values()]
    size = anchors.quorum_size(sizes, named.quorum)
    waiting = examined.one(_UNVOUCHED, {"size": size, "within": anchors.COSIGNED_WITHIN})
    if waiting is not None:
        sentence = f"A quorum of {named.quorum} of {len(sizes)} witnesses does not vouch for it or for what follows it."
        yield Finding("vouched", f"ledger entry {waiting}", sentence)


def clock(examined: Examination) -> Iterator[Finding]:
    """Each entry's time lies between the moments outsiders saw the ledger without it and with it (URS-TIM-03)."""
    points = _points(examined)
    for before, after in pairwise(points):
        if after.time + anchors.CLOCK_TOLERANCE < before.time:
            sentence = f"It was vouched for at {after.moment}, but {before.size} entries only at {before.moment}: a clock is wrong."
            yield Finding("clock", f"checkpoint of {after.size} entries", sentence)
    if points:
        yield from _outside_brackets(examined, points)


CHECKS: Final = (
    Check("cosignatures", "each kept cosignature against its checkpoint", cosignatures),
    Check("time stamps", "each kept time stamp against its checkpoint", time_stamps),
    Check("vouched", "what the witnesses have cosigned against what is here", vouched, quick=True),
    Check("clock", "each entry's time against the clocks outside", clock),
)

_RECEIPTS: Final = """
    select e.id, e.new, c.note from audit.event as e
      left join audit.checkpoint as c on c.size::text = e.new ->> 'size'
     where e.kind = 'receipt' and e.new ->> 'receipt' = %(receipt)s order by e.id
"""
_NAMED: Final = "select detail from audit.act where action = %s and detail is not null order by id"
_NEWEST_OF: Final = """
    select e.new, c.note from audit.event as e join audit.checkpoint as c on c.size::text = e.new ->> 'size'
     where e.kind = 'receipt' and e.new ->> 'receipt' = 'cosignature' and e.new ->> 'witness' = %s order by c.size desc
"""
_UNVOUCHED: Final = """
    select min(l.seq) from audit.leaf as l left join audit.event as e on e.id = l.entry left join audit.act as a on a.id = l.entry
     where l.seq >= %(size)s and e.kind is distinct from 'receipt'
       and coalesce(a.at, e.at) < audit.clock() - make_interval(secs => %(within)s)
"""
_ALARMS: Final = "select object, detail from audit.act where action in (%s, %s) order by id"
_OUTSIDE: Final = """
    select seq, at, early from (
        select seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as at,
               b > 0 and extract(epoch from at) < (%(times)s::bigint[])[b] - %(tolerance)s as early,
               b < cardinality(%(times)s::bigint[]) and extract(epoch from at) > (%(times)s::bigint[])[b + 1] + %(tolerance)s as late
          from (select l.seq, coalesce(a.at, e.at) as at, width_bucket(l.seq, %(sizes)s::bigint[]) as b
                  from audit.leaf as l left join audit.act as a on a.id = l.entry left join audit.event as e on e.id = l.entry) as x
    ) as y where early or late order by seq
"""


@dataclass(frozen=True, slots=True)
class _Point:
    """An outsider's statement: at this time (seconds since 1970 UTC) the ledger held this many entries."""

    size: int
    time: int

    @property
    def moment(self) -> str:
        return datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _ever_named(examined: Examination) -> list[Named]:
    """Every choice of witnesses and authorities the trail tells of; one that cannot be read names nobody."""
    found = []
    for (detail,) in examined.rows(_NAMED, [events.WITNESSES_NAMED.name]):
        try:
            found.append(read_named(detail))
        except LedgerFault:
            continue
    return found


def _named_now(examined: Examination) -> Named:
    return (_ever_named(examined) or [NOBODY])[-1]


def _checked_cosignature(image: Mapping[str, Any], text: str | None, keys: list[Verifier]) -> None:
    made = cosignature.check(image["line"], _text(image, text), keys)
    if made.witness != image["witness"]:
        raise Mismatch(f"It is of {made.witness}.")


def _checked_stamp(image: Mapping[str, Any], text: str | None, roots: set[str]) -> datetime:
    """The moment of a stamp, by whichever of the named authorities made it; raises the last fault where none did."""
    _text(image, text)
    fault: LedgerFault = Mismatch("No time-stamp authority was ever named.")
    for pem in sorted(roots):
        try:
            return stamps.check(b64decode(image["token"], validate=True), (text or "").encode(), pem)
        except LedgerFault as one:
            fault = one
    raise fault


def _text(image: Mapping[str, Any], text: str | None) -> str:
    """The text of the checkpoint in this database that the receipt speaks of."""
    if text is None:
        raise Mismatch(f"The database holds no checkpoint of {image['size']} entries, which it vouches for.")
    return note.parse(text.encode()).text


def _told_alarms(examined: Examination) -> Iterator[Finding]:
    """What a witness proved once stays a finding for ever; what it only claimed is a remark."""
    proven = False
    for name, detail in examined.rows(_ALARMS, [events.LEDGER_BEHIND.name, events.LEDGER_FORKED.name]):
        told = json.loads(detail) if isinstance(detail, str) else detail
        if told.get("shown"):
            proven = True
            yield Finding("vouched", f"witness {name}", str(told.get("says")))
        else:
            examined.notices.append(str(told.get("says")))
    if not proven and (why := seal.halted(examined.sealer_folder)):
        yield Finding("vouched", "the sealer", why)


def _beside_the_database(examined: Examination) -> Iterator[Finding]:
    """The cosigned checkpoints that are kept beside the sealer's state: the database holds them all, as they were."""
    size_here = examined.one("select coalesce(max(size), 0) from audit.checkpoint")
    keys = [key for one in _ever_named(examined) for key in one.witnesses.values()]
    for name, kept in examined.cosigned_before.items():
        try:
            head = _kept(kept, examined.origin, keys)
        except LedgerFault as fault:
            yield Finding("vouched", f"checkpoint kept of witness {name}", str(fault))
            continue
        root = examined.one("select root from audit.checkpoint where size = %s", [head.size])
        if head.size > size_here:
            sentence = f"It has cosigned {head.size} entries; the database holds {size_here}. The rest was taken away."
            yield Finding("vouched", f"witness {name}", sentence)
        elif root is None or bytes(root) != head.root:
            sentence = f"It has cosigned another history of {head.size} entries than the database holds."
            yield Finding("vouched", f"witness {name}", sentence)


def _kept(kept: bytes, log: Verifier, keys: list[Verifier]) -> checkpoint.Checkpoint:
    """The checkpoint, by the log under whatever name it had then, and by a witness; raises LedgerFault."""
    own = seal.of_epoch(log, note.parse(kept).text.partition("\n")[0])
    ours = seal.every_key(own)
    opened = note.open_note(kept, [*ours, *keys])
    by_us = sum(one.key_id in {key.key_id for key in ours} for one in opened.verified)
    if not 0 < by_us < len(opened.verified):
        raise Mismatch("It does not carry the signatures of both the sealer and a witness that was named.")
    return checkpoint.parse(opened.text)


def _vouched_by(examined: Examination, key: Verifier) -> int:
    """The largest size this witness truly cosigned; what was forged above it is passed over here and named by its check."""
    for image, text in examined.rows(_NEWEST_OF, [key.name]):
        try:
            _checked_cosignature(image, text, [key])
            return int(image["size"])
        except (LedgerFault, KeyError, TypeError, ValueError, AttributeError):
            continue
    return 0


def _points(examined: Examination) -> list[_Point]:
    """The first moment each size was vouched for, by size. Whose signature that is, the checks of the receipts say."""
    roots = {pem for one in _ever_named(examined) for pem in one.authorities.values()}
    first: dict[int, int] = {}
    for receipt in ("cosignature", "timestamp"):
        for _number, image, text in examined.rows(_RECEIPTS, {"receipt": receipt}):
            try:
                if receipt == "cosignature":
                    at = _stated_time(image, _text(image, text))
                else:
                    at = int(_checked_stamp(image, text, roots).timestamp())
                size = int(image["size"])
            except (LedgerFault, KeyError, TypeError, ValueError, AttributeError):
                continue
            first[size] = min(at, first.get(size, at))
    return [_Point(size, first[size]) for size in sorted(first)]


def _stated_time(image: Mapping[str, Any], text: str) -> int:
    return note.cosignature_time(note.parse(f"{text}\n{image['line']}\n".encode()).signatures[0].payload)


def _outside_brackets(examined: Examination, points: list[_Point]) -> Iterator[Finding]:
    """Entries whose time is outside, a finding a span: entries next to each other that lie on the same side."""
    values = {
        "sizes": [one.size for one in points],
        "times": [one.time for one in points],
        "tolerance": anchors.CLOCK_TOLERANCE,
    }
    span: list[tuple[int, str, bool]] = []
    for seq, at, early in examined.rows(_OUTSIDE, values):
        if span and (seq != span[-1][0] + 1 or early != span[-1][2]):
            yield _span(span)
            span = []
        span.append((seq, at, early))
    if span:
        yield _span(span)


def _span(span: list[tuple[int, str, bool]]) -> Finding:
    (first, at, early), (last, until, _) = span[0], span[-1]
    name = f"ledger entry {first}" if first == last else f"ledger entries {first} to {last}"
    times = at if first == last else f"{at} to {until}"
    said = "before the ledger without them" if early else "after the ledger with them"
    sentence = f"Their time ({times}) is {said} was vouched for outside: the clock was wrong, or they are not what they say."
    return Finding("clock", name, sentence)


def _of(image: Any, key: str) -> str:
    return f"of {image.get(key)}" if isinstance(image, dict) else "unreadable"


def _words(fault: Exception) -> str:
    return str(fault) if isinstance(fault, LedgerFault) else "The receipt is not in its form."
