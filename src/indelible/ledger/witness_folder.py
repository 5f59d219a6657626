"""Where a witness keeps what it knows: one folder a log, written whole or not at all, on disk before anyone hears of it.

logs/<hex sha256(origin)>/keys        the log's verifier keys, one a line; the first names the origin
logs/<hex sha256(origin)>/checkpoint  the last cosigned checkpoint with both signatures; empty before the first
logs/<hex sha256(origin)>/evidence/   one JSON file for each proof that the log signed two histories
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

from indelible.ledger import note
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from indelible.ledger.note import ED25519, Verifier
from indelible.ledger.witness import Fork, WitnessedLog, origin_digest

KEYS: Final = "keys"
CHECKPOINT: Final = "checkpoint"
EVIDENCE: Final = "evidence"
MOST_EVIDENCE: Final = 1_000
"""Files of evidence a log; only who holds the log's key can make any, and one is enough."""


class LogFolder:
    """The `Store` of one log in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> bytes:
        """The kept checkpoint; raises Mismatch when the file was taken away: then nobody knows what was cosigned."""
        try:
            return (self.folder / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            raise Mismatch(
                f"The file {self.folder / CHECKPOINT} was taken away; without it this witness does not know what it has "
                "cosigned. Put it back from a copy."
            ) from None

    def keep(self, signed: bytes) -> None:
        replace_durably(self.folder / CHECKPOINT, signed)

    def keep_evidence(self, fork: Fork) -> None:
        folder = self.folder / EVIDENCE
        folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{sha256(fork.kept + fork.submitted).hexdigest()[:32]}.json"
        if (folder / name).exists() or sum(1 for _ in folder.iterdir()) >= MOST_EVIDENCE:
            return
        replace_durably(
            folder / name, json.dumps(_as_json(fork), ensure_ascii=False, indent=1).encode() + b"\n"
        )


def accept(root: Path, vkey: str) -> bool:
    """Accepts a log by its verifier key, for ever; False when it was accepted before. Raises Malformed.

    A second key under the same origin is added: both are trusted while the log exchanges its key.
    """
    key = _log_key(vkey)
    folder = root / origin_digest(key.name)
    known = _keys(folder) if folder.exists() else []
    if key in known:
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not known and not (folder / CHECKPOINT).exists():
        replace_durably(folder / CHECKPOINT, b"")
    replace_durably(folder / KEYS, "".join(f"{one.vkey()}\n" for one in [*known, key]).encode())
    _sync(root)
    return True


def witnessed_logs(root: Path, own: Verifier) -> dict[str, WitnessedLog]:
    """Every accepted log by its origin; raises LedgerFault where what is kept is not what this witness wrote."""
    found: dict[str, WitnessedLog] = {}
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if not (folder / KEYS).exists():  # killed between the folder and its keys: never accepted
            continue
        keys = _keys(folder)
        origin = keys[0].name
        if folder.name != origin_digest(origin):
            raise Mismatch(f"The folder {folder} is not that of the log {origin}.")
        found[origin] = WitnessedLog(origin, keys, LogFolder(folder), own)
    return found


def evidence(root: Path, origin: str) -> list[Path]:
    """The files of evidence against a log."""
    folder = root / origin_digest(origin) / EVIDENCE
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def replace_durably(path: Path, content: bytes) -> None:
    """New file, fsync, rename over the old one, fsync of the folder: after a kill either the old or the new is there."""
    staged = path.with_name(f".{path.name}.new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
    _sync(path.parent)


def _keys(folder: Path) -> list[Verifier]:
    if not (folder / KEYS).exists():
        return []
    lines = (folder / KEYS).read_text(encoding="utf-8").splitlines()
    keys = [_log_key(line) for line in lines]
    if not keys or len({one.name for one in keys}) != 1:
        raise Malformed(f"The file {folder / KEYS} does not hold the keys of one log.")
    return keys


def _log_key(vkey: str) -> Verifier:
    try:
        key = note.parse_vkey(vkey.strip())
    except LedgerFault as fault:
        raise Malformed(f"This is not the key of a log ({fault})") from fault
    if key.type != ED25519:
        raise Malformed(f"The key {key.name} is a witness's; a log signs with a key of type 0x01.")
    return key


def _as_json(fork: Fork) -> dict[str, object]:
    return {
        "what": "Two checkpoints signed by one log that are not of one history (C2SP tlog-witness).",
        "why": fork.why,
        "at": fork.at,
        "origin": fork.origin,
        "kept": fork.kept.decode(),
        "submitted": fork.submitted.decode(),
        "old": fork.old,
        "proof": [b64encode(one).decode() for one in fork.proof],
    }


def _sync(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
