"""What every verb of this room asks first: whether the actor may, whether text can be kept, and writing a refusal down."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from indelible.kernel.audit.actions import refuse
from indelible.kernel.audit.types import Action, Actor, Refusal
from indelible.kernel.identity.events import NOT_AUTHORISED
from indelible.kernel.identity.types import CLOSES_ACCOUNTS, ROLES


def require(actor: Actor, *roles: str) -> None:
    """Refusal NOT_AUTHORISED (403) unless one of the roles is active for a person (URS-AUT-01; machines hold none)."""
    if actor.person_id is None or not actor.holds(*roles):
        titles = " or ".join(ROLES[role].title for role in roles)
        raise Refusal(NOT_AUTHORISED, f"This is for: {titles}. Ask one of them.")


def require_directory(actor: Actor) -> None:
    """Refusal NOT_AUTHORISED (403) unless the actor is the company's directory, with a credential to close accounts alone."""
    if actor.operations != (CLOSES_ACCOUNTS,):
        raise Refusal(NOT_AUTHORISED, "This is for the company's directory, with a credential for that.")


def keepable(text: str | None) -> str:
    """The text as it can be stored: composed, trimmed, without control characters, half characters and directions."""
    composed = unicodedata.normalize("NFC", (text or "").encode("utf-8", "ignore").decode("utf-8"))
    return "".join(c for c in composed if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).strip()


@contextmanager
def written_down(actor: Actor, action: Action, *, object: str = "", record: str = "") -> Iterator[None]:
    """Lets a refusal met before any act is open leave its entry, then pass on."""
    try:
        yield
    except Refusal as refusal:
        refuse(actor, action, refusal, object=object, record=record)
        raise
