"""The frozen words of signing: the components a signer gives, the limits of a period, what verification finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from indelible.kernel.identity.openid import Word

PERIOD_IDLE: Final = timedelta(minutes=10)
"""Without a signing a period of controlled access is over after this (URS-SIG-04)."""


Means = Literal["passkey", "provider"]
"""By what else than a password a signer proves themselves: then the manifest is made before it is answered for."""


@dataclass(frozen=True, slots=True)
class SigningKind:
    """One kind of electronic signature people make here, classed as 21 CFR 11.3(b)(3) asks: none is biometric (URS-UNQ-04)."""

    title: str
    components: str
    not_biometric: str


SIGNING_KINDS: Final = (
    SigningKind(
        "Password",
        "user id and password, and a one-time code where one is set up",
        "Nothing of it is measured at the person.",
    ),
    SigningKind(
        "Passkey",
        "user id and passkey",
        "A device that opens by finger or face opens by its PIN, too: others who know it could. It is one component of two.",
    ),
    SigningKind(
        "Identity provider",
        "user id and a fresh sign-in at the company's provider",
        "By what the provider knows people is its own affair, and it may be a password. It is one component of two.",
    ),
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A manifest put before the signer: when, by which nonce, and its SHA-256 in hex, which is what their device or
    provider answers for. `at` is the time of the signature: the moment they pressed to sign."""

    at: datetime
    nonce: str
    digest: str


class Put(Exception):  # noqa: N818  (no fault: everything was as it will be, and nothing of it is kept)
    """Raised inside the act of a step that is only prepared, after all its checks, so that the act is undone."""

    def __init__(self, prepared: Prepared) -> None:
        super().__init__("prepared")
        self.prepared = prepared


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device (WebAuthn assertion) or the identity provider answered for a prepared manifest."""

    prepared: Prepared
    passkey: Mapping[str, Any] = field(default_factory=dict, repr=False)
    provider: Word | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Components:
    """The identification components as the signer gave them; `meaning` is what they saw, None when not sent.

    At the first signing of a period the user id is typed and the password given, later the password (URS-SIG-02, -03).
    `means` says that a passkey or the provider takes the password's place: without `answer` the signing is prepared only.
    """

    user_id: str | None
    password: str = field(default="", repr=False)
    otp: str | None = field(default=None, repr=False)
    meaning: str | None = None
    means: Means | None = None
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One part in which a signature no longer says what was signed; `part` is a name people know, `detail` a sentence."""

    part: str
    detail: str
