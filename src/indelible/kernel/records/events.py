"""The records room's own names: the denied read, and the rules by which a write on a record is refused."""

from typing import Final

from indelible.kernel.audit.types import Action, Rule

READ: Final = Action("record.read", "Record asked for", kind="event")
"""Written only where it is denied: one entry with the number as typed (kernel.md)."""

ACTIONS: Final = (READ,)

NOT_THERE: Final = Rule("not_there", "URS-AUT-06", "21 CFR 11.10(g)", 404, "Not there, or not yours to know")
SITE_NOT_YOURS: Final = Rule("site_not_yours", "URS-AUT-06", "21 CFR 11.10(g)", 403, "Not a site of yours")
STALE: Final = Rule(
    "stale_revision", "URS-OPS-04", "21 CFR 11.10(f)", 409, "The record changed since you opened it"
)
LINK_STANDS: Final = Rule("link_stands", "URS-OPS-01", "21 CFR 11.10(f)", 409, "The link stands already")
LINK_ENDED: Final = Rule("link_ended", "URS-OPS-01", "21 CFR 11.10(f)", 409, "The link has ended already")
LINK_TO_ITSELF: Final = Rule(
    "link_to_itself", "URS-OPS-01", "21 CFR 11.10(f)", 422, "A record is not linked to itself", recorded=False
)

RULES: Final = (NOT_THERE, SITE_NOT_YOURS, STALE, LINK_STANDS, LINK_ENDED, LINK_TO_ITSELF)
