"""The verbs of files: receive bytes, enter them in the register, open the original or say that it is none."""

from __future__ import annotations

from typing import BinaryIO

from indelible.kernel.audit import actions as audit
from indelible.kernel.audit.actions import Act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.files import events
from indelible.kernel.files.models import Blob
from indelible.kernel.files.store import Damaged, Empty, Stored, TooLarge, store
from indelible.kernel.files.types import LIMIT, Original, Upload, clean_name, media_type


def receive(actor: Actor, content: BinaryIO, *, name: str, record: str = "") -> Upload:
    """Keeps the bytes on disk, before any act is open (64 MiB shall not hold a transaction).

    Bytes that no act registers afterwards belong to no record and are shown to nobody. Raises Refusal,
    recorded: over 64 MiB, or empty.
    """
    shown = clean_name(name)
    try:
        stored = _stored(content, shown)
    except Refusal as refusal:
        audit.refuse(actor, events.RECEIVE, refusal, object=shown, record=record)
        raise
    if stored.replaced_damaged:
        audit.note(actor, events.RESTORE, object=stored.sha256, record=record)
    return Upload(stored.sha256, stored.size, media_type(stored.head), shown)


def _stored(content: BinaryIO, name: str) -> Stored:
    try:
        return store().put(content, limit=LIMIT)
    except TooLarge as error:
        raise Refusal(
            events.TOO_LARGE,
            f"“{name}” has more than {LIMIT // 1024**2} MiB, the most a record's file may have.",
        ) from error
    except Empty as error:
        raise Refusal(
            events.EMPTY, f"“{name}” has no content. Choose the file that holds the evidence."
        ) from error


def register(act: Act, upload: Upload) -> Blob:
    """Enters received bytes in the register, inside the act that gives them to a record; once a digest."""
    Blob.objects.bulk_create(
        [Blob(sha256=upload.sha256, size=upload.size, media=upload.media, at=clock(), act=act.id)],
        ignore_conflicts=True,
    )
    return Blob.objects.get(sha256=upload.sha256)


def original(actor: Actor, sha256: str, *, record: str = "") -> Original:
    """The registered file, verified and open; the caller closes `content` (URS-RET-06).

    Raises Blob.DoesNotExist for a digest nobody registered, and the recorded refusal "does not match the signed
    original". Whether the actor may see it is the caller's question: the records room asks it first.
    """
    blob = Blob.objects.get(sha256=sha256)
    try:
        content = store().open(sha256)
    except Damaged as error:
        refusal = Refusal(
            events.DAMAGED,
            f"The file does not match the signed original (SHA-256 {sha256[:16]}…) and is not served. "
            "Quality assurance and the security unit see this in the audit trail.",
        )
        audit.refuse(actor, events.READ, refusal, object=sha256, record=record)
        raise refusal from error
    return Original(blob.sha256, blob.size, blob.media, content)
