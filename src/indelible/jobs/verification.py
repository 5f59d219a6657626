"""Everything of a live system checked, every finding named, nothing changed: what `indelible verify` and the jobs run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from indelible.home.layout import Home
from indelible.kernel.audit import anchors, seal, tokens
from indelible.kernel.audit.installation import declared_tables
from indelible.kernel.audit.verification import (
    actors,
    attestations,
    control_plane,
    digests,
    epochs,
    keys_in_force,
    leaves,
    rows,
    witnesses,
)
from indelible.kernel.audit.verification.examination import Check, Examination, Finding, Table, prepare
from indelible.kernel.files import verification as files
from indelible.kernel.records import verification as records
from indelible.kernel.signatures import verification as signatures
from indelible.kernel.workflow.verification import Disposition, dispositions
from indelible.ledger.faults import LedgerFault

Advance = Callable[[str, int], None]
PUBLISHED_WITHIN: Final = 2.0
"""Seconds between the sealer's own state on disk and the same checkpoint in the database, at most."""
ROOMS = (
    control_plane,
    attestations,
    leaves,
    keys_in_force,
    epochs,
    witnesses,
    rows,
    digests,
    actors,
    files,
    records,
    signatures,
)
"""The rooms that examine what they keep, from the ledger up; each lists its checks in `CHECKS`."""


@dataclass(frozen=True)
class Report:
    """What was examined (counts by what they count), what was found, how many entries are signed, how long it took."""

    findings: tuple[Finding, ...]
    examined: dict[str, int]
    checks: tuple[str, ...]
    size: int
    seconds: float
    settled: Mapping[str, Disposition] = field(default_factory=dict)
    """Which of the findings, by id, two people have settled; they stay findings, and are named with the record."""
    notices: tuple[str, ...] = ()
    """What is no finding and must be said all the same."""

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that nobody has settled."""
        return tuple(one for one in self.findings if one.id not in self.settled)

    def as_json(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {
            "clean": not self.open,
            "findings": [
                {
                    "id": one.id,
                    **asdict(one),
                    "disposition": asdict(self.settled[one.id]) if one.id in self.settled else None,
                }
                for one in self.findings
            ],
            "notices": list(self.notices),
            "checks": list(self.checks),
            "examined": self.examined,
            "sealed_entries": self.size,
            "seconds": round(self.seconds, 3),
        }

    def in_words(self) -> str:
        """The report as a person reads it."""
        lines = [self._said(one) for one in self.findings]
        looked_at = ", ".join(f"{number:,} {what}" for what, number in self.examined.items() if number)
        lines += [f"Note: {one}" for one in self.notices]
        lines.append(f"Examined: {looked_at or 'nothing is there yet'}; {self.seconds:.1f} s.")
        lines.append(self._verdict())
        return "\n".join(lines)

    def _said(self, one: Finding) -> str:
        settled = self.settled.get(one.id)
        told = f" Settled in {settled.record}, signed by {' and '.join(settled.signers)}." if settled else ""
        return f"{one.object}: {one.sentence} [{one.check}, finding {one.id}]{told}"

    def _verdict(self) -> str:
        if count := len(self.open):
            return f"{count} finding{'s' if count > 1 else ''}. This trail is not whole."
        if count := len(self.findings):
            were = "findings are" if count > 1 else "finding is"
            return f"{count} {were} settled, each by two people, and nothing else was found."
        return (
            f"Clean: {len(self.checks)} checks found nothing. The ledger holds {self.size:,} signed entries."
        )


def examine(
    url: str,
    home: Home,
    *,
    sealer_folder: Path | None = None,
    files_folder: Path | None = None,
    without: Collection[str] = (),
    quick: bool = False,
    advance: Advance | None = None,
) -> Report:
    """Runs every check against the database at `url` (indelible_verify's address), in one snapshot of it.

    `quick` makes only the checks that are made every quarter of an hour. `sealer_folder` and `files_folder` default to the home's. `without` leaves out checks by name: it exists for the tests
    that prove each check necessary, and no door passes it.
    """
    started = time.monotonic()
    chosen = [check for check in checks() if check.name not in without and (check.quick or not quick)]
    findings: list[Finding] = []
    cosigned = anchors.all_cosigned(
        sealer_folder or home.sealer
    )  # before the snapshot, which then holds them all
    with psycopg.connect(url) as connection:
        prepare(connection)
        examined = _examination(connection, home, sealer_folder or home.sealer, files_folder or home.files)
        examined.cosigned_before = cosigned
        examined.signed_before = _signed_before(examined)
        for check in chosen:
            if advance is not None:
                examined.advance = _for_check(advance, check)
            findings += _run(check, examined)
        size = examined.one("select coalesce(max(size), 0) from audit.checkpoint")
        settled = _settled(findings, examined) if findings else {}
        connection.rollback()
    took = time.monotonic() - started
    names = tuple(check.name for check in chosen)
    return Report(tuple(findings), examined.counts, names, size, took, settled, tuple(examined.notices))


def _signed_before(examined: Examination) -> int:
    """The size of the tree that the sealer has signed by now, waiting for the moment between its state and the database."""
    try:
        state = seal.read_state(examined.sealer_folder, examined.origin)
    except LedgerFault:
        return 0  # the check of the sealer's state says what is wrong with it
    size = state.edge.size if state else 0
    until = time.monotonic() + PUBLISHED_WITHIN
    while examined.one("select coalesce(max(size), 0) from audit.checkpoint") < size:
        examined.connection.rollback()  # the next look is at a new snapshot
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    return size


def _settled(findings: Sequence[Finding], examined: Examination) -> dict[str, Disposition]:
    """The dispositions of these findings; none counts whose own record or signatures are among what was found."""
    found = {one.id for one in findings}
    try:
        with examined.connection.transaction():
            known = list(dispositions(examined))
    except (
        psycopg.Error
    ):  # what cannot be read settles nothing, and the check that cannot be made is a finding
        return {}
    return {
        one.finding: one
        for one in known
        if one.finding in found and not any(_speaks_of(finding, one.record) for finding in findings)
    }


def _speaks_of(finding: Finding, number: str) -> bool:
    return number in finding.object or number in finding.sentence


def checks() -> list[Check]:
    """Every check of every room, from the ledger up."""
    return [check for room in ROOMS for check in room.CHECKS]


def _run(check: Check, examined: Examination) -> list[Finding]:
    """The findings of one check; that it could not be made to its end is a finding too, and stops no other check."""
    findings: list[Finding] = []
    try:
        with examined.connection.transaction():
            findings.extend(check.run(examined))
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        told = str(error).splitlines()[0]
        sentence = f"This check ({check.title}) could not be made: {told}. What it reads is not as installed."
        findings.append(Finding(check.name, f"the check “{check.name}”", sentence))
    return findings


def _examination(
    connection: psycopg.Connection[tuple[Any, ...]], home: Home, sealer_folder: Path, files_folder: Path
) -> Examination:
    declared, _ = declared_tables()
    tables = [
        Table(
            name,
            tuple(one.get("pk", ["id"])),
            one.get("policy", {}),
            one.get("append_only", False),
            one.get("noted", False),
        )
        for name, one in sorted(declared.items())
    ]
    return Examination(
        connection,
        seal.signer(home).verifier,
        tokens.known_keys(home),
        sealer_folder,
        files_folder,
        tables,
    )


def _for_check(advance: Advance, check: Check) -> Callable[[int], None]:
    advance(check.title, 0)
    return lambda done: advance(check.title, done)
