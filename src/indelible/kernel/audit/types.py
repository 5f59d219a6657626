"""Who acts, what an act is called, which rule refused it: the frozen words every room shares."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

REASON_MAXIMUM: Final = 2_000
"""Longest reason in characters: keeps a whole ledger entry under the 65 535 bytes of tlog-tiles."""

Channel = Literal["web", "api", "cli", "job", "demo", "init"]
EVERY_SITE: Final = ("*",)
EVERY_PROCESS: Final = ("*",)
EVERY_CLASS: Final = ("*",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who performs an act, as text, for ever: names are those of this moment (URS-AUD-01, 21 CFR 11.10(e)).

    `sites` are the site codes whose records the person may see; `("*",)` means all. `session` is the
    session's public id, `source` the address the request came from, `device` what the client calls itself (said, not
    proven), `zone` an IANA name, `terminal` the code of the registered terminal that proved itself (URS-DEV-01).

    `classes` are the confidentiality classes whose records the person may know of beside those of none; `("*",)` means all.

    A program with a machine credential has no `person_id`: it acts for its owner (`on_behalf_of`), does only `operations`,
    and sees records of `processes` alone (URS-ACC-09). `operations` is None for a person, whom roles judge.
    """

    user_id: str
    name: str
    roles: tuple[str, ...] = ()
    person_id: int | None = None
    site: str = ""
    legal_entity: str = ""
    sites: tuple[str, ...] = ()
    session: str = ""
    source: str = ""
    channel: Channel = "web"
    zone: str = "UTC"
    on_behalf_of: str = ""
    device: str = ""
    terminal: str = ""
    processes: tuple[str, ...] = EVERY_PROCESS
    classes: tuple[str, ...] = ()
    operations: tuple[str, ...] | None = None

    def holds(self, *roles: str) -> bool:
        """Whether any of these roles is active for the person now."""
        return any(role in self.roles for role in roles)

    def sees_site(self, code: str) -> bool:
        """Whether records of this site may be shown to the person (URS-AUT-06)."""
        return self.sites == EVERY_SITE or code in self.sites

    def sees(self, site: str, confidentiality: str | None) -> bool:
        """Whether a record of this site and confidentiality class may be known to the person (URS-AUT-06)."""
        cleared = not confidentiality or self.classes == EVERY_CLASS or confidentiality in self.classes
        return cleared and self.sees_site(site)

    def unbounded(self) -> Actor:
        """The same actor as one who sees every record: for judgements that must not overlook one, never to show it."""
        return replace(self, sites=EVERY_SITE, processes=EVERY_PROCESS, classes=EVERY_CLASS)

    @property
    def accountable(self) -> str:
        """The id of the person who answers for the act as their own: the actor, or the owner of a program."""
        return self.user_id if self.operations is None else self.on_behalf_of

    @property
    def answering(self) -> frozenset[str]:
        """The ids of those whose act it is: who acts, and the one acted for; what one of them may not, neither may."""
        return frozenset({self.user_id, self.on_behalf_of} - {""})


def nobody(*, source: str, channel: Channel) -> Actor:
    """The actor of a request at which nobody is signed in."""
    return Actor(user_id="nobody", name="Nobody signed in", source=source, channel=channel)


def job(name: str, version: int, *, on_behalf_of: str) -> Actor:
    """The actor of a scheduled job; never an approving or signing one (kernel.md, URS-AUD-13)."""
    return Actor(
        user_id=f"job:{name}@{version}",
        name=f"Job {name} version {version}",
        sites=EVERY_SITE,
        classes=EVERY_CLASS,
        channel="job",
        on_behalf_of=on_behalf_of,
    )


@dataclass(frozen=True, slots=True)
class Action:
    """One name of the closed list of acts and events; a name that reached the database is for ever.

    `reason` is what the SQL list demands: none (not asked), optional (the verb decides), required.
    """

    name: str
    title: str
    reason: Literal["none", "optional", "required"] = "none"
    kind: Literal["act", "event"] = "act"


