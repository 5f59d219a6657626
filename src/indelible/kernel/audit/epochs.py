"""Where the ledger in the database is not the one that was signed last: what was lost, and who let a new epoch begin.

A break is told in the ledger as an `epoch` entry ({"epoch": "broken", ...}), an epoch as another ({"epoch": "begun", ...});
each ledger entry that was lost has one in its place ({"epoch": "lost", "log": origin}) (URS-BCK-02, decision 0012).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indelible.kernel.audit import seal, tokens
from indelible.kernel.audit.seal import SealState
from indelible.ledger.faults import LedgerFault
from indelible.ledger.note import Verifier
from indelible.ledger.tree import Edge

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOST_IDS: Final = 1 << 62
"""An entry that stands for a lost one has the id LOST_IDS + its index in the ledger; no other entry comes so high."""
PROPOSE: Final = "epoch.propose"
APPROVE: Final = "epoch.approve"
PROPOSERS: Final = ("system_administrator", "security_unit")
APPROVERS: Final = ("security_unit", "qa_approver")


@dataclass(frozen=True, slots=True)
class Break:
    """What keeps the sealer from signing and two people can settle.

    `cause` is `behind` (the sealer has signed more than is here) or `witness`; `log` the origin of the last signed
    checkpoint and `note` its text; ledger entries from `kept` to `size` - 1 are lost; `since` (the checkpoint of `signed`
    entries here) and `until` (the last seal) are RFC 3339 in UTC, empty where nobody knows; `entry` is the highest id and
    `records` the highest number a series and year that were sealed. `says` is for people.
    """

    id: str
    cause: str
    log: str
    note: str
    kept: int
    signed: int
    size: int
    since: str
    until: str
    entry: int
    records: Mapping[str, int]
    says: str

    @property
    def lost(self) -> int:
        """How many ledger entries are lost."""
        return self.size - self.kept

    def as_image(self) -> dict[str, Any]:
        """As it stands in the entry that tells of it."""
        known = asdict(self)
        return {"epoch": "broken", "break": known.pop("id"), **known, "lost": self.lost}


@dataclass(frozen=True, slots=True)
class Here:
    """The ledger as it stands in the database: its right edge, last leaf's hash, and the newest checkpoint that holds."""

    edge: Edge
    last: bytes | None
    signed: int
    at: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Two people's acts: id of act, user id and name of each, and the reason."""

    reason: str
    proposed: Mapping[str, Any]
    approved: Mapping[str, Any]


def here(connection: Any, verifier: Verifier) -> Here | None:
    """The ledger in the database; None where it lacks a leaf or is not what its newest checkpoint signs: then it was
    rewritten, which no two people settle here."""
    count, top = connection.execute("select count(*), coalesce(max(seq) + 1, 0) from audit.leaf").fetchone()
    if count != top:
        return None
    newest = connection.execute(_NEWEST, [count]).fetchone()
    size, note, at = newest or (0, None, "")
    edge = Edge().extended(_hashes(connection, 0, size))
    if note is not None and not _holds(note, edge, verifier):
        return None
    last = connection.execute("select hash from audit.leaf where seq = %s", [count - 1]).fetchone()
    return Here(edge.extended(_hashes(connection, size, count)), last[0] if last else None, size, at)


def behind(connection: Any, state: SealState, verifier: Verifier) -> Break | None:
    """The break of a database that holds less than was signed; None where it does not, or where it was rewritten."""
    found = here(connection, verifier)
    if found is None or found.edge.size >= state.edge.size:
        return None
    return _break("behind", found, state, state.note, state.edge.size, _behind_words(found, state))


def halted(connection: Any, folder: Path, state: SealState, verifier: Verifier) -> Break | None:
    """The break that a witness's evidence made; None where nothing stands against signing, or the ledger was rewritten."""
    why = seal.halted(folder)
    found = here(connection, verifier) if why else None
    if found is None:
        return None
    note, size = state.note, found.edge.size
    try:
        shown = seal.opened(seal.halt_proof(folder), verifier)
        note, size = seal.halt_proof(folder), max(size, shown.size)
    except LedgerFault:
        pass  # a halt without a proof: the sentence is all there is
    return _break("witness", found, state, note, size, why)


def left_open(connection: Any, verifier: Verifier) -> Break | None:
    """The break that a witness's evidence made and that was told, when the file about it was taken away by hand."""
    row = connection.execute(_OPEN).fetchone()
    if (
        row is None
        or row[1] is not None
        or row[0].get("epoch") != "broken"
        or row[0].get("cause") != "witness"
    ):
        return None
    found = here(connection, verifier)
    if found is None or found.edge.size != row[0]["kept"]:
        return None
    told = {one.name: row[0][one.name] for one in fields(Break) if one.name != "id"}
    return Break(id=row[0]["break"], **told)


def decided(connection: Any, broken: str, keys: Iterable[Ed25519PublicKey]) -> Decision | None:
    """The acts of two people who let a new epoch begin after this break; None where they are not there or not genuine."""
    known = list(keys)
    values = {"propose": PROPOSE, "approve": APPROVE, "object": named(broken)}
    for row in connection.execute(_DECIDED, values).fetchall():
        proposed, approved = _act(row[: len(_ACT)]), _act(row[len(_ACT) :])
        if _both(proposed, approved) and all(_genuine(one, known) for one in (proposed, approved)):
            return Decision(proposed["reason"], _person(proposed), _person(approved))
    return None


