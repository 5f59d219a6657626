"""The ledger handed out: checkpoint, tiles, proofs, and the whole log as a folder (C2SP tlog-tiles).

Checkpoint, hashes and proofs say nothing of what was recorded; entries are the trail itself: only who may read all of it at
every site receives them, and each time stands in the trail (URS-AUD-09).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from indelible.exports.actions import stated_purpose
from indelible.exports.events import LEDGER_COPY, LEDGER_UNSOUND, WHOLE_NOT_YOURS
from indelible.exports.published import Tiles, newest, newest_vouched
from indelible.kernel.audit.actions import note, refuse
from indelible.kernel.audit.queries import last_checkpoint
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.records.slice import sees_whole_trail
from indelible.ledger import checkpoint as checkpoints
from indelible.ledger import fsck, tile
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from indelible.ledger.note import Verifier
from indelible.ledger.tile import ENTRIES, Tile
from indelible.ledger.witness_folder import replace_durably

CHECKPOINT: Final = "checkpoint"
_STAGED: Final = ".staged.new"


def checkpoint() -> bytes | None:
    """The newest checkpoint as a signed note, with the cosignatures that came for it; None before the first seal."""
    found = newest()
    return found.signed if found else None


def hash_tile(actor: Actor, path: str) -> bytes | None:
    """A hash tile by its path below the log's prefix; None where the log has none there. Raises Refusal (503)."""
    wanted, head = _tile(path), last_checkpoint()
    if wanted is None or wanted.level == ENTRIES or head is None:
        return None
    with _sound(actor, path):
        tiles = Tiles(head)
        return b"".join(tiles.hashes(wanted)) if tiles.has(wanted) else None


def proof(actor: Actor, index: int) -> bytes | None:
    """The proof file of an entry, under the newest checkpoint that enough witnesses vouch for, else the newest of all;
    None for an entry that is not sealed. Raises Refusal (503)."""
    if not 0 <= index < 1 << 63:
        return None
    with _sound(actor, f"proof of entry {index}"):
        found = newest_vouched(index)
        return Tiles(found.head).proof_file(index, found.signed).to_bytes() if found else None


def entries_tile(actor: Actor, path: str) -> bytes | None:
    """An entries tile; written down with its digest before it leaves. None where there is none. Raises Refusal (403, 503)."""
    _require_whole_trail(actor, path)
    wanted, head = _tile(path), last_checkpoint()
    if wanted is None or wanted.level != ENTRIES or head is None:
        return None
    with _sound(actor, path):
        tiles = Tiles(head)
        if not tiles.has(wanted):
            return None
        content = tile.entries(tiles.entries(wanted))
    digest = sha256(content).hexdigest()
    detail = {"from": wanted.first(), "count": wanted.width, "checkpoint": head.size}
    note(actor, LEDGER_COPY, object=f"{wanted.path()}, SHA-256 {digest}", detail=detail)
    return content


@dataclass(frozen=True, slots=True)
class Written:
    """What an export wrote: the checkpoint's size and root, the log's key line, how many files are new."""

    size: int
    root: bytes
    vkey: str
    files: int


def write_folder(actor: Actor, folder: Path, key: Verifier, *, purpose: str = "") -> Written:
    """The whole log as files, in place of an earlier export of the same log or in a new folder.

    Tiles first, each put in place whole, the checkpoint last: stopped anywhere, the folder is what it was before or can be
    written again. Written down before the first byte, read back and checked whole at the end (`fsck`). Raises Refusal (403,
    503), Mismatch where the folder holds another log or what was written is not what was signed, OSError.
    """
    why = stated_purpose(actor, LEDGER_COPY, purpose, "")
    _require_whole_trail(actor, "whole log")
    with _sound(actor, "whole log"):
        found = newest()
        if found is None:
            raise Mismatch("Nothing is sealed yet.")
        tiles = Tiles(found.head)
    known = _known_there(folder, key)
    with _sound(actor, "whole log"):
        _require_growth(folder, known, tiles)
    old = known.size if known else 0
    detail = {"count": tiles.head.size, "checkpoint": tiles.head.size, "known": old}
    root = b64encode(tiles.head.root).decode()
    note(actor, LEDGER_COPY, object=f"whole log, root {root}", reason=why, detail=detail)
    with _sound(actor, "whole log"):
        files = _write_tiles(folder, tiles, old)
    replace_durably(folder / CHECKPOINT, found.signed)
    wrong = fsck.check_log(folder, key.name, [key])
    if wrong:
        raise Mismatch(f"Read back, {wrong[0].where}: {wrong[0].sentence}")
    return Written(tiles.head.size, tiles.head.root, key.vkey(), files + 1)


def _write_tiles(folder: Path, tiles: Tiles, old: int) -> int:
    count = 0
    for one in tile.new_tiles(old, tiles.head.size):
        is_entries = one.level == ENTRIES
        content = tile.entries(tiles.entries(one)) if is_entries else b"".join(tiles.hashes(one))
        place = folder / one.path()
        place.parent.mkdir(parents=True, exist_ok=True)
        (folder / _STAGED).write_bytes(content)
        (folder / _STAGED).replace(place)
        count += 1
    return count


def _known_there(folder: Path, key: Verifier) -> Checkpoint | None:
    """The checkpoint of an earlier export in the folder; None for a new one. Raises LedgerFault for anything else in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / _STAGED).unlink(missing_ok=True)
    ours = ("tile", CHECKPOINT, f".{CHECKPOINT}.new")
    others = [one.name for one in folder.iterdir() if one.name not in ours]
    if others:
        raise Mismatch(f"{folder} holds other things than a log ({sorted(others)[0]}); name an empty folder.")
    if not (folder / CHECKPOINT).exists():
        return None
    return checkpoints.open_checkpoint((folder / CHECKPOINT).read_bytes(), key.name, [key])


def _require_growth(folder: Path, known: Checkpoint | None, tiles: Tiles) -> None:
    """Raises Mismatch where the log no longer continues what this folder has kept of it."""
    if known is None or known.size == 0:
        return
    if known.size > tiles.head.size or tiles.subtree()(0, known.size) != known.root:
        raise Mismatch(
            f"{folder} holds a log of {known.size} entries that this one does not extend. Keep it: it is evidence."
        )


def _tile(path: str) -> Tile | None:
    try:
        return tile.parse_path(path)
    except Malformed:
        return None


def _require_whole_trail(actor: Actor, what: str) -> None:
    if not sees_whole_trail(actor):
        refusal = Refusal(
            WHOLE_NOT_YOURS,
            "Only a role that reads the whole trail at every site may take entries of the ledger.",
        )
        refuse(actor, LEDGER_COPY, refusal, object=what[:200])
        raise refusal


@contextmanager
def _sound(actor: Actor, what: str) -> Iterator[None]:
    """Tells what does not agree with the signed root as a refusal, written down; nothing of it is handed out."""
    try:
        yield
    except LedgerFault as fault:
        refusal = Refusal(LEDGER_UNSOUND, f"{fault} Nothing is handed out; run verify.")
        refuse(actor, LEDGER_COPY, refusal, object=what[:200])
        raise refusal from fault
