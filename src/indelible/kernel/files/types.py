"""Frozen values of files: what an upload became, what may be shown, and how a name is made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.utils.http import content_disposition_header

LIMIT: Final = 64 * 1024 * 1024
"""Largest file in bytes (64 MiB)."""

NAME_MAXIMUM: Final = 150
OCTETS: Final = "application/octet-stream"
SNIFFED: Final = 512
"""How many first bytes decide the media type."""

_SIGNATURES: Final[Mapping[bytes, str]] = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
INLINE: Final = frozenset({*_SIGNATURES.values(), "image/webp"})
"""What a browser may show in place; all else is downloaded as octets (an HTML or SVG file is a program)."""

_RESERVED: Final = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that lie whole in the store: SHA-256 in hex, length, media type by their first bytes, shown name."""

    sha256: str
    size: int
    media: str
    name: str


@dataclass(frozen=True, slots=True)
class Original:
    """Verified bytes, open for reading from the start: exactly what was digested a moment ago."""

    sha256: str
    size: int
    media: str
    content: BinaryIO


def media_type(head: bytes) -> str:
    """The media type the first bytes prove, from a small list; octets for everything else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((media for mark, media in _SIGNATURES.items() if head.startswith(mark)), OCTETS)


def clean_name(name: str) -> str:
    """The name as it may be shown and saved: no folders, no controls, no direction tricks, never empty.

    Letters of every script stay as typed; at most 150 characters, the ending kept.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if unicodedata.category(c)[0] == "Z" else c for c in last)
    seen = "".join(c for c in seen if unicodedata.category(c)[0] != "C")
    seen = re.sub(r'[<>:"|?*]', "_", re.sub(r" +", " ", seen)).lstrip(" .").rstrip(" .")
    if not seen:
        return "unnamed file"
    return _shortened(f"_{seen}" if _RESERVED.match(seen) else seen)


def _shortened(name: str) -> str:
    if len(name) <= NAME_MAXIMUM:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:NAME_MAXIMUM].rstrip(" .")
    return f"{stem[: NAME_MAXIMUM - len(ending) - 1].rstrip(' .')}.{ending}"


def headers(name: str, media: str, *, inline: bool = True) -> dict[str, str]:
    """The HTTP headers a door sends with a file: shown in place only where the media type is on the short list."""
    shown = inline and media in INLINE
    disposition = content_disposition_header(not shown, clean_name(name)) or "attachment"
    return {
        "Content-Type": media if media in INLINE else OCTETS,
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
