"""The notices room's closed list: what happens to notices, and why something is refused."""

from typing import Final

from indelible.kernel.audit.types import Action, Rule

RAISE: Final = Action("notice.raise", "Urgent notice raised", kind="event")
ESCALATE: Final = Action("notice.escalate", "Urgent notice given to management", kind="event")
DELIVER: Final = Action("notice.deliver", "Message about a notice tried", kind="event")
ACKNOWLEDGE: Final = Action("notice.acknowledge", "Urgent notice acknowledged", reason="required")

ACTIONS: Final = (RAISE, ESCALATE, DELIVER, ACKNOWLEDGE)

_CLAUSE: Final = "21 CFR 11.300(d)"
NOTICE_UNKNOWN: Final = Rule("notice_unknown", "URS-CRD-05", _CLAUSE, 404, "There is no such notice")
NOTICE_ANSWERED: Final = Rule("notice_answered", "URS-CRD-05", _CLAUSE, 409, "It is acknowledged already")
OWN_NOTICE: Final = Rule("own_notice", "URS-CRD-05", _CLAUSE, 403, "Somebody else answers for this")

RULES: Final = (NOTICE_UNKNOWN, NOTICE_ANSWERED, OWN_NOTICE)
