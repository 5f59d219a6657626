"""The frozen words of signing: the components a signer gives, the limits of a period, what verification finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

PERIOD_IDLE: Final = timedelta(minutes=10)
"""Without a signing a period of controlled access is over after this (URS-SIG-04)."""


@dataclass(frozen=True, slots=True)
class Components:
    """The identification components as the signer gave them; `meaning` is what they saw, None when not sent.

    At the first signing of a period the user id is typed and the password given, later the password (URS-SIG-02, -03).
    """

    user_id: str | None
    password: str = field(repr=False)
    otp: str | None = field(default=None, repr=False)
    meaning: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One part in which a signature no longer says what was signed; `part` is a name people know, `detail` a sentence."""

    part: str
    detail: str
