"""Everything of a live system checked, every finding named, nothing changed: what `indelible verify` and the jobs run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from indelible.home import keys
from indelible.home.layout import Home
from indelible.kernel.audit import seal
from indelible.kernel.audit.installation import declared_tables
from indelible.kernel.audit.verification import actors, control_plane, leaves, rows
from indelible.kernel.audit.verification.examination import Check, Examination, Finding, Table, prepare
from indelible.kernel.files import verification as files
from indelible.kernel.records import verification as records
from indelible.kernel.signatures import verification as signatures

Advance = Callable[[str, int], None]
ROOMS = (control_plane, leaves, rows, actors, files, records, signatures)
"""The rooms that examine what they keep, from the ledger up; each lists its checks in `CHECKS`."""


@dataclass(frozen=True)
class Report:
    """What was examined (counts by what they count), what was found, how many entries are signed, how long it took."""

    findings: tuple[Finding, ...]
    examined: dict[str, int]
    checks: tuple[str, ...]
    size: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {
            "clean": not self.findings,
            "findings": [asdict(one) for one in self.findings],
            "checks": list(self.checks),
            "examined": self.examined,
            "sealed_entries": self.size,
            "seconds": round(self.seconds, 3),
        }

    def in_words(self) -> str:
        """The report as a person reads it."""
        lines = [f"{one.object}: {one.sentence} [{one.check}]" for one in self.findings]
        looked_at = ", ".join(f"{number:,} {what}" for what, number in self.examined.items() if number)
        lines.append(f"Examined: {looked_at or 'nothing is there yet'}; {self.seconds:.1f} s.")
        if self.findings:
            lines.append(
                f"{len(self.findings)} finding{'s' if len(self.findings) > 1 else ''}. This trail is not whole."
            )
        else:
            lines.append(
                f"Clean: {len(self.checks)} checks found nothing. The ledger holds {self.size:,} signed entries."
            )
        return "\n".join(lines)


def examine(
    url: str,
    home: Home,
    *,
    sealer_folder: Path | None = None,
    files_folder: Path | None = None,
    without: Collection[str] = (),
    advance: Advance | None = None,
) -> Report:
    """Runs every check against the database at `url` (indelible_verify's address), in one snapshot of it.

    `sealer_folder` and `files_folder` default to the home's. `without` leaves out checks by name: it exists for the tests
    that prove each check necessary, and no door passes it.
    """
    started = time.monotonic()
    chosen = [check for check in checks() if check.name not in without]
    findings: list[Finding] = []
    with psycopg.connect(url) as connection:
        prepare(connection)
        examined = _examination(connection, home, sealer_folder or home.sealer, files_folder or home.files)
        for check in chosen:
            if advance is not None:
                examined.advance = _for_check(advance, check)
            findings += _run(check, examined)
        size = examined.one("select coalesce(max(size), 0) from audit.checkpoint")
        connection.rollback()
    took = time.monotonic() - started
    return Report(tuple(findings), examined.counts, tuple(check.name for check in chosen), size, took)


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
        [keys.app_signing_key(home).public_key()],
        sealer_folder,
        files_folder,
        tables,
    )


def _for_check(advance: Advance, check: Check) -> Callable[[int], None]:
    advance(check.title, 0)
    return lambda done: advance(check.title, done)