def named(broken: str, proposal: int | None = None) -> str:
    """The object of an act about a break; of an approval with the act that it approves."""
    return f"epoch:{broken}" if proposal is None else f"epoch:{broken}/{proposal}"


def in_words(image: Mapping[str, Any]) -> str:
    """What was lost, as it is told to people, from the image of a break or an epoch."""
    kept, size = int(image["kept"]), int(image["size"])
    if size <= kept:
        return "No ledger entry is missing here; those of the other history are in the witness's evidence."
    return (
        f"Lost: ledger entries {kept} to {size - 1} ({size - kept}), sealed after {moment(str(image['since']))} and up to "
        f"{moment(str(image['until']))}. {_numbers_in_words(image.get('records') or {})}"
    )


def moment(text: str) -> str:
    """An RFC 3339 time as people read it, UTC."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return "a time nobody kept"


def _numbers_in_words(records: Mapping[str, int]) -> str:
    if not records:
        return "No record number was sealed, or the sealer does not know them."
    listed = ", ".join(f"{stem}-{last:05d}" for stem, last in sorted(records.items()))
    return f"Record numbers go on above {listed}."


def _behind_words(found: Here, state: SealState) -> str:
    return (
        f"The database holds {found.edge.size} sealed entries; this sealer has signed {state.edge.size}. The database "
        "was put back to an earlier time, or entries were deleted."
    )


def _break(cause: str, found: Here, state: SealState, note: bytes, size: int, why: str) -> Break:
    key = sha256(b"\n".join([cause.encode(), note, str(found.edge.size).encode(), why.encode()])).hexdigest()[
        :32
    ]
    log = note.decode().partition("\n")[0]
    kept, known = found.edge.size, state.known
    told = {"kept": kept, "size": size, "since": found.at, "until": known.at, "records": known.numbers}
    says = f"{why} {in_words(told)} Nothing is signed until two people let a new epoch begin (`indelible epoch propose`)."
    numbers = dict(known.numbers)
    return Break(
        key,
        cause,
        log,
        note.decode(),
        kept,
        found.signed,
        size,
        found.at,
        known.at,
        known.entry,
        numbers,
        says,
    )


def _holds(note: str, edge: Edge, verifier: Verifier) -> bool:
    try:
        head = seal.opened(note.encode(), verifier)
    except LedgerFault:
        return False
    return (head.size, head.root) == (edge.size, edge.root())


def _hashes(connection: Any, start: int, end: int) -> Iterable[bytes]:
    """The leaves' hashes, streamed in pieces."""
    pieces = (
        connection.execute(_HASHES, [at, min(at + _PIECE, end)]).fetchall()
        for at in range(start, end, _PIECE)
    )
    return (row[0] for row in chain.from_iterable(pieces))


def _act(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_ACT, row, strict=True))


def _both(proposed: Mapping[str, Any], approved: Mapping[str, Any]) -> bool:
    """Two people, each in a role that may."""
    return (
        proposed["user_id"].casefold() != approved["user_id"].casefold()
        and bool(set(proposed["role"].split(", ")) & set(PROPOSERS))
        and bool(set(approved["role"].split(", ")) & set(APPROVERS))
    )


def _genuine(one: Mapping[str, Any], keys: list[Ed25519PublicKey]) -> bool:
    said = {key: one[key] for key in ("action", "object", "record", "reason", "outcome", "rule")}
    parts = one["token"].split("|")
    return len(parts) == 7 and parts[1] == one["user_id"] and tokens.is_of_act(one["token"], said, keys)


def _person(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one[key] for key in ("act", "user_id", "name")}


_PIECE: Final = 20_000
_HASHES: Final = "select hash from audit.leaf where seq >= %s and seq < %s order by seq"
_NEWEST: Final = """
    select size, note, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') from audit.checkpoint
     where size <= %s order by size desc limit 1
"""
_OPEN: Final = """
    select e.new, l.seq from audit.event as e left join audit.leaf as l on l.entry = e.id
     where e.kind = 'epoch' and e.new ->> 'epoch' <> 'lost' and e.db = 'indelible_seal' order by e.id desc limit 1
"""
_ACT: Final = (
    "act",
    "user_id",
    "name",
    "role",
    "token",
    "action",
    "object",
    "record",
    "reason",
    "rule",
    "outcome",
)
_DECIDED: Final = """
    select p.id, p.user_id, p.name, p.role, p.token, p.action, p.object, p.record, p.reason, p.rule, p.outcome,
           a.id, a.user_id, a.name, a.role, a.token, a.action, a.object, a.record, a.reason, a.rule, a.outcome
      from audit.act as p join audit.act as a on a.object = p.object || '/' || p.id and a.id > p.id
     where p.action = %(propose)s and a.action = %(approve)s and p.object = %(object)s
       and p.outcome = 'done' and a.outcome = 'done' order by a.id
"""
