"""What the sealer says each beat of the control plane: nothing while it is as attested last, else an entry of what is different."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from indelible.kernel.audit import attestation

log = logging.getLogger("indelible.sealer")


class Attesting:
    """The attestation of one database; `folder` is the sealer's, the connection indelible_seal's in autocommit."""

    def __init__(self, connection: psycopg.Connection[Any], folder: Path) -> None:
        self.connection, self.folder = connection, folder
        self._last = ""

    def beat(self) -> None:
        """An entry about the control plane where it is not what was attested last, also if it was put back meanwhile."""
        now = attestation.lines_now(self.connection)
        digest = attestation.digest_of(now)
        if digest == self._last:
            return
        if digest != self._in_the_ledger():
            before = attestation.kept(self.folder)
            changed = attestation.changes(before, now) if before else []
            log.warning("the control plane is not as attested before: %s changes known", len(changed))
            said = Jsonb(attestation.image(now, changed))
            self.connection.execute("select audit.testify('attest', %s)", [said])
        attestation.keep(self.folder, now)
        self._last = digest

    def _in_the_ledger(self) -> str:
        row = self.connection.execute(_NEWEST).fetchone()
        return str(row[0]) if row else ""


_NEWEST: Final = """
    select new ->> 'control_plane' from audit.event where kind = 'attest' and db = 'indelible_seal'
     order by id desc limit 1
"""
