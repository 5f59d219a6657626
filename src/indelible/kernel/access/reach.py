"""What every verb asks before it acts: does a program's scope reach so far, and is this allowed from where it is done.

Reads only (URS-ACC-09, URS-DEV-01; 21 CFR 11.10(g), (h)).
"""

from __future__ import annotations

from indelible.kernel.access import queries
from indelible.kernel.access.events import MACHINE_OUT_OF_SCOPE, SOURCE_REFUSED
from indelible.kernel.access.models import Terminal
from indelible.kernel.access.types import STEP
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.networks import is_inside


def require_reach(actor: Actor, process: str, operation: str) -> None:
    """Refusal MACHINE_OUT_OF_SCOPE (403) where the actor is a program that was not allowed this operation in this process.

    Every verb asks it, with a name that no scope can hold for what no program does (`sign`, `hand on`).
    """
    if actor.operations is None:
        return
    if operation not in actor.operations or process not in actor.processes:
        raise out_of_reach()


def out_of_reach() -> Refusal:
    """What a program hears that asks for more than it was allowed."""
    told = "A machine credential reaches only what it was allowed, and never signing, approving or administering."
    return Refusal(MACHINE_OUT_OF_SCOPE, told)


def proven_terminal(token: str, source: str) -> str:
    """The code of the terminal this token is of, "" where it is nobody's, ended, or used from where it does not stand."""
    if not token:
        return ""
    found = Terminal.objects.filter(token_digest=identity.token_digest(token), ended_at=None).first()
    if found is None or (found.networks and not is_inside(source, found.networks)):
        return ""
    return str(found.code)


def require_access(actor: Actor, process: str, operation: str, step: str = "") -> None:
    """What every verb on a record asks once the actor may take part in it: is a program's scope kept, is it done where it may be.

    Refusals: MACHINE_OUT_OF_SCOPE, SOURCE_REFUSED (403).
    """
    require_reach(actor, process, operation)
    require_source(actor, process, operation, *([STEP + step] if step else []))


def require_source(actor: Actor, process: str, *operations: str) -> None:
    """Refusal SOURCE_REFUSED (403, recorded) where a rule binds one of the operations to terminals or networks and this is none."""
    for rule in queries.source_rules(process, operations):
        if not (rule.terminals or rule.networks):
            continue
        if actor.terminal in rule.terminals or is_inside(actor.source, rule.networks):
            continue
        where = [*(f"terminal {code}" for code in rule.terminals), *rule.networks]
        told = f"This is done at: {', '.join(where)}. Nothing was changed."
        evidence = {"operation": rule.operation, "rule": str(rule.pk)}
        raise Refusal(SOURCE_REFUSED, told, evidence=evidence)
