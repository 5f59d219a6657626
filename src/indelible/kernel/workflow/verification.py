"""Findings of `verify` that two people have settled: read from the records of processes that say so (URS-VAL-09)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from indelible.kernel.audit.verification.examination import Examination


@dataclass(frozen=True, slots=True)
class Disposition:
    """That a finding, by its id, was settled: the record's number and the printed names of who signed it."""

    finding: str
    record: str
    signers: tuple[str, ...]


def dispositions(examined: Examination) -> Iterator[Disposition]:
    """Every settled finding: two people's signatures on the record's present revision, each of them sealed.

    Whether record and signatures are themselves whole is what the other checks say; who uses this looks there, too.
    """
    for finding, record, signers in examined.rows(_SETTLED):
        yield Disposition(finding, record, tuple(signers))


_SETTLED: Final = """
    select r.values ->> (p.declaration -> 'disposes' ->> 'finding'), r.number, array_agg(distinct s.name order by s.name)
      from public.records_record as r
      join public.workflow_process as p
        on p.code = r.process and p.version = r.process_version and p.fingerprint = r.fingerprint
      join public.records_revision as v on v.record_id = r.id and v.number = r.revision
      join public.signatures_signature as s on s.record_id = r.id and s.revision_id = v.id
     where s.withdraws_id is null
       and not exists (select from public.signatures_signature as w where w.withdraws_id = s.id)
       and p.declaration ? 'disposes' and r.state = p.declaration -> 'disposes' ->> 'state'
       and exists (select from audit.event as e join audit.leaf as l on l.entry = e.id
                    where e.tbl = 'signatures_signature' and e.kind = 'esign' and e.pk = s.id::text)
     group by r.id, p.declaration, r.values, r.number
    having count(distinct s.person_id) >= 2
     order by r.id
"""
