"""Signing by a device or the identity provider: the step is put before the signer first, then taken with the answer (decision 0017).

Both halves go through `take_step`, so everything it refuses is refused twice; what is put is kept for minutes and answered once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import challenges, webauthn
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import written_down
from indelible.kernel.identity.events import PROVIDER_SILENT
from indelible.kernel.identity.openid import Word
from indelible.kernel.records.models import Record
from indelible.kernel.signatures.types import Answer, Components, Means, Prepared, Put
from indelible.kernel.workflow import events
from indelible.kernel.workflow.actions import take_step

PURPOSE = "signing"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was put before the signer: the handle to answer by, the digest to answer for (SHA-256 in hex), and for a
    passkey what to ask the browser for (WebAuthn request options)."""

    handle: str
    digest: str
    options: dict[str, Any]


def put_step(
    actor: Actor,
    number: str,
    step: str,
    *,
    revision: int,
    components: Components,
    fields: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Asked:
    """Makes every check of the step but the proof, undoes it all, and keeps what exactly would be signed.

    `components.means` says who will answer. Raises every Refusal of `take_step` up to the components'.
    """
    given = {"fields": dict(fields or {}), "reason": reason, "revision": revision}
    try:
        take_step(actor, number, step, signature=components, **given)  # type: ignore[arg-type]
    except Put as put:
        prepared = put.prepared
    else:
        raise AssertionError("a step that is only put before its signer was taken")
    kept = {
        **given,
        "number": number,
        "step": step,
        "user_id": components.user_id,
        "meaning": components.meaning,
        "means": components.means,
        "at": prepared.at.isoformat(),
        "nonce": prepared.nonce,
        "digest": prepared.digest,
    }
    handle = challenges.ask(PURPOSE, kept, session=actor.session)
    return Asked(handle, prepared.digest, _options(actor, components.means, prepared.digest))


def _options(actor: Actor, means: Means | None, digest: str) -> dict[str, Any]:
    if means != "passkey":
        return {}
    known = identity.passkeys(actor).filter(ended_at=None).exclude(confirmed_at=None)
    return webauthn.question(bytes.fromhex(digest), [one.credential_id for one in known])[0]


def place_of(actor: Actor, handle: str) -> tuple[str, str] | None:
    """Record number and step that an open question of this session is about; None where there is none."""
    kept = challenges.open_question(handle, PURPOSE, session=actor.session)
    return (kept["number"], kept["step"]) if kept else None


def give_up(actor: Actor, handle: str, why: str) -> None:
    """The provider did not confirm it, by its own word or by its silence: nothing is signed, and it is written down.

    Refusals: PROVIDER_SILENT (503), CHALLENGE_OVER (409). It counts against nobody: an outage must not lock people out.
    """
    number, step = place_of(actor, handle) or ("", "")
    with written_down(actor, events.STEP, object=step, record=number):
        challenges.take(handle, PURPOSE, session=actor.session)
        raise Refusal(PROVIDER_SILENT, f"{why} Nothing was signed.", evidence={"cause": why[:200]})


def take_put_step(
    actor: Actor, handle: str, *, passkey: Mapping[str, Any] | None = None, provider: Word | None = None
) -> Record:
    """Takes the step that was put before the actor in this session, with the answer; once, whatever comes of it.

    Refusals: CHALLENGE_OVER (409), and every one of `take_step`.
    """
    with written_down(actor, events.STEP):
        kept = challenges.take(handle, PURPOSE, session=actor.session)
    prepared = Prepared(datetime.fromisoformat(kept["at"]), kept["nonce"], kept["digest"])
    components = Components(
        user_id=kept["user_id"],
        meaning=kept["meaning"],
        means=kept["means"],
        answer=Answer(prepared, passkey or {}, provider),
    )
    return take_step(
        actor,
        kept["number"],
        kept["step"],
        revision=kept["revision"],
        fields=kept["fields"],
        reason=kept["reason"],
        signature=components,
    )
