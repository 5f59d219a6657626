"""The ledger against itself and against the trail people read: hashes, tree, checkpoints, every leaf's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from indelible.kernel.audit import epochs, seal
from indelible.kernel.audit.verification.examination import Check, Examination, Finding, row_in_words
from indelible.ledger import checkpoint, entry
from indelible.ledger.entry import OPERATIONS, Entry
from indelible.ledger.faults import LedgerFault
from indelible.ledger.leaf import leaf_hash
from indelible.ledger.tree import Edge

SEALED_WITHIN: Final = 60
"""Seconds after which an entry that is in no leaf is a finding: the sealer works every second."""


def leaves(examined: Examination) -> Iterator[Finding]:
    """Every leaf is there, in its place, and its bytes give the hash it stands with."""
    expected = 0
    for seq, data, stored, late in examined.rows(
        "select seq, bytes, hash, late from audit.leaf order by seq"
    ):
        if seq != expected:
            gone = f"{expected}" if seq == expected + 1 else f"{expected} to {seq - 1}"
            yield Finding("leaves", f"ledger entry {gone}", "This part of the ledger was deleted.")
        expected = seq + 1
        if leaf_hash(data) != stored:
            sentence = "The bytes of this ledger entry were altered: they do not give the hash they were sealed with."
            yield Finding("leaves", f"ledger entry {seq}", sentence)
        if late:
            sentence = (
                "The session that wrote this entry hid it from sequencing; it was sealed after later entries."
            )
            yield Finding("leaves", f"ledger entry {seq}", sentence)
        examined.count("ledger entries")


def tree(examined: Examination) -> Iterator[Finding]:
    """The tree over the leaves has the root of every checkpoint the sealer signed."""
    heads = _Checkpoints(examined)
    yield from heads.unreadable
    edge, pending, whole_to = Edge(), list(heads.signed), 0
    while pending and pending[0].size == 0:
        pending.pop(0)
    for rows in _batches(examined, "select bytes from audit.leaf order by seq"):
        hashes = [leaf_hash(row[0]) for row in rows]
        while pending and pending[0].size <= edge.size + len(hashes):
            head = pending.pop(0)
            part = head.size - edge.size
            edge, hashes = edge.extended(hashes[:part]), hashes[part:]
            if edge.root() != head.root:
                yield Finding("tree", _range(whole_to, head.size), _FORKED.format(size=head.size))
                return
            whole_to = head.size
        edge = edge.extended(hashes)
    for head in pending:
        sentence = f"The sealer signed a ledger of {head.size} entries; the database holds {edge.size}."
        yield Finding("tree", f"checkpoint of {head.size} entries", sentence)


def sealer(examined: Examination) -> Iterator[Finding]:
    """The sealer's own state agrees with the newest checkpoint in the database, and sealing is not behind."""
    try:
        state = seal.read_state(examined.sealer_folder, examined.origin)
    except LedgerFault as fault:
        yield Finding("sealer", "state of the sealer", str(fault))
        return
    newest = examined.connection.execute(
        "select size, note from audit.checkpoint order by size desc limit 1"
    ).fetchone()
    if state is None:
        if newest is not None:
            yield Finding(
                "sealer", "state of the sealer", "The sealer's own state is missing from its folder."
            )
    elif newest is None or newest[0] < state.edge.size:
        # what the sealer signed since this snapshot was taken is no finding: it goes on while we look
        if examined.signed_before > (newest[0] if newest else 0):
            sentence = f"The sealer signed {examined.signed_before} entries; the newest checkpoint in the database is older."
            if broken := epochs.behind(examined.connection, state, examined.origin):
                sentence += f" {epochs.in_words(broken.as_image())}"
            yield Finding("sealer", f"checkpoint of {examined.signed_before} entries", sentence)
    elif (newest[0], newest[1].encode()) != (state.edge.size, state.note):
        sentence = "The newest checkpoint in the database is not the last one this sealer signed."
        yield Finding("sealer", f"checkpoint of {newest[0]} entries", sentence)


def completeness(examined: Examination) -> Iterator[Finding]:
    """Every act and event of the trail is in the ledger; what is not was inserted past it or is not sealed yet."""
    waiting = 0
    for number, kind, at, may_wait in examined.rows(_UNSEALED, {"within": SEALED_WITHIN}):
        if may_wait:
            waiting += 1
            continue
        sentence = f"It stands in the audit trail with the time {at}, but was never sealed into the ledger."
        yield Finding("completeness", f"{kind} {number}", sentence)
    examined.count("entries waiting for the seal", waiting)


def agreement(examined: Examination) -> Iterator[Finding]:
    """What each leaf says is what the trail shows: an event or act that was edited or deleted is named."""
    for seq, number, data, act, event in examined.rows(_SIDE_BY_SIDE):
        examined.count("entries of the trail")
        try:
            sealed = entry.parse(bytes(data))
        except LedgerFault as fault:
            yield Finding("agreement", f"ledger entry {seq}", str(fault))
            continue
        shown = event if sealed.kind != "act" else act
        if sealed.id != number:
            yield Finding("agreement", f"ledger entry {seq}", f"It is of entry {sealed.id}, not of {number}.")
        elif shown is None:
            sentence = f"It was deleted from the audit trail; the ledger still says: {_said(sealed)}."
            yield Finding("agreement", _named(sealed), sentence)
        elif differing := _differences(sealed, _read(shown)):
            sentence = f"It was edited in the audit trail ({'; '.join(differing)})."
            yield Finding("agreement", _named(sealed), sentence)


