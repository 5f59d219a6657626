"""Device checks: registered terminals, and from where an operation is allowed (21 CFR 11.10(h), URS-DEV-01).

A terminal proves itself by a token that only it holds, given to it at the device by another than who registered it; where
it stands in named networks, from there alone. What a client says of itself counts for nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError

from indelible.kernel.access.events import (
    SOURCE_DECIDE,
    SOURCE_WRONG,
    TERMINAL_END,
    TERMINAL_ENROL,
    TERMINAL_ENROLLED,
    TERMINAL_REGISTER,
    TERMINAL_TAKEN,
    TERMINAL_UNKNOWN,
    TERMINAL_WRONG,
)
from indelible.kernel.access.models import SourceRule, Terminal
from indelible.kernel.access.types import OPERATIONS, STEP
from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal, Rule, check_reason
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable
from indelible.kernel.identity.events import SECOND_PERSON
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.known import require_known
from indelible.kernel.identity.networks import parsed
from indelible.kernel.identity.newcomers import CODE
from indelible.kernel.identity.types import ADMINISTRATION, QA_APPROVER, SECURITY_UNIT

MOST: Final = 50
"""So many networks or terminals a rule or a terminal names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A terminal as it is registered: code and name, the code of its site, the networks it stands in (CIDR; none: any)."""

    code: str
    name: str
    site: str
    networks: tuple[str, ...] = ()


def register_terminal(actor: Actor, place: Place, *, reason: str) -> Terminal:
    """Registers a terminal; it is none until another administrator enrolled it at the device.

    Refusals: NOT_AUTHORISED (403), TERMINAL_TAKEN (409: codes are never given again), TERMINAL_WRONG, a reason's (422).
    """
    code = keepable(place.code)
    with act(actor, TERMINAL_REGISTER, object=f"terminal:{code[:40]}", reason=keepable(reason)):
        check_reason(reason)
        require_still(actor, *ADMINISTRATION)
        site, name = identity.site(keepable(place.site)), keepable(place.name)
        faults = {
            "code": "" if CODE.fullmatch(code) else "Letters, digits, - and _, at most 40.",
            "name": "" if 2 <= len(name) <= 120 else "What people call it, 2 to 120 characters.",
            "site": "" if site else "There is no such site.",
        }
        if site is None or any(faults.values()):
            raise _faulty(TERMINAL_WRONG, faults)
        networks = _networks(place.networks, TERMINAL_WRONG)
        try:
            return Terminal.objects.create(
                code=code,
                name=name,
                site=site,
                networks=networks,
                registered_by=actor.user_id,
                registered_at=clock(),
            )
        except IntegrityError as error:
            raise Refusal(TERMINAL_TAKEN, f"{code} is or was a terminal's; a code is given once.") from error


def enrol_terminal(actor: Actor, code: str) -> str:
    """The token of this terminal, for the device at which the actor now sits; told once, kept by us as a digest only.

    Refusals: NOT_AUTHORISED, SECOND_PERSON (403), TERMINAL_UNKNOWN (404), TERMINAL_ENROLLED (409), IDENTITY_UNVERIFIED (422).
    """
    with act(actor, TERMINAL_ENROL, object=f"terminal:{keepable(code)[:40]}"):
        require_still(actor, *ADMINISTRATION)
        found = _held(code)
        if found.registered_by == actor.user_id:
            raise Refusal(SECOND_PERSON, "You registered it; another administrator enrols it at the device.")
        require_known(actor)
        if found.token_digest is not None:
            told = "It is enrolled. A device that was replaced is ended, and the new one registered by a code of its own."
            raise Refusal(TERMINAL_ENROLLED, told)
        token = secrets.token_urlsafe(32)
        found.token_digest = identity.token_digest(token)
        found.enrolled_by, found.enrolled_at = actor.user_id, clock()
        found.save(update_fields=["token_digest", "enrolled_by", "enrolled_at"])
        return token


def end_terminal(actor: Actor, code: str, *, reason: str) -> Terminal:
    """The device is no terminal any more, at once. Refusals: NOT_AUTHORISED (403), TERMINAL_UNKNOWN (404), a reason's (422)."""
    with act(actor, TERMINAL_END, object=f"terminal:{keepable(code)[:40]}", reason=keepable(reason)):
        check_reason(reason)
        require_still(actor, *ADMINISTRATION)
        found = _held(code)
        found.ended_at, found.ended_by = clock(), actor.user_id
        found.save(update_fields=["ended_at", "ended_by"])
        return found


def _held(code: str) -> Terminal:
    found = Terminal.objects.select_for_update().filter(code=keepable(code)[:40], ended_at=None).first()
    if found is None:
        raise Refusal(TERMINAL_UNKNOWN, "There is no such terminal in use.")
    return found


def decide_source(
    actor: Actor,
    process: str,
    operation: str,
    *,
    terminals: Iterable[str],
    networks: Iterable[str],
    reason: str,
) -> SourceRule:
    """From now on this operation on this process's records is allowed only at these terminals or from these networks.

    None of either lifts the rule. Refusals: NOT_AUTHORISED (403), SOURCE_WRONG, a reason's (422).
    """
    named = f"{keepable(process)[:40]}:{keepable(operation)[:80]}"
    with act(actor, SOURCE_DECIDE, object=named, reason=keepable(reason)) as opened:
        check_reason(reason)
        require_still(actor, QA_APPROVER, SECURITY_UNIT)
        codes = sorted({keepable(one) for one in terminals if one.strip()})
        known = set(Terminal.objects.filter(code__in=codes, ended_at=None).values_list("code", flat=True))
        faults = {
            "process": "" if process.isidentifier() and len(process) <= 40 else "There is no such process.",
            "operation": "" if _is_operation(operation) else f"One of {', '.join(OPERATIONS)}, or step:NAME.",
            "terminals": ""
            if set(codes) == known and len(codes) <= MOST
            else "Not all of them are terminals in use.",
        }
        if any(faults.values()):
            raise _faulty(SOURCE_WRONG, faults)
        return SourceRule.objects.create(
            process=process,
            operation=operation,
            terminals=codes,
            networks=_networks(networks, SOURCE_WRONG),
            decided_by=actor.user_id,
            decided_at=clock(),
            act=opened.id,
        )


def _is_operation(operation: str) -> bool:
    step = operation.removeprefix(STEP)
    return operation in OPERATIONS or (operation != step and step.isidentifier() and len(operation) <= 80)


def _networks(given: Iterable[str], rule: Rule) -> list[str]:
    named = [one for one in given if one.strip()]
    try:
        found = sorted({parsed(one) for one in named})
    except ValueError:
        told = "A network is written as 10.20.0.0/16 or 2001:db8::/48."
        raise Refusal(rule, told, {"networks": told}) from None
    if len(found) > MOST:
        raise Refusal(rule, f"At most {MOST} networks.", {"networks": "Too many."})
    return found


def _faulty(rule: Rule, faults: dict[str, str]) -> Refusal:
    found = {field: fault for field, fault in faults.items() if fault}
    return Refusal(rule, "Look at: " + ", ".join(sorted(found)) + ".", found)
