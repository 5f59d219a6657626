"""Puts declarations from files in force, through the kernel's verb; what is unchanged stays as it is."""

from __future__ import annotations

from collections.abc import Iterable

from indelible.catalogue.loading import load, shipped_files
from indelible.kernel.audit.types import Actor
from indelible.kernel.workflow.actions import publish_process
from indelible.kernel.workflow.processes import in_force, known


def publish(actor: Actor, texts: Iterable[str | bytes], *, reason: str) -> dict[str, int]:
    """The new versions these texts led to, by code, an act each; raises Faulty (nothing is published) or Refusal."""
    loaded = load(texts, known=known())
    present = {process.code: process.fingerprint for process in in_force()}
    return {
        code: publish_process(actor, declaration, reason=reason, beside=loaded).version
        for code, declaration in loaded.items()
        if present.get(code) != declaration.fingerprint
    }


def publish_shipped(actor: Actor, *, reason: str) -> dict[str, int]:
    """Puts the processes that come with the product in force, as `init` and `upgrade` do."""
    return publish(actor, (path.read_bytes() for path in shipped_files()), reason=reason)
