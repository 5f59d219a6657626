"""What proves a certification to the agency, kept byte for byte: the letter signed by hand, the receipt (21 CFR 11.100(c)(1), URS-CRT-01)."""

from __future__ import annotations

from typing import BinaryIO, Final

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.files import actions as files
from indelible.kernel.files.types import Original
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import require, written_down
from indelible.kernel.identity.held import require_still
from indelible.kernel.identity.types import QA_APPROVER, SECURITY_UNIT, SYSTEM_ADMINISTRATOR
from indelible.kernel.signatures.events import (
    CERTIFICATION_FILE_WRONG,
    CERTIFICATION_KEEP,
    CERTIFICATION_UNKNOWN,
)
from indelible.kernel.signatures.models import Certification, CertificationFile

KINDS: Final = {
    CertificationFile.LETTER: "The letter, signed by hand",
    CertificationFile.RECEIPT: "The proof of receipt",
}
MEDIA: Final = ("application/pdf", "image/png", "image/jpeg")
"""A scan or photograph of a paper, or the mail as PDF; judged by its bytes, not its name."""


def keep_file(
    actor: Actor, certification_id: int, kind: str, *, name: str, content: BinaryIO
) -> CertificationFile:
    """Keeps a file beside a certification; nothing is ever taken away, the same bytes are kept once.

    Refusals: NOT_AUTHORISED (403), CERTIFICATION_UNKNOWN (404), CERTIFICATION_FILE_WRONG (422), those of a file (413, 422).
    """
    named = f"certification:{certification_id}" if 0 < certification_id < 2**63 else "certification:unknown"
    with written_down(actor, CERTIFICATION_KEEP, object=named):
        require(actor, SECURITY_UNIT, QA_APPROVER, SYSTEM_ADMINISTRATOR)
    upload = files.receive(actor, content, name=name)
    with act(actor, CERTIFICATION_KEEP, object=named) as opened:
        require_still(actor, SECURITY_UNIT, QA_APPROVER, SYSTEM_ADMINISTRATOR)
        found = Certification.objects.filter(pk=certification_id).first() if "unknown" not in named else None
        if found is None:
            raise Refusal(CERTIFICATION_UNKNOWN, "There is no such certification on file.")
        if kind not in KINDS or upload.media not in MEDIA:
            told = "Choose a PDF, PNG or JPEG: the scan of the letter with its handwritten signature, or of the receipt."
            raise Refusal(CERTIFICATION_FILE_WRONG, told, {"file": told})
        blob = files.register(opened, upload)
        if found.files.filter(kind=kind, blob=blob).exists():
            raise Refusal(
                CERTIFICATION_FILE_WRONG, "This very file is kept already.", {"file": "Kept already."}
            )
        return CertificationFile.objects.create(
            certification=found,
            kind=kind,
            blob=blob,
            name=upload.name,
            by=actor.user_id,
            at=clock(),
            act=opened.id,
        )


def open_file(actor: Actor, file_id: int) -> tuple[CertificationFile, Original]:
    """A kept file, verified as it is read; the caller closes it. For those who answer for people, and inspectors.

    Refusals, written down: NOT_AUTHORISED (403), CERTIFICATION_UNKNOWN (404), a damaged file's (409).
    """
    with written_down(actor, CERTIFICATION_KEEP, object="certification file"):
        require(actor, *identity.ANSWERING)
        found = CertificationFile.objects.filter(pk=file_id).first() if 0 < file_id < 2**63 else None
        if found is None:
            raise Refusal(CERTIFICATION_UNKNOWN, "There is no such file.")
    return found, files.original(actor, found.blob_id)