@dataclass(frozen=True, slots=True)
class Rule:
    """Why something is refused: the requirement, the clause, the HTTP status and a short title.

    `recorded` is False only for plain typing slips caught before commit (URS section 1, easings).
    """

    code: str
    urs: str
    clause: str
    status: int
    title: str
    recorded: bool = True


NOBODY_SIGNS: Final = 60.0
"""Seconds by which the clock is wrong beyond which nobody signs; a ceiling, not a setting (URS-TIM-02)."""


@dataclass
class Refusal(Exception):  # noqa: N818  (the trade's word; a refusal is a result, decision D7)
    """A refusal: it names its rule, changes nothing and reads as help to the person who met it.

    `evidence` goes into the trail's entry and nowhere else. `consequence` writes rows under that entry, in its
    transaction and after the rollback: the count of failed attempts (URS-ACC-07), never anything of the record.
    `alone`: its entry stands alone in any flood, because somebody is told of it (URS-CRD-05).
    """

    rule: Rule
    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] | None = field(default=None, repr=False)
    consequence: Callable[[], None] | None = field(default=None, repr=False)
    alone: bool = False

    def __str__(self) -> str:
        return f"{self.rule.code}: {self.detail}"


REASON_MISSING: Final = Rule("reason_missing", "URS-AUD-05", "21 CFR 11.10(e)", 422, "A reason is needed")
REASON_FILLER: Final = Rule("reason_filler", "URS-AUD-05", "21 CFR 11.10(e)", 422, "The reason says nothing")
REASON_TOO_LONG: Final = Rule(
    "reason_too_long", "URS-AUD-05", "21 CFR 11.10(e)", 422, "The reason is too long", recorded=False
)

_FILLER: Final = frozenset(
    [
        "na",
        "n/a",
        "none",
        "nil",
        "null",
        "nothing",
        "test",
        "testing",
        "asdf",
        "asdfgh",
        "qwerty",
        "xxx",
        "abc",
        "tbd",
        "todo",
        "update",
        "updated",
        "change",
        "changed",
        "edit",
        "edited",
        "fix",
        "fixed",
        "correction",
        "corrected",
        "ok",
        "okay",
        "done",
        "misc",
        "other",
        "reason",
        "because",
        "see above",
        "same as above",
        "as above",
        "no reason",
        "not applicable",
        "not needed",
        "blah",
    ]
)


def visible_text(text: str) -> str:
    """The text without characters that leave no mark on paper (controls, formats, every kind of space)."""
    return "".join(
        c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cn", "Co", "Cs", "Zs", "Zl", "Zp"}
    )


def storable(text: str) -> str:
    """The text with what PostgreSQL cannot keep (NUL, half surrogate pairs) shown as replacement characters."""
    return (
        text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        if not text.isascii() or "\0" in text
        else text
    )


def check_reason(text: str | None) -> str:
    """The reason, trimmed, or a Refusal where it is empty, blank, filler or too long (URS-AUD-05)."""
    reason = (text or "").strip()
    if storable(reason) != reason:
        raise Refusal(REASON_FILLER, "The reason holds a character that no paper can show. Type it again.")
    marks = visible_text(reason)
    if not marks:
        raise Refusal(
            REASON_MISSING, "Say in a few words why; the audit trail keeps it beside the old and new value."
        )
    letters = [c for c in marks if unicodedata.category(c)[0] in "LN"]
    fewest = (
        2 if any(unicodedata.category(c) == "Lo" for c in letters) else 3
    )  # a Han word may be two characters
    plain = reason.casefold().strip(" .,;:!?-_")
    if len(letters) < fewest or len(set(letters)) < fewest or plain in _FILLER:
        raise Refusal(
            REASON_FILLER, f"“{reason[:40]}” does not tell a reader why. Name the cause or the evidence."
        )
    if len(reason) > REASON_MAXIMUM:
        raise Refusal(
            REASON_TOO_LONG, f"A reason has at most {REASON_MAXIMUM} characters; this one has {len(reason)}."
        )
    return reason
