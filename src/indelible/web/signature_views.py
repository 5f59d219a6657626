"""Signatures as pages show them: the words and colours of their standing, the times frozen at signing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from indelible.web.times import day_words, instant

STANDINGS: Mapping[str, tuple[str, str, str]] = {
    "stands": ("stands", "pill-good", ""),
    "earlier revision": ("earlier revision", "pill-warn", "earlier-revision"),
    "withdrawn": ("withdrawn", "pill-plain", "withdrawn"),
    "invalid": ("does not verify", "pill-bad", "invalid"),
}


def signature_view(signature: Mapping[str, Any]) -> dict[str, Any]:
    """A signature with the words and colours of its standing; times with the offset frozen at signing."""
    said, tag, css = STANDINGS.get(
        str(signature["standing"]), (str(signature["standing"]), "pill-bad", "invalid")
    )
    at = instant(signature["at"])
    return {
        **signature,
        "standing_words": said,
        "tag": tag,
        "css": css,
        "components_words": component_words(signature["components"]),
        "at_utc": f"{day_words(at.astimezone(UTC).date())}, {at.astimezone(UTC):%H:%M:%S} UTC",
        "at_local": _at_offset(at, str(signature.get("offset", ""))),
    }


def _at_offset(at: datetime, offset: str) -> str:
    """The signer's time by the offset stored with the signature, never by today's zone rules (URS-TIM-04);
    shown also where it is UTC, so that every form says the same (URS-MAN-03, -04)."""
    offset = "+00:00" if offset in ("", "Z") else offset
    sign = -1 if offset[0] == "-" else 1
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    local = at.astimezone(timezone(sign * timedelta(hours=hours, minutes=minutes)))
    return f"{day_words(local.date())}, {local:%H:%M:%S} {offset}"


def component_words(components: Sequence[str]) -> str:
    """The signature's components in words."""
    said = " and ".join(str(component).replace("_", " ") for component in components)
    return said if len(components) > 1 else f"{said} (a later signing of the same period)"
