"""Encrypted channels, ours and to others: TLS 1.2 or newer, certificates always looked at (URS-OPN-02)."""

from __future__ import annotations

import ssl


def modern_tls(side: int) -> ssl.SSLContext:
    """A context for `ssl.PROTOCOL_TLS_CLIENT`, which trusts what the machine trusts, or `ssl.PROTOCOL_TLS_SERVER`."""
    purpose = ssl.Purpose.SERVER_AUTH if side == ssl.PROTOCOL_TLS_CLIENT else ssl.Purpose.CLIENT_AUTH
    context = ssl.create_default_context(purpose)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
