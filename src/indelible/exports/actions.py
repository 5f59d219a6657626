"""Handing out copies: made from one moment's state, digested, and written down before a byte leaves (URS-AUD-09)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, Literal

from django.db import transaction

from indelible.exports import electronic, pdf
from indelible.exports.events import COPY, TRAIL_COPY
from indelible.exports.table import trail_table
from indelible.exports.trail import trail_document
from indelible.home.layout import find_home
from indelible.kernel.access import queries as access
from indelible.kernel.access.reach import require_reach, require_source
from indelible.kernel.audit.actions import note
from indelible.kernel.audit.queries import clock, is_demonstration, last_checkpoint
from indelible.kernel.audit.types import Action, Actor, check_reason
from indelible.kernel.identity.authority import written_down
from indelible.kernel.records import actions as record_actions
from indelible.kernel.records import queries as records
from indelible.kernel.records import trail
from indelible.kernel.records.revisions import whole_revisions
from indelible.kernel.records.types import TrailFilter
from indelible.kernel.workflow import processes
from indelible.kernel.workflow.queries import record_document

Form = Literal["pdf", "json"]
MEDIA: Final[Mapping[str, str]] = {"pdf": "application/pdf", "json": "application/json"}
IN_MEMORY: Final = 8 * 1024 * 1024
_FOR_THE_READER: Final = ("steps", "withheld", "editable")
"""What a record document says about its reader and not about the record: no part of a copy."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A copy on its way out: its bytes, media type, file name and SHA-256."""

    content: bytes
    media: str
    name: str

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return sha256(self.content).hexdigest()


def copy_record(
    actor: Actor, number: str, form: Form, *, with_trail: bool = True, purpose: str = ""
) -> Handed:
    """A true copy of a record as it is now. Raises Refusal (404, written down; a purpose that says nothing) or CopyFailed."""
    record = record_actions.open_record(actor, number)
    why = stated_purpose(actor, COPY, purpose, record.number, process=record.process)
    copy = electronic_copy(actor, record.number, with_trail=with_trail)
    content = pdf.render(copy) if form == "pdf" else json.dumps(copy, ensure_ascii=False, indent=1).encode()
    handed = Handed(content, MEDIA[form], f"{record.number}-r{copy['record']['revision']}.{form}")
    note(
        actor,
        COPY,
        object=f"{form} copy, SHA-256 {handed.digest}",
        record=record.number,
        reason=why,
        detail={"bytes": len(content), "revision": copy["record"]["revision"], "trail": with_trail},
    )
    return handed


def stated_purpose(actor: Actor, action: Action, purpose: str, record: str, *, process: str = "") -> str:
    """What the copy is for, where somebody says it. Refused, and written down: what says nothing, a place where copies of
    this process are not taken (URS-DEV-01), and a program that was not allowed them; more than a record's copy no program takes away."""
    with written_down(actor, action, record=record):
        require_reach(actor, process, "copy" if action is COPY else action.name)
        if action is COPY:
            require_source(actor, process, "copy")
        return check_reason(purpose) if purpose else ""


def electronic_copy(actor: Actor, number: str, *, with_trail: bool = True) -> dict[str, Any]:
    """The electronic copy of a record, all of it read at one moment. Raises Refusal where it is not there or not yours."""
    with transaction.atomic(durable=True):
        one_moment()
        return copied(actor, number, with_trail=with_trail)


def copied(actor: Actor, number: str, *, with_trail: bool = True) -> dict[str, Any]:
    """The same inside the caller's moment, for copies of several records at once."""
    document = {k: v for k, v in record_document(actor, number).items() if k not in _FOR_THE_READER}
    record = records.get(actor, number)
    revisions = whole_revisions(record)
    return electronic.true_copy(
        document,
        processes.pinned(record),
        revisions=revisions,
        signatures=document["signatures"],
        trail=_trail(actor, record.number) if with_trail else None,
        people=_people(document, revisions),
        printing=electronic.Printing(
            user_id=actor.user_id,
            name=actor.name,
            at=clock(),
            zone=record.site.zone,
            installation=find_home().id,
            notice=electronic.DEMONSTRATION_NOTICE if is_demonstration() else electronic.UNVALIDATED_NOTICE,
            ledger=last_checkpoint(),
        ),
    )


def one_moment() -> None:
    """Every read of this transaction sees the same state: a copy is never half before and half after a change."""
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")


def _trail(actor: Actor, number: str) -> list[dict[str, Any]]:
    wanted = TrailFilter(record=number, sort="oldest")
    return [trail_document(item) for item in trail.entries(actor, wanted, labels=processes.label)]


def _people(*sources: Any) -> dict[str, str]:
    """Printed names by user id of everyone the copy may name: whoever has an account and stands in it as a text."""
    texts = {text for source in sources for text in _texts(source) if len(text) <= 64}
    return access.names_of(texts)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping):
        return chain.from_iterable(_texts(item) for item in value.values())
    return chain.from_iterable(_texts(item) for item in value) if isinstance(value, list) else ()


def copy_trail(
    actor: Actor, wanted: TrailFilter, *, purpose: str = "", asked: str = ""
) -> tuple[IO[bytes], str]:
    """The narrowed trail as CSV, from its beginning, and its SHA-256; `asked` is the query as it stands in the entry.

    Written whole before the first byte leaves, so that the entry can name its digest. Raises Refusal.
    """
    why = stated_purpose(actor, TRAIL_COPY, purpose, wanted.record)
    content: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the door closes it after sending)
    digest, count = sha256(), 0
    with transaction.atomic(durable=True):
        one_moment()
        for line in trail_table(_narrowed(actor, wanted)):
            raw = line.encode()
            digest.update(raw)
            content.write(raw)
            count += 1
    content.seek(0)
    note(
        actor,
        TRAIL_COPY,
        object=f"csv copy, SHA-256 {digest.hexdigest()}",
        record=wanted.record,
        reason=why,
        detail={"lines": count - 1, "query": asked[:500]},
    )
    return content, digest.hexdigest()


def _narrowed(actor: Actor, wanted: TrailFilter) -> Iterable[dict[str, Any]]:
    return (trail_document(item) for item in trail.entries(actor, wanted, labels=processes.label))
