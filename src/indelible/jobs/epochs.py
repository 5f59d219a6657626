"""The sealer's part in a new epoch of the ledger: it tells of the break, looks for two people's acts, and begins it.

Each step can be made again after a kill: first the state on disk, then the entries, then what is put aside (decision 0012).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from psycopg.types.json import Jsonb

from indelible.kernel.audit import anchors, epochs, seal
from indelible.kernel.audit.epochs import LOST_IDS, Break, Decision
from indelible.kernel.audit.seal import Known, LogSigner, SealState
from indelible.ledger.faults import LedgerFault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger("indelible.sealer")


def tell(connection: Any, broken: Break) -> None:
    """An entry that names what was lost, once for each break; from then on no number that was lost is given again."""
    connection.execute("select audit.never_below(%s)", [broken.entry])
    if not _told(connection, "broken", "break", broken.id):
        connection.execute("select audit.testify('epoch', %s)", [Jsonb(broken.as_image())])


def settle(
    connection: Any, folder: Path, key: LogSigner, state: SealState, broken: Break, decision: Decision
) -> SealState:
    """The state in which the ledger as it is here goes on under a new name; the old one is kept beside it."""
    found = epochs.here(connection, key.verifier)
    if found is None or found.edge.size != broken.kept:
        raise ValueError("the ledger changed while its break was being settled")
    name = _new_name(connection, folder)
    opening = {
        **broken.as_image(),
        "epoch": "begun",
        "origin": f"{key.name}/{name}",
        "reason": decision.reason,
        "proposed_by": dict(decision.proposed),
        "approved_by": dict(decision.approved),
        "halt": _halt_is_of(folder, broken, key),
    }
    seal.keep_aside(folder, name, opening)
    renamed = key.named(opening["origin"])
    made = seal.signed_state(found.edge, found.last, renamed, state.known, opening)
    seal.write_state(folder, made)
    log.warning("a new epoch begins, %s: %s", opening["origin"], decision.reason)
    return made


def begin(connection: Any, folder: Path, state: SealState) -> None:
    """What stands in the ledger for the lost entries, the entry of the epoch, and an end to what spoke of the old one."""
    said = dict(state.opening or {})
    with connection.transaction():
        first = connection.execute("select coalesce(max(seq) + 1, 0) from audit.leaf").fetchone()[0]
        if first == said["kept"] and first < said["size"]:
            connection.execute("select audit.lose(%s, %s, %s)", [first, said["size"], said["log"]])
            connection.execute(_LOST_LEAVES, [LOST_IDS, LOST_IDS + first, LOST_IDS + said["size"]])
        if not _told(connection, "begun", "origin", said["origin"]):
            connection.execute("select audit.testify('epoch', %s)", [Jsonb(said)])
    halt = (seal.HALT_FILE, seal.HALT_NOTE) if said["halt"] else ()
    seal.put_aside(folder, said["origin"].rpartition("/")[2], anchors.COSIGNED_FOLDER, *halt)


def decision(connection: Any, broken: Break, keys: Iterable[Ed25519PublicKey]) -> Decision | None:
    """Two people's genuine acts about this break, or None."""
    return epochs.decided(connection, broken.id, keys)


def known(connection: Any, state: SealState) -> Known:
    """What the entries sealed since this state add to what a restore would forget; all of them for an old state."""
    since = state.edge.size if state.known.entry else 0
    at, entry = connection.execute(_KNOWN, [LOST_IDS, since]).fetchone()
    numbers = {stem: int(last) for stem, last in connection.execute(_NUMBERS, [since]).fetchall()}
    return state.known.with_later(Known(at, entry or 0, numbers))


def _halt_is_of(folder: Path, broken: Break, key: LogSigner) -> bool:
    """Whether the halt, if there is one, speaks of what this epoch settles: the same log, and no more than was lost."""
    if broken.cause == "witness":
        return True
    try:
        shown = seal.opened(seal.halt_proof(folder), key.verifier)
    except LedgerFault:
        return False
    return shown.origin == broken.log and broken.kept < shown.size <= broken.size


def _new_name(connection: Any, folder: Path) -> str:
    """The present second, as no epoch before is named: two of one name would be one log."""
    while (folder / seal.EPOCHS_FOLDER / (name := str(connection.execute(_NAME).fetchone()[0]))).exists():
        time.sleep(0.1)
    return name


def _told(connection: Any, what: str, key: str, value: str) -> bool:
    return bool(connection.execute(_TOLD, [what, key, value]).fetchone()[0])


_NAME: Final = """select to_char(audit.clock() at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"')"""
_TOLD: Final = """
    select exists(select from audit.event where kind = 'epoch' and new ->> 'epoch' <> 'lost' and new ->> 'epoch' = %s
                     and db = 'indelible_seal' and new ->> %s = %s)
"""
_LOST_LEAVES: Final = r"""
    insert into audit.leaf (seq, entry, bytes, hash, late)
    select e.id - %s, e.id, b.bytes, sha256('\x00'::bytea || b.bytes), false
      from audit.event as e cross join lateral (select audit.entry_bytes(e) as bytes) as b
     where e.id >= %s and e.id < %s order by e.id
"""
_KNOWN: Final = """
    select audit.instant(audit.clock()), max(entry) filter (where entry < %s) from audit.leaf where seq >= %s
"""
_NUMBERS: Final = """
    select m[1], max(m[2]::bigint)
      from audit.leaf as l join audit.act as a on a.id = l.entry
           cross join lateral regexp_match(a.record, '^(.+-[0-9]{4})-([0-9]{1,9})$') as m
     where l.seq >= %s and a.outcome = 'done' and m is not null group by 1
"""
