"""The closed list of guards a step may name after `unless`: what they look at and why they refuse.

A guard fails closed: what it needs is computed for it before it is asked (`Situation` has no defaults), and
a name that is not on the list is a fault of the declaration (decision D7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from indelible.kernel.audit.types import Actor, Rule
from indelible.kernel.workflow import events


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that guards may know when somebody wants to take a step; people are user ids.

    `authors` wrote a field that the step's signature covers, in any revision, the step's own fields left out
    (URS-AUT-02); `holding` are numbers of linked records that must be in a final state first, looked up for
    the steps that ask for it.
    """

    actor: Actor
    owner: str
    authors: frozenset[str]
    action_owners: frozenset[str]
    signers: frozenset[str]
    holding: tuple[str, ...]

    def is_one_of(self, people: frozenset[str]) -> bool:
        """Whether the person, or the one acted for, is among these people."""
        return bool(self.actor.answering & people)


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: its rule, what it says to the person, and the test that makes it refuse."""

    rule: Rule
    why: str
    refuses: Callable[[Situation], bool]
    segregation: bool = True
    """Whether it keeps people apart (judged before conditions) or holds the record (judged with them)."""


GUARDS: Final[Mapping[str, Guard]] = {
    "signer_is_author": Guard(
        events.OWN_WORK,
        "You wrote part of what this step judges. Somebody else must take it.",
        lambda s: s.is_one_of(s.authors),
    ),
    "signer_is_owner": Guard(
        events.OWN_RECORD,
        "You own this record. Somebody else must take this step.",
        lambda s: s.is_one_of(frozenset({s.owner})),
    ),
    "signer_owns_an_action": Guard(
        events.OWN_ACTION,
        "You own an action of this record. Somebody who owns none must take this step.",
        lambda s: s.is_one_of(s.action_owners),
    ),
    "signer_signed_before": Guard(
        events.SIGNED_BEFORE,
        "You have signed this record before. Another person must sign here.",
        lambda s: s.is_one_of(s.signers),
    ),
    "link_open": Guard(
        events.LINK_OPEN,
        "A linked record must come to its end first.",
        lambda s: bool(s.holding),
        segregation=False,
    ),
}
