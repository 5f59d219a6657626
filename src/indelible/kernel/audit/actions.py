"""Opening an act, noting an event, writing down a refusal: the only ways into the trail from Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection, transaction

from indelible.kernel.audit import anchors, events, tokens
from indelible.kernel.audit.seal import WAKE_CHANNEL
from indelible.kernel.audit.transactions import begin, told_truly
from indelible.kernel.audit.types import REASON_MAXIMUM, Action, Actor, Refusal, Rule, storable


@dataclass(frozen=True, slots=True)
class Act:
    """An open act: one transaction, one row of `audit.act` with this id; `at` is not its end but its opening."""

    id: int
    actor: Actor
    action: Action

    def name(self, *, object: str = "", record: str = "") -> None:
        """Gives the act the number of the record (or other object) that was made inside it."""
        with connection.cursor() as cursor:
            cursor.execute("select audit.name_act(%s, %s)", [object, record])


@contextmanager
def act(
    actor: Actor,
    action: Action,
    *,
    object: str = "",
    record: str = "",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Iterator[Act]:
    """Opens the transaction of one act and yields it; commits at the end (decision D2).

    Raises Refusal: whatever the body refuses, a missing protection (503), a full or lost database (503). After the
    rollback a recorded refusal gets its entry in a transaction of its own.
    """
    context = _context(actor, action, object=object, record=record, reason=reason, detail=detail)
    try:
        with told_truly() as phase, transaction.atomic(durable=True):
            yield Act(begin(context), actor, action)
            phase.committing = True
    except Refusal as refusal:
        refuse(actor, action, refusal, object=object, record=record)
        raise


def note(
    actor: Actor,
    action: Action,
    *,
    object: str = "",
    record: str = "",
    reason: str = "",
    outcome: Literal["done", "denied"] = "done",
    rule: Rule | None = None,
    throttled: bool = False,
    detail: Mapping[str, Any] | None = None,
    consequence: Callable[[], None] | None = None,
) -> int | None:
    """Writes an event in a transaction of its own; its id, or None where a flood of them is only counted.

    `throttled` is for requests at which nobody is signed in and that no account's lock counts (issue 2, item 3).
    `consequence` writes rows under the event, in the same transaction (an attempt counted against its account).
    """
    context = _context(
        actor, action, object=object, record=record, reason=reason, outcome=outcome, rule=rule, detail=detail
    )
    with told_truly() as phase, transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("select audit.note(%s, %s, %s)", [json.dumps(context), outcome, throttled])
        entry: int | None = cursor.fetchone()[0]
        if entry is not None and consequence is not None:
            cursor.execute(
                "select set_config('indelible.act', %s || ':' || pg_current_xact_id(), true)", [str(entry)]
            )
            consequence()
        phase.committing = True
    return entry


def refuse(actor: Actor, action: Action, refusal: Refusal, *, object: str = "", record: str = "") -> None:
    """Writes down a refusal, where its rule wants that; call it after the rollback, outside any transaction."""
    if refusal.rule.recorded:
        note(
            actor,
            action,
            object=object,
            record=record,
            outcome="denied",
            rule=refusal.rule,
            throttled=actor.user_id == "nobody" and refusal.consequence is None and not refusal.alone,
            detail=refusal.evidence,
            consequence=refusal.consequence,
        )


def wake_sealer() -> None:
    """Inside an act: its commit wakes the sealer, so that a signature waits for no beat."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, '')", [WAKE_CHANNEL])


def ask_witnesses() -> None:
    """Has the anchors' process ask every witness now, not at its next minute."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, 'cosign')", [anchors.WAKE_CHANNEL])


def count_floods(actor: Actor, waiting: int) -> None:
    """Turns counted requests of past minutes into one entry a source and minute; the jobs' room calls it."""
    context = _context(actor, events.FLOOD, outcome="counted")
    parts = _parts(context, "counted")
    context["tokens"] = [tokens.mint(actor.user_id, actor.session, parts) for _ in range(min(waiting, 100))]
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("select audit.count_floods(%s)", [json.dumps(context)])


def _context(
    actor: Actor,
    action: Action,
    *,
    object: str = "",
    record: str = "",
    reason: str = "",
    outcome: str = "done",
    rule: Rule | None = None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "action": action.name,
        "object": storable(object)[:300],
        "record": storable(record)[:64],
        "reason": storable(reason)[:REASON_MAXIMUM],  # a longer one was refused by check_reason
        "rule": rule.urs + " " + rule.code if rule else "",
        "clause": rule.clause if rule else "",
        "source": actor.source,
        "channel": actor.channel,
        "session": actor.session,
        "user_id": actor.user_id,
        "name": actor.name,
        "role": ", ".join(actor.roles),
        "on_behalf_of": actor.on_behalf_of,
        "site": actor.site,
    }
    if said := {**(detail or {}), **({"terminal": actor.terminal} if actor.terminal else {})}:
        context["detail"] = said
    context["token"] = tokens.mint(actor.user_id, actor.session, _parts(context, outcome))
    return context


def _parts(context: Mapping[str, Any], outcome: str) -> list[str]:
    return [
        context["action"],
        context["object"],
        context["record"],
        context["reason"],
        outcome,
        context["rule"],
    ]
