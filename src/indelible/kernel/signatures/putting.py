"""What was put before a signer's device or identity provider: kept for minutes, answered once, in the same session (decision 0017)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import challenges, webauthn
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import written_down
from indelible.kernel.identity.events import PROVIDER_SILENT
from indelible.kernel.identity.openid import Word
from indelible.kernel.signatures.events import SIGN_AT_PROVIDER
from indelible.kernel.signatures.types import Answer, Components, Means, Prepared, Put


@dataclass(frozen=True, slots=True)
class Asked:
    """What was put before the signer: the handle to answer by, the digest to answer for (SHA-256 in hex), and for a
    passkey what to ask the browser for (WebAuthn request options)."""

    handle: str
    digest: str
    options: dict[str, Any]


def prepared_of(components: Components) -> Prepared:
    """When and with which nonce something is signed: as it was put before the signer, or now."""
    return components.answer.prepared if components.answer else Prepared(clock(), secrets.token_hex(16), "")


def stop_if_put(components: Components, prepared: Prepared, digest: str) -> None:
    """Raises Put where what has this digest is only put before a device or the identity provider: all checks but the proof
    were made, and the act is undone."""
    if components.means and components.answer is None:
        raise Put(replace(prepared, digest=digest))


@contextmanager
def only_put() -> Iterator[list[Prepared]]:
    """Around an act that is only put before its signer: what was prepared, once it is over."""
    found: list[Prepared] = []
    try:
        yield found
    except Put as put:
        found.append(put.prepared)
    if not found:
        raise AssertionError("what is only put before its signer was signed")


def keep(
    actor: Actor, purpose: str, components: Components, prepared: Prepared, kept: Mapping[str, Any]
) -> Asked:
    """Keeps what the signer gave and what exactly they answer for, beside `kept`; outside any act."""
    told = {
        **kept,
        "user_id": components.user_id,
        "meaning": components.meaning,
        "means": components.means,
        "at": prepared.at.isoformat(),
        "nonce": prepared.nonce,
        "digest": prepared.digest,
    }
    handle = challenges.ask(purpose, told, session=actor.session)
    return Asked(handle, prepared.digest, _options(actor, components.means, prepared.digest))


def _options(actor: Actor, means: Means | None, digest: str) -> dict[str, Any]:
    if means != "passkey":
        return {}
    known = identity.passkeys(actor).filter(ended_at=None).exclude(confirmed_at=None)
    return webauthn.question(bytes.fromhex(digest), [one.credential_id for one in known])[0]


def give_up(actor: Actor, handle: str, purpose: str, why: str) -> None:
    """The provider did not confirm it, by its own word or by its silence: nothing is signed, and it is written down.

    Refusals: PROVIDER_SILENT (503), CHALLENGE_OVER (409). It counts against nobody: an outage must not lock people out.
    """
    kept = challenges.open_question(handle, purpose, session=actor.session) or {}
    named = kept.get("step") or f"person:{actor.user_id}"
    with written_down(actor, SIGN_AT_PROVIDER, object=named, record=kept.get("number", "")):
        challenges.take(handle, purpose, session=actor.session)
        raise Refusal(PROVIDER_SILENT, f"{why} Nothing was signed.", evidence={"cause": why[:200]})


def answered(kept: Mapping[str, Any], passkey: Mapping[str, Any] | None, provider: Word | None) -> Components:
    """The components of what was kept, with the answer to it."""
    prepared = Prepared(datetime.fromisoformat(kept["at"]), kept["nonce"], kept["digest"])
    return Components(
        user_id=kept["user_id"],
        meaning=kept["meaning"],
        means=kept["means"],
        answer=Answer(prepared, passkey or {}, provider),
    )
