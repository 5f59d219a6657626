"""What the ledger remembers of its own protections: nothing of them was touched but by an installation.

The sealer attests the control plane whenever it is not what it attested last, event triggers tell of each statement that
changed the structure, and an installation's act says which protections it left behind. Whoever switched a protection off is
found by these entries also after everything was put back (ledger.md 3.4, 3.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from indelible.home.roles import OWNER
from indelible.kernel.audit import events
from indelible.kernel.audit.attestation import declared
from indelible.kernel.audit.verification.actors import GenuineAct, genuine_acts
from indelible.kernel.audit.verification.examination import Check, Examination, Finding

_SHOWN: Final = 4


def attestations(examined: Examination) -> Iterator[Finding]:
    """Each attested control plane is the one that the installation before it left behind."""
    installed = [one for one in _installations(examined) if declared(one.detail)]
    expected, version = "", ""
    for number, at, image in examined.rows(_ATTESTED):
        while installed and installed[0].id < number:
            one = installed.pop(0)
            expected, version = declared(one.detail), str(one.detail.get("version", ""))
        examined.count("attestations of the protections")
        attested = str(image.get("control_plane", ""))
        if expected and attested != expected:
            sentence = f"At {at} the protections were not as the installation of version {version} left them: {_said(image)}."
            yield Finding("attestations", f"attestation {number}", sentence)
        expected = attested


def structure(examined: Examination) -> Iterator[Finding]:
    """Each statement that changed the structure was an installation's own."""
    installed = _installations(examined)
    for number, at, db, command, touched in examined.rows(_TOLD):
        if db == OWNER and any(int(one.detail.get("since", one.id)) < number < one.id for one in installed):
            continue
        sentence = f"Direct SQL by {db} at {at}: {command} of {', '.join(touched[:_SHOWN])}, and no installation did it."
        yield Finding("structure", f"change of structure {number}", sentence)
    if not examined.one(
        "select exists(select from pg_event_trigger where evtname like 'indelible_structure%')"
    ):
        examined.notices.append(
            "Changes of structure are not told by this database itself: its event triggers need a superuser once "
            "(INDELIBLE_DATABASE_ADMIN_URL at `indelible upgrade`). The sealer still attests the protections every second."
        )


def _installations(examined: Examination) -> list[GenuineAct]:
    return [one for one in genuine_acts(examined, events.INSTALLED.name) if one.db == OWNER]


def _said(image: Mapping[str, Any]) -> str:
    changed = list(image.get("changed", []))
    more = int(image.get("changes", len(changed))) - len(changed[:_SHOWN])
    told = "; ".join(changed[:_SHOWN]) or "what they were before is not known"
    return f"{told}; and {more} more" if more > 0 else told


CHECKS: Final = (
    Check("attestations", "the attested protections against those installed", attestations, quick=True),
    Check("structure", "each change of structure against the installations", structure, quick=True),
)

_ATTESTED: Final = """
    select id, to_char(at, 'YYYY-MM-DD HH24:MI:SS "UTC"'), new from audit.event
     where kind = 'attest' and db = 'indelible_seal' and tbl = '' order by id
"""
_TOLD: Final = """
    select e.id, to_char(e.at, 'YYYY-MM-DD HH24:MI:SS "UTC"'), e.db, e.new ->> 'command',
           array(select jsonb_array_elements_text(e.new -> 'on'))
      from audit.event as e where e.kind = 'ddl' and e.tbl = '' order by e.id
"""
