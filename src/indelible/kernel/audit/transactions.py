"""The transaction of an act: opened in one exchange with the database, and told truly when it did not come to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from psycopg import errors
from psycopg.pq import ConnStatus, Escaping, ExecStatus

from indelible.kernel.audit import events
from indelible.kernel.audit.types import REASON_MISSING, Refusal, Rule

_MAPPED: Final[Mapping[str, Rule]] = {
    "IN001": events.PROTECTION_MISSING,
    "IN002": events.NO_ACTOR,
    "IN004": events.APPEND_ONLY,
    "IN005": REASON_MISSING,
    "42501": events.APPEND_ONLY,
}
_HELP: Final[Mapping[str, str]] = {
    "IN001": "Writing stopped because the audit trail is not whole. Reading goes on; the security unit and QA are told.",
    "IN002": "The database takes no change without the person behind it.",
    "IN004": "What is in the record stays; a correction is a new entry beside the old one.",
    "IN005": "Say in a few words why; the audit trail keeps it beside the old and new value.",
    "42501": "The service's own login may not do this: what is in the record stays, whoever asks.",
}
_LOST: Final = ("08", "57")
"""Classes of errors after which a server may be gone: connection, operator intervention (PostgreSQL, appendix A)."""
_FAILED: Final = ("40", "53", "55", "58", "XX", *_LOST)
"""Classes that are the server's trouble and nobody's mistake: rollback forced, resources, locks, system, internal."""
_NOTHING_CHANGED: Final = "Nothing was changed. Try again when the database is back."
_LOOK_AGAIN: Final = "Open the record again to see whether the change is there."


@dataclass
class Phase:
    """How far a transaction came; `committing` from the moment COMMIT is sent."""

    committing: bool = False


def begin(context: Mapping[str, Any]) -> int:
    """Opens the act and, with it, the transaction on Django's connection; returns the act's id.

    Called inside `transaction.atomic` before any other statement. BEGIN and the call travel together: apart, the second
    exchange costs as much as the whole check of the protections. Raises what the database raises, as Django's errors.
    """
    with connection.wrap_database_errors:
        server = connection.connection.pgconn
        said = Escaping(server).escape_literal(json.dumps(context).encode())
        result = server.exec_(b"begin; select audit.begin(" + bytes(said) + b"::jsonb)")
        if result.status != ExecStatus.TUPLES_OK:
            raise _error(result, lost=server.status == ConnStatus.BAD)
        return int(result.get_value(0, 0) or b"")


def _error(result: Any, *, lost: bool) -> errors.Error:
    error = errors.error_from_result(result)
    return errors.OperationalError(str(error)) if lost and not error.sqlstate else error


@contextmanager
def told_truly() -> Iterator[Phase]:
    """Turns what the database refused or failed at into a Refusal a person can read; anything else stays an error.

    Before COMMIT is sent a lost connection means that nothing was changed; after it nobody knows until the record is
    opened again, unless the server itself answered that it rolled back.
    """
    phase = Phase()
    try:
        yield phase
    except (DatabaseError, InterfaceError) as error:
        state = getattr(error.__cause__, "sqlstate", None) or ""
        if state in _MAPPED:
            raise Refusal(_MAPPED[state], _HELP[state]) from error
        lost = state[:2] in _LOST or (not state and isinstance(error, OperationalError | InterfaceError))
        if not lost and state[:2] not in _FAILED:
            raise
        connection.close()
        if lost and phase.committing:
            raise Refusal(events.OUTCOME_UNKNOWN, _LOOK_AGAIN) from error
        raise Refusal(events.STORAGE_FAILED, _NOTHING_CHANGED) from error
