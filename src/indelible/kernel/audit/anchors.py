"""Outside anchors of the ledger (ledger.md 3.5): who is named to vouch for it, and what they said, as the ledger tells it.

Who was named when is an event of the trail (`system.witnesses_named`), so that taking a witness away leaves a trace; each
cosignature and each time stamp is a `receipt` in the ledger: {"receipt": "cosignature", "size", "witness", "line"} or
{"receipt": "timestamp", "size", "authority", "token" (base64 of the DER answer)}.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from indelible.ledger.cosignature import Cosignature, witness_verifier
from indelible.ledger.faults import LedgerFault, Malformed
from indelible.ledger.note import Verifier
from indelible.ledger.witness_folder import replace_durably

WAKE_CHANNEL: Final = "indelible_anchors"
"""Notified to ask everybody now: `time stamp` for the authorities, anything else for the witnesses."""
ASK_EVERY: Final = 60.0
"""Seconds between two questions to a witness while the ledger grows (ledger.md 3.5); a signature is not kept waiting."""
HEARTBEAT: Final = 3_600.0
"""Seconds between two questions while nothing but receipts was added: that the ledger is still there is worth one an hour."""
COSIGNED_WITHIN: Final = 600
"""Seconds after which an entry that no quorum of witnesses vouches for is told: ten rounds of asking."""
STAMP_EVERY: Final = 86_400.0
CLOCK_TOLERANCE: Final = 120
"""Seconds by which an entry's time may lie outside the cosignatures around it: two clocks, a slow answer, a long act."""
COSIGNED_FOLDER: Final = "witnesses"
"""In the sealer's folder, outside the database: the last checkpoint each witness cosigned, as a note."""


@dataclass(frozen=True, slots=True)
class Named:
    """Who is named: witnesses by what people call them, how many must cosign, authorities with their root certificate."""

    witnesses: Mapping[str, Verifier]
    quorum: int
    authorities: Mapping[str, str]

    def as_detail(self) -> dict[str, Any]:
        """As it stands in the event's detail."""
        return {
            "witnesses": [{"name": name, "vkey": key.vkey()} for name, key in self.witnesses.items()],
            "quorum": self.quorum,
            "authorities": [{"name": name, "certificate": pem} for name, pem in self.authorities.items()],
        }


NOBODY: Final = Named({}, 0, {})


def read_named(detail: Any) -> Named:
    """The choice an event tells of; raises Malformed for a detail that is none."""
    try:
        return named(
            [(one["name"], one["vkey"]) for one in detail["witnesses"]],
            int(detail["quorum"]),
            [(one["name"], one["certificate"]) for one in detail["authorities"]],
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, LedgerFault):
            raise
        raise Malformed("The entry does not say who vouches for the ledger.") from error


def named(witnesses: Iterable[tuple[str, str]], quorum: int, authorities: Iterable[tuple[str, str]]) -> Named:
    """The choice with its keys read; raises Malformed, naming the witness, for a line that is no witness's key."""
    keys: dict[str, Verifier] = {}
    for name, vkey in witnesses:
        try:
            keys[name] = witness_verifier(vkey)
        except LedgerFault as fault:
            raise Malformed(f"The key line of the witness {name} cannot be used: {fault}") from fault
    if len({key.public for key in keys.values()}) != len(keys):
        raise Malformed("Two witnesses have the same key; they would count as one.")
    if len({key.name for key in keys.values()}) != len(keys):
        raise Malformed("Two witnesses sign under the same name; their receipts could not be told apart.")
    return Named(keys, quorum, dict(authorities))


def cosignature_receipt(size: int, made: Cosignature) -> dict[str, Any]:
    """The image of a receipt for a cosignature; `witness` is the name in its key."""
    return {"receipt": "cosignature", "size": size, "witness": made.witness, "line": made.line}


def stamp_receipt(size: int, authority: str, token: bytes) -> dict[str, Any]:
    """The image of a receipt for a time stamp."""
    return {"receipt": "timestamp", "size": size, "authority": authority, "token": b64encode(token).decode()}


def keep_cosigned(folder: Path, name: str, note: bytes, line: str) -> None:
    """Puts a cosigned checkpoint beside the sealer's own state, where no database administrator rewrites it."""
    place = folder / COSIGNED_FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    replace_durably(place / name, note + f"{line}\n".encode())


def read_cosigned(folder: Path, name: str) -> bytes:
    """The last checkpoint this witness cosigned, as a note; empty where there is none."""
    try:
        return (folder / COSIGNED_FOLDER / name).read_bytes()
    except FileNotFoundError:
        return b""


def all_cosigned(folder: Path) -> dict[str, bytes]:
    """What is kept of every witness, by the name people call it."""
    place = folder / COSIGNED_FOLDER
    names = [file.name for file in place.iterdir()] if place.is_dir() else []
    return {name: read_cosigned(folder, name) for name in sorted(names) if not name.startswith(".")}


def quorum_size(sizes: Sequence[int], quorum: int) -> int:
    """The largest size that at least `quorum` of the witnesses have cosigned; 0 without a quorum."""
    if not 0 < quorum <= len(sizes):
        return 0
    return sorted(sizes, reverse=True)[quorum - 1]
