"""Files on disk against the register: each there, whole, of its length and digest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from indelible.kernel.audit.verification.examination import Check, Examination, Finding
from indelible.kernel.files.store import Store


def files(examined: Examination) -> Iterator[Finding]:
    """The bytes of every registered file are on disk and give the digest they are kept under."""
    store = Store(examined.files_folder)
    for sha256, size, carriers in examined.rows(_BLOBS):
        examined.count("files")
        name = f"file {sha256[:12]}… ({carriers or 'carried by no record'})"
        path = store.path(sha256)
        if not path.is_file():
            yield Finding("files", name, f"Its bytes are missing: {path} is not there.")
        elif path.stat().st_size != size or not store.is_whole(sha256):
            yield Finding(
                "files", name, f"Its bytes were altered: {path} does not give the digest it is kept under."
            )


CHECKS: Final = (Check("files", "each attached file against its digest", files),)

_BLOBS: Final = """
    select b.sha256, b.size, string_agg(distinct a.name || ' of ' || r.number, ', ')
      from public.files_blob as b left join public.records_attachment as a on a.sha256 = b.sha256
      left join public.records_record as r on r.id = a.record_id
     group by b.sha256, b.size order by b.sha256
"""
