"""Entry v1: the one format of the ledger that is Indelible's own. The bytes of an entry are the data of a leaf.

UTF-8 JSON, one object, no newline, at most 65,535 bytes; keys in the order of `KEYS`, each left out when empty.
The bytes are built once, stored, and never re-serialised: what is hashed is what was stored.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from indelible.ledger.faults import Malformed
from indelible.ledger.tile import MOST_ENTRY_BYTES

KINDS = ("row", "act", "esign", "ddl", "baseline", "attest", "digest", "receipt", "epoch", "demo")
OPERATIONS = {"I": "insert", "U": "update", "D": "delete"}
Image = Mapping[str, Any]

_AT = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z", re.ASCII
)
_XID = re.compile(r"[1-9][0-9]{0,19}", re.ASCII)
_MOST_ID = (1 << 63) - 1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry as read. Empty text, None and 0 mean: the key is not there.

    `id` orders entries as they happened; `act` is the id of the act a row event belongs to; `at` is RFC 3339 UTC with
    six decimals; `xid` is PostgreSQL's 64-bit transaction id in decimal; `old` and `new` are row images (for an act,
    `new` is what else was recorded about it). A value over 4 KB or kept elsewhere is `{"sha256", "len"}`, a secret
    one `{"hmac"}`; an image too large for an entry is one such digest as a whole.
    """

    v: int = 1
    kind: str
    id: int
    act: int = 0
    at: str
    xid: str = ""
    table: str = ""
    layout: int = 0
    pk: str = ""
    op: str = ""
    db: str = ""
    token: str = ""
    action: str = ""
    reason: str = ""
    source: str = ""
    outcome: str = ""
    rule: str = ""
    old: Image | None = None
    new: Image | None = None


KEYS = tuple(field.name for field in fields(Entry))
_NUMBERS = ("v", "id", "act", "layout")
_IMAGES = ("old", "new")


def parse(data: bytes) -> Entry:
    """Reads entry bytes; raises Malformed, in a sentence, for anything that is not Entry v1.

    Numbers inside images come as int or Decimal, never as float.
    """
    if len(data) > MOST_ENTRY_BYTES:
        raise Malformed(f"The entry is {len(data)} bytes long; at most {MOST_ENTRY_BYTES} are possible.")
    if b"\n" in data or data[:1] != b"{":
        raise Malformed("The entry is not one JSON object on one line.")
    read = _json(data)
    places = [KEYS.index(key) for key in read if key in KEYS]
    if len(places) != len(read) or places != sorted(places):
        raise Malformed("The keys of the entry are not those of Entry v1 in their order.")
    if not {"v", "kind", "id", "at"} <= read.keys():
        raise Malformed("The entry lacks its version, kind, id or time.")
    for key, value in read.items():
        _check_type(key, value)
    entry = Entry(**read)
    _check_meaning(entry)
    return entry


def build(entry: Entry) -> bytes:
    """The bytes of an entry: the reference for builders elsewhere. Raises Malformed if they would not be readable."""
    given = {key: getattr(entry, key) for key in KEYS}
    text = json.dumps(
        {key: value for key, value in given.items() if value}, ensure_ascii=False, separators=(",", ":")
    )
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise Malformed("The entry holds half a character (a lone surrogate).") from error
    parse(data)
    return data


def _json(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
        read = json.loads(text, object_pairs_hook=_unique, parse_float=Decimal, parse_constant=_no_constant)
    except Malformed:
        raise
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Malformed("The entry is not JSON in UTF-8.") from error
    if not isinstance(read, dict):
        raise Malformed("The entry is not a JSON object.")
    if "\\u" in text and _has_lone_surrogate(read):
        raise Malformed("The entry holds half a character (a lone surrogate).")
    return read


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Malformed("A key stands twice in the entry.")
    return made


def _no_constant(name: str) -> None:
    raise Malformed(f"{name} is not a number of JSON.")


def _has_lone_surrogate(read: object) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in json.dumps(read, ensure_ascii=False, default=str))


def _check_type(key: str, value: object) -> None:
    if key in _NUMBERS:
        fits = type(value) is int and 1 <= value <= _MOST_ID
    elif key in _IMAGES:
        fits = isinstance(value, dict) and bool(value)
    else:
        fits = isinstance(value, str) and bool(value)
    if not fits:
        raise Malformed(f"The value of {key!r} in the entry is empty or of the wrong kind.")


def _check_meaning(entry: Entry) -> None:
    if entry.v != 1:
        raise Malformed(f"The entry is of version {entry.v}; this program reads version 1.")
    if entry.kind not in KINDS:
        raise Malformed(f"{entry.kind!r} is not a kind of entry.")
    if not _AT.fullmatch(entry.at):
        raise Malformed("The time of the entry is not RFC 3339 in UTC with six decimals.")
    if entry.xid and not _XID.fullmatch(entry.xid):
        raise Malformed("The transaction id of the entry is not a decimal number.")
    if entry.op and entry.op not in OPERATIONS:
        raise Malformed(f"{entry.op!r} is not an operation on a row.")
