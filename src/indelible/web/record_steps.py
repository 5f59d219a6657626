"""A step as pages show it: what it still lacks, the fields entered with it, what its signer has to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible.kernel.audit import timekeeping
from indelible.kernel.audit.queries import clock
from indelible.kernel.identity import queries as people
from indelible.kernel.signatures import accountability
from indelible.kernel.signatures import queries as signatures
from indelible.kernel.workflow import queries as workflow
from indelible.kernel.workflow.fields import humanised
from indelible.kernel.workflow.situations import Case
from indelible.kernel.workflow.values import is_filled
from indelible.web.fields import Reading
from indelible.web.forms import Form
from indelible.web.signing_means import other_means


def step_view(case: Case, step: Mapping[str, Any]) -> dict[str, Any]:
    """A step with the title of the state it leads to, what it still lacks, and whether it leads forward."""
    declared = case.step(str(step["name"]))
    own = frozenset(declared.fills)
    missing = [
        case.declaration.label(path)
        for path in declared.needs
        if path not in own and not is_filled(case.declaration, path, case.values)
    ]
    order = case.declaration.order
    forward = order(declared.to) > order(case.record.state) and declared.to not in case.declaration.final[1:]
    return {**step, "to_title": humanised(str(step["to"])), "missing": missing, "forward": forward}


def step_form(case: Case, name: str, reading: Reading) -> Form:
    """The fields that are entered with a step."""
    step = case.step(name)
    filled = frozenset(leaf for path in step.fills for leaf in case.declaration.leaves_of(path))
    return Form(
        case.declaration, filled, required=frozenset(step.needs) & frozenset(step.fills), reading=reading
    )


def step_context(case: Case, name: str) -> dict[str, Any]:
    """What the page of a step says about it: whether all components are asked, and what the signer still lacks (URS-SIG-02)."""
    person, mandate = people.person_of(case.actor.user_id), case.mandate(name)
    return {
        "identity_open": not people.is_identity_verified(person),
        "clock_set": _clock_set(),
        "accountability_due": accountability.standing(person, clock()).due,
        "step": step_view(case, workflow.step_document(case.declaration, name, case.step(name))),
        "acting_for": mandate.delegator.name if mandate else "",
        "first_signing": not signatures.has_period(case.actor),
        **other_means(case.actor),
    }


def _clock_set() -> float:
    """Seconds by which the clock is known to be wrong, as the signer has to know; 0 where nothing speaks against it."""
    found = timekeeping.standing()
    return found.offset or 0.0 if found.state == "set" else 0.0
