"""The other ways in beside the password: a passkey, and the company's identity provider (URS-ACC-01, -08; URS-SIG-01)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from indelible.kernel.audit.types import Actor, Channel, nobody
from indelible.kernel.identity import challenges, passkeys, proofs, provider, webauthn
from indelible.kernel.identity.authority import written_down
from indelible.kernel.identity.events import PROVIDER_REFUSED, SESSION_BEGIN, SIGN_IN_FAILED
from indelible.kernel.identity.models import Passkey, ProviderAccount
from indelible.kernel.identity.openid import NotAccepted, Told, Word, judged
from indelible.kernel.identity.sessions import begin

SIGN_IN = "passkey sign-in"
_NOT_PROVEN = (
    "The passkey was not accepted. Sign in with your user id and password, or ask your administrator."
)
_NOT_KNOWN = "The identity provider's answer does not lead to an account here. Ask your administrator."


def ask_sign_in() -> tuple[str, dict[str, Any]]:
    """Handle and WebAuthn request options for a sign-in; the same whoever asks: no key is named, no id is asked."""
    options, state = webauthn.question(None, [])
    return challenges.ask(SIGN_IN, state), options


def sign_in_by_passkey(
    handle: str, answer: Mapping[str, Any], *, source: str, channel: Channel, device: str = ""
) -> tuple[str, Actor]:
    """Begins a session of whoever's passkey answered. Refusals: CHALLENGE_OVER (409), SIGN_IN_FAILED (401; counted,
    but for a right answer of a passkey whose test is overdue).

    A one-time secret that still waits to be replaced waits on, and stops nothing here: only the password was reset.
    """
    visitor = nobody(source=source, channel=channel)
    with written_down(visitor, SESSION_BEGIN, object="passkey"):
        cause, found, given = passkeys.prove(None, answer, challenges.take(handle, SIGN_IN))
        if cause or found is None or given is None:
            evidence = {"cause": cause, "passkey": str(found.pk) if found else ""}
            raise proofs.failed(
                found.person if found else None,
                SIGN_IN_FAILED,
                _NOT_PROVEN,
                actor=visitor,
                evidence=evidence,
                also=passkeys.consequence_of(found, cause),
                counts=cause != passkeys.UNTESTED,
            )
    by = f"passkey {found.pk}"
    return begin(found.person, by, partial(_use, found, given), source=source, channel=channel, device=device)


def _use(found: Passkey, given: webauthn.Answered, _now: datetime) -> bool:
    if not Passkey.objects.filter(pk=found.pk, ended_at=None).exists():
        return False
    passkeys.used(found, given)
    return True


def sign_in_by_provider(
    word: Word, *, nonce: str, asked_at: datetime, source: str, channel: Channel, device: str = ""
) -> tuple[str, Actor]:
    """Begins a session of the person whose account at the provider signed in. Refusal PROVIDER_REFUSED (401).

    It is a sign-in and no more: a signature asks the provider again (URS-ACC-08).
    """
    visitor = nobody(source=source, channel=channel)
    with written_down(visitor, SESSION_BEGIN, object="provider"):
        found, said = _known(word, nonce, asked_at, visitor)
    by, still = f"provider {found.pk}", partial(_in_force, found)
    return begin(found.person, by, still, source=source, channel=channel, device=device, said=said)


def _known(
    word: Word, nonce: str, asked_at: datetime, visitor: Actor
) -> tuple[ProviderAccount, dict[str, Any]]:
    told: Told | None = None
    try:
        told = judged(word, nonce=nonce, asked_at=asked_at, anew=False)
        cause, found = provider.prove(None, told)
    except NotAccepted as fault:
        cause, found = str(fault), None
    if cause or found is None or told is None:
        evidence = {"cause": cause}
        raise proofs.failed(None, PROVIDER_REFUSED, _NOT_KNOWN, actor=visitor, evidence=evidence)
    return found, told.said


def _in_force(found: ProviderAccount, _now: datetime) -> bool:
    return ProviderAccount.objects.filter(pk=found.pk, ended_at=None).exclude(confirmed_at=None).exists()