CHECKS: Final = (
    Check("leaves", "each ledger entry against its hash", leaves),
    Check("tree", "the ledger against every signed checkpoint", tree),
    Check("sealer", "the sealer's own state against the database", sealer, quick=True),
    Check("completeness", "every act and event is in the ledger", completeness, quick=True),
    Check("agreement", "each ledger entry against the audit trail", agreement),
)

_FORKED: Final = (
    "The ledger entries in this range are not those whose root was signed in the checkpoint of {size} entries: at least one "
    "was rewritten, added or taken away."
)
_UNSEALED: Final = """
    with mine as (select coalesce(max(entry), 0) as sealed from audit.leaf where entry < 1::bigint << 62),
         given as (select last_value as given from audit.entry_id_seq),
         both_kinds as (select id, at, 'act' as kind from audit.act union all select id, at, 'event' from audit.event)
    select b.id, b.kind, to_char(b.at, 'YYYY-MM-DD HH24:MI:SS "UTC"'),
           b.id > sealed and b.id <= given and b.at between audit.clock() - make_interval(secs => %(within)s) and audit.clock()
      from both_kinds as b, mine, given where not exists (select from audit.leaf as l where l.entry = b.id) order by b.id
"""
_OWN_KEYS: Final = "'{id,xid,at,db,token,action,reason,source,outcome,rule}'::text[]"
_SIDE_BY_SIDE: Final = f"""
    select l.seq, l.entry, l.bytes,
           (select json_build_object('kind', 'act', 'id', a.id, 'at', to_char(a.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'xid', a.xid,
                'db', a.db, 'token', a.token, 'action', a.action, 'reason', a.reason, 'source', a.source, 'outcome', a.outcome,
                'rule', a.rule, 'new', (select jsonb_object_agg(m.key, m.value) from jsonb_each(to_jsonb(a) - {_OWN_KEYS}) as m
                                         where m.value not in ('null', '""'))::text)::text
              from audit.act as a where a.id = l.entry),
           (select json_build_object('kind', e.kind, 'id', e.id, 'act', e.act, 'at', to_char(e.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'xid', e.xid, 'table', e.tbl, 'layout', e.layout, 'pk', e.pk, 'op', e.op, 'db', e.db, 'old', e.old::text,
                'new', e.new::text)::text
              from audit.event as e where e.id = l.entry)
      from audit.leaf as l order by l.seq
"""  # noqa: S608  (a constant of this file)


class _Checkpoints:
    """The checkpoints kept in the database, opened with the sealer's key, smallest first."""

    def __init__(self, examined: Examination) -> None:
        self.signed: list[checkpoint.Checkpoint] = []
        self.unreadable: list[Finding] = []
        for size, root, note in examined.rows("select size, root, note from audit.checkpoint order by size"):
            try:
                head = seal.opened(note.encode(), examined.origin)
            except LedgerFault as fault:
                self.unreadable.append(Finding("tree", f"checkpoint of {size} entries", str(fault)))
                continue
            if (head.size, head.root) != (size, bytes(root)):
                sentence = (
                    f"The signed text of this checkpoint is of {head.size} entries, or of another root."
                )
                self.unreadable.append(Finding("tree", f"checkpoint of {size} entries", sentence))
            self.signed.append(head)
            examined.count("checkpoints")
        self.signed.sort(key=lambda head: head.size)


def _batches(examined: Examination, sql: str) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for row in examined.rows(sql):
        batch.append(row)
        if len(batch) == 4096:
            yield batch
            batch = []
    if batch:
        yield batch


def _range(start: int, end: int) -> str:
    return f"ledger entry {start}" if end == start + 1 else f"ledger entries {start} to {end - 1}"


def _read(shown: str) -> dict[str, Any]:
    """The row of the trail under Entry v1's keys; images still as the database's text."""
    read: dict[str, Any] = json.loads(shown)
    return read


def _differences(sealed: Entry, shown: dict[str, Any]) -> list[str]:
    """What the trail shows otherwise than the ledger says, a few words each."""
    found = []
    for key in entry.KEYS[1:]:
        was, now = getattr(sealed, key), shown.get(key)
        if key in ("old", "new"):
            found += _image_differences(was, now)
        elif (was or None) != ((str(now) if key == "xid" else now) or None):
            found.append(f"{key}: sealed {_short(was)}, now {_short(now)}")
    return found


def _image_differences(was: Any, text: str | None) -> list[str]:
    now = json.loads(text, parse_float=Decimal) if text else None
    if (was or None) == (now or None):
        return []
    if text and was and set(was) == {"sha256", "len"}:
        data = text.encode()
        if was == {"sha256": sha256(data).hexdigest(), "len": len(data)}:
            return []
    was, now = was or {}, now or {}
    keys = [key for key in {**was, **now} if was.get(key) != now.get(key)]
    return [f"{key}: sealed {_short(was.get(key))}, now {_short(now.get(key))}" for key in keys[:5]]


def _short(value: object) -> str:
    text = str(value) if value not in (None, "", 0) else "nothing"
    return text if len(text) <= 60 else text[:57] + "..."


def _named(sealed: Entry) -> str:
    if sealed.kind == "act":
        record = (sealed.new or {}).get("record") or (sealed.new or {}).get("object") or ""
        return f"act {sealed.id} ({sealed.action}{' of ' + record if record else ''})"
    row = row_in_words(sealed.table, sealed.pk, sealed.new or sealed.old)
    return f"event {sealed.id} ({OPERATIONS.get(sealed.op, sealed.kind)} of {row})"


def _said(sealed: Entry) -> str:
    who = (sealed.new or {}).get("user_id", sealed.db) if sealed.kind == "act" else sealed.db
    return f"{sealed.action or OPERATIONS.get(sealed.op, sealed.kind)} by {who} at {sealed.at}"
