"""The zip of a bundle as it grows: every file written once, digested, and listed in the manifest that closes it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import IO, Any

from indelible.ledger.note import Signer, sign

FORMAT = "indelible-bundle/1"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""A zip's own times are in nobody's zone: they say nothing here; the manifest does."""


class Parcel:
    """Writes files into a zip; `files` lists them as {name: {bytes, sha256}} for the manifest."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self.files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Parcel:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()

    def add(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """One file, whole or piece by piece; a name twice is an error of the product."""
        if name in self.files:
            raise ValueError(f"{name} stands twice in the bundle")
        digest, size = sha256(), 0
        with self._zip.open(_entry(name), "w", force_zip64=True) as file:
            for piece in (content,) if isinstance(content, bytes) else content:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        self.files[name] = {"bytes": size, "sha256": digest.hexdigest()}

    def add_json(self, name: str, value: Any) -> None:
        """One file of JSON, readable by people as well."""
        self.add(name, as_json(value))

    def seal(self, about: Mapping[str, Any], key: Signer) -> None:
        """The manifest over every file so far, and its seal: a signed note over the manifest's SHA-256."""
        manifest = as_json({"format": FORMAT, **about, "files": dict(sorted(self.files.items()))})
        self.add("manifest.json", manifest)
        self.add("manifest.seal", sign(f"{FORMAT}\n{sha256(manifest).hexdigest()}\n", [key]).to_bytes())


def as_json(value: Any) -> bytes:
    """UTF-8 JSON with one space of indent and a line's end."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
    return info
