"""Opening an act, noting an event, writing down a refusal: the only ways into the trail from Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.db import DatabaseError, connection, transaction

from indelible.kernel.audit import events, tokens
from indelible.kernel.audit.types import REASON_MISSING, Action, Actor, Refusal, Rule

_MAPPED: Final[Mapping[str, Rule]] = {
    "IN001": events.PROTECTION_MISSING,
    "IN002": events.NO_ACTOR,
    "IN004": events.APPEND_ONLY,
    "IN005": REASON_MISSING,
}
_HELP: Final[Mapping[str, str]] = {
    "IN001": "Writing stopped because the audit trail is not whole. Reading goes on; the security unit and QA are told.",
    "IN002": "The database takes no change without the person behind it.",
    "IN004": "What is in the record stays; a correction is a new entry beside the old one.",
    "IN005": "Say in a few words why; the audit trail keeps it beside the old and new value.",
}
_STORAGE_CLASSES: Final = (
    "53",
    "57",
    "58",
    "08",
    "XX",
)  # resources, operator, system, connection, internal (PostgreSQL A)


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
        with _storage_told_truly(), transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("select audit.begin(%s)", [json.dumps(context)])
                opened = Act(cursor.fetchone()[0], actor, action)
            yield opened
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
    with _storage_told_truly(), transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("select audit.note(%s, %s, %s)", [json.dumps(context), outcome, throttled])
        entry: int | None = cursor.fetchone()[0]
        if entry is not None and consequence is not None:
            cursor.execute(
                "select set_config('indelible.act', %s || ':' || pg_current_xact_id(), true)", [str(entry)]
            )
            consequence()
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
            throttled=actor.user_id == "nobody" and refusal.consequence is None,
            detail=refusal.evidence,
            consequence=refusal.consequence,
        )


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
        "object": object,
        "record": record,
        "reason": reason,
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
    if detail:
        context["detail"] = dict(detail)
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


@contextmanager
def _storage_told_truly() -> Iterator[None]:
    """Turns what the database itself refused or failed at into the refusal a person can read; the rest stays an error."""
    try:
        yield
    except DatabaseError as error:
        state = getattr(error.__cause__, "sqlstate", None) or ""
        if state in _MAPPED:
            raise Refusal(_MAPPED[state], _HELP[state]) from error
        if state == "" and connection.connection is not None and connection.connection.closed:
            raise Refusal(
                events.OUTCOME_UNKNOWN, "Open the record again to see whether the change is there."
            ) from error
        if state[:2] in _STORAGE_CLASSES:
            connection.close()
            raise Refusal(
                events.STORAGE_FAILED, "Nothing was changed. Try again when the database is back."
            ) from error
        raise
