"""A second reader of Entry v1, sharing no line with `indelible.ledger`, written from the ledger's published page alone.

It exists to prove that the page is enough: whoever reads the golden files differently has found a gap in the page.
"""

import json
from decimal import Decimal

ORDER = [
    "v",
    "kind",
    "id",
    "act",
    "at",
    "xid",
    "table",
    "layout",
    "pk",
    "op",
    "db",
    "token",
    "action",
    "reason",
    "source",
    "outcome",
    "rule",
    "old",
    "new",
]


def read_entry(line):  # type: ignore[no-untyped-def]
    """The entry as a dict, or ValueError."""
    if len(line) > 65535 or b"\n" in line:
        raise ValueError("size or newline")
    pairs = json.loads(line.decode("utf-8"), object_pairs_hook=list, parse_float=Decimal)
    names = [name for name, _ in pairs]
    if names != [name for name in ORDER if name in names]:
        raise ValueError("order of keys")
    for name, value in pairs:
        if value in ("", None, [], 0):
            raise ValueError("empty value of " + name)
    entry = {name: plain(value) if name in ("old", "new") else value for name, value in pairs}
    if entry["v"] != 1 or not isinstance(entry["id"], int):
        raise ValueError("version or id")
    if not entry["at"].endswith("Z") or len(entry["at"]) != len("2026-11-22T16:19:00.000000Z"):
        raise ValueError("time")
    return entry


def plain(value):  # type: ignore[no-untyped-def]
    """Pairs back to dicts; a key standing twice is a ValueError."""
    if not isinstance(value, list):
        return value
    if value and all(isinstance(one, tuple) for one in value):
        if len({name for name, _ in value}) != len(value):
            raise ValueError("key twice")
        return {name: plain(inner) for name, inner in value}
    return [plain(one) for one in value]


MANIFEST = {
    "record",
    "revision",
    "declaration",
    "step",
    "meaning",
    "fields",
    "attachments",
    "links",
    "signer",
    "at",
    "components",
    "software",
    "nonce",
}


def read_manifest(data):  # type: ignore[no-untyped-def]
    """Manifest v1 as a dict, or ValueError: RFC 8785 JSON without numbers."""
    text = data.decode("utf-8")
    manifest = plain(json.loads(text, object_pairs_hook=list, parse_int=no_number, parse_float=no_number))
    if set(manifest) != MANIFEST or set(manifest["signer"]) != {
        "id",
        "name",
        "role",
        "organisation",
        "zone",
        "offset",
    }:
        raise ValueError("keys")
    if canonical(json.loads(text)) != text:
        raise ValueError("not the canonical form of RFC 8785")
    return json.loads(text)


def no_number(text):  # type: ignore[no-untyped-def]
    """A manifest has none."""
    raise ValueError("number " + text)


def canonical(value):  # type: ignore[no-untyped-def]
    """RFC 8785 for everything but numbers: keys by their UTF-16 code units, shortest escapes, no spaces."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)
