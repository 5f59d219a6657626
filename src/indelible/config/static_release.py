"""A name for the static files that changes when any of them does, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path


def static_release(folder: Path, version: str) -> str:
    """Twelve hexadecimal digits over names and bytes of all files below the folder, and the version."""
    digest = hashlib.sha256(version.encode())
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
