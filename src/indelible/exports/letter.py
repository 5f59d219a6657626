"""The letter by which a company tells the agency that its electronic signatures bind (21 CFR 11.100(c)(1), URS-CRT-01).

Written here, signed by hand on paper: an electronic signature does not do. The signed copy comes back as evidence.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from indelible.exports.actions import MEDIA, Handed
from indelible.exports.events import LETTER, LETTER_UNKNOWN
from indelible.exports.pdf import render_letter
from indelible.kernel.audit.actions import note
from indelible.kernel.audit.queries import clock
from indelible.kernel.audit.types import Actor, Refusal
from indelible.kernel.identity import queries as identity
from indelible.kernel.identity.authority import keepable, require, written_down
from indelible.kernel.identity.types import QA_APPROVER, SECURITY_UNIT, SYSTEM_ADMINISTRATOR

WRITING: Final = (SECURITY_UNIT, QA_APPROVER, SYSTEM_ADMINISTRATOR)
"""Who has it written: those that record it as sent."""


def letter(actor: Actor, legal_entity: str) -> Handed:
    """The letter of a company as PDF, with its sites of this day and room for the hand. Refusals, written down:
    NOT_AUTHORISED (403), LETTER_UNKNOWN (404). Raises CopyFailed."""
    named = keepable(legal_entity)[:40]
    with written_down(actor, LETTER, object=f"legal_entity:{named}"):
        require(actor, *WRITING)
        entity = identity.legal_entity(named)
        if entity is None:
            raise Refusal(LETTER_UNKNOWN, "There is no such company.")
    now = clock()
    sites = [f"{one.name} ({one.code})" for one in identity.sites() if one.legal_entity_id == entity.pk]
    data = {"company": str(entity.name), "sites": sites, "day": _told(now.date())}
    handed = Handed(render_letter(data, now), MEDIA["pdf"], f"certification-{named}.pdf")
    note(actor, LETTER, object=f"legal_entity:{named}", detail={"sha256": handed.digest})
    return handed


def _told(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
