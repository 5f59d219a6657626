"""The frozen words of access: what a program may be allowed, for how long, and how it reads in the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from indelible.kernel.identity.types import AUTHOR, CLOSES_ACCOUNTS, OPERATOR

PREFIX: Final = "mc."
"""How the token of a machine credential begins; no session's token has a dot."""
ACTOR_PREFIX: Final = "machine:"
"""How the trail names a program: this and the number of its credential; no person's id has a colon."""
LONGEST: Final = timedelta(days=365)
"""So long a machine credential may be in force at most; no setting lengthens it (URS-ACC-09)."""
STEP: Final = "step:"
"""Before a step's name: one step, where `step` is every step."""
MOST_LABEL: Final = 60
MACHINE_ROLES: Final = (AUTHOR, OPERATOR)
"""Of its owner's roles a program has these at most: it reviews, verifies and approves nothing."""

OPERATIONS: Final = {
    "create": "Open records",
    "edit": "Save fields",
    "attach": "Attach files",
    "link": "Link records",
    "step": "Take steps that are not signed",
    "copy": "Take copies",
}
"""What a program may be allowed beside reading, by code and title."""


DEACTIVATE: Final = CLOSES_ACCOUNTS
"""What a company's directory may be allowed, alone: to close the accounts of leavers. It never opens or changes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a machine credential reaches: records of these processes, and these operations beside reading them; or DEACTIVATE
    alone, and no records."""

    processes: tuple[str, ...]
    operations: tuple[str, ...] = ()

    @property
    def is_directory(self) -> bool:
        """Whether it is for the company's directory."""
        return self.operations == (DEACTIVATE,)


def end_of(day: date) -> datetime:
    """The instant at which a day is over in UTC: a credential given to the end of that day counts until then."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
