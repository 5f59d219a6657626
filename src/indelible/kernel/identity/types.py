"""The frozen words of identity: roles and what they exclude, time limits, and how a person is described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from indelible.kernel.audit.paging import Order

BY_NAME: Final = Order("people", {"name": str, "pk": int})
"""The order of lists of people."""
IDLE_LOCK: Final = timedelta(minutes=15)
"""Without a person's action a session locks after this (URS-ACC-04)."""
ABSOLUTE_END: Final = timedelta(hours=12)
"""A session is over after this, whatever happens in it (URS-ACC-04)."""
MOST_SESSIONS: Final = 20
"""So many a person may have open at one kind of door, browser or machine; one more ends the one used least lately."""
TEMPORARY_LIFE: Final = timedelta(hours=24)
"""A temporary secret that was not used is dead after this (URS-CRD-03)."""
TESTED_FOR: Final = timedelta(days=365)
"""A passkey that was not tested for so long does not count until it is (URS-CRD-06)."""
REMINDED_BEFORE: Final = timedelta(days=30)
"""For so long before a passkey's test is due its person is reminded of it each time they come in (URS-CRD-06)."""
MOST_PASSKEYS: Final = 5
"""So many a person may have in use: one at hand and spares, each of which somebody confirmed."""
CLOSES_ACCOUNTS: Final = "deactivate"
"""The one operation of a directory's credential: to close accounts of leavers."""
LAST_STANDING: Final = 2
"""So many people of administration no program closes out: two can let others in again."""
FAILURES_TO_LOCK: Final = 5
"""Consecutive failed sign-ins and signings, counted together, that lock an account (URS-ACC-07)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A shipped role; one becomes active only when a second authorised person approves (URS-AUT-04, URS-ACC-05)."""

    code: str
    title: str
    kind: Literal["content", "administration", "reading"]


AUTHOR: Final = "author"
REVIEWER: Final = "reviewer"
QA_APPROVER: Final = "qa_approver"
OPERATOR: Final = "operator"
VERIFIER: Final = "verifier"
SYSTEM_ADMINISTRATOR: Final = "system_administrator"
SECURITY_UNIT: Final = "security_unit"
INSPECTOR: Final = "inspector"

ROLES: Final = {
    role.code: role
    for role in (
        Role(AUTHOR, "Author", "content"),
        Role(REVIEWER, "Reviewer", "content"),
        Role(QA_APPROVER, "QA approver", "content"),
        Role(OPERATOR, "Operator", "content"),
        Role(VERIFIER, "Verifier", "content"),
        Role(SYSTEM_ADMINISTRATOR, "System administrator", "administration"),
        Role(SECURITY_UNIT, "Security unit", "administration"),
        Role(INSPECTOR, "Inspector", "reading"),
    )
}
POWERFUL: Final = frozenset({QA_APPROVER, SYSTEM_ADMINISTRATOR, SECURITY_UNIT})
"""Roles whose grant takes two people of administration (URS-AUT-04)."""
ADMINISTRATION: Final = tuple(r.code for r in ROLES.values() if r.kind == "administration")


CLEARED: Final = (QA_APPROVER, INSPECTOR)
"""Who may know of records of every confidentiality class at their sites: who answers for them, and who inspects them."""


def conflict(role: str, held: str) -> str:
    """Why one person may not hold both roles, or "" (URS-AUT-03): who administers has no part in the content,
    and who administers is not also the security unit that watches it."""
    kinds = {ROLES[role].kind, ROLES[held].kind}
    if kinds == {"administration", "content"}:
        return "who administers accounts and rights has no part in the records themselves"
    if {role, held} == {SYSTEM_ADMINISTRATOR, SECURITY_UNIT}:
        return "the security unit watches the administrators, so it is someone else"
    return ""


EXCEPTED_FOR: Final = timedelta(days=180)
"""So long an exception for a very small firm lasts at most (URS-AUT-03)."""


def is_excepted(roles: Iterable[str]) -> bool:
    """Whether somebody with these roles administers and has a part in the records: only under such an exception."""
    return {"administration", "content"} <= {ROLES[role].kind for role in roles if role in ROLES}


METHODS: Final = {
    "passport": "Passport",
    "national_id": "National identity card",
    "driving_licence": "Driving licence",
    "employment_file": "Employment file of the company",
    "known_in_person": "Known in person",
}
"""How a person's identity is confirmed before a signature is theirs, by code and title (URS-UNQ-02)."""


Confirmation = Literal["seen_in_person", "document", "called_back", "video"]
CONFIRMATIONS: Final[Mapping[str, str]] = {
    "seen_in_person": "Seen in person and known",
    "document": "Identity document or staff card seen",
    "called_back": "Called back at the number that the company holds",
    "video": "Seen and known in a video call",
}
"""How it was confirmed that it is its person who asks for an account to be unlocked, by code and title (URS-ACC-07)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What is asked about a person whose account is opened; `zone` is an IANA name, empty means the site's."""

    user_id: str
    name: str
    email: str
    site: str = ""
    staff_number: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A company's first site: codes and names, and the site's IANA zone."""

    legal_entity: str
    organisation: str
    site: str
    site_name: str
    zone: str


@dataclass(frozen=True, slots=True)
class Access:
    """One right of one person over a span of time, as an inspector asks for it (URS-ACC-05).

    `kind` says what `role` names: a role, a confidentiality class open to the person, or a program they answer for. `scope`
    is the code of the site that counted, `*` for all; of a class "", since it holds where the roles do; of a program its
    processes. `proposed_by` and `approved_by` are the two people of it; one opens a class; who draws a program's credential
    is its owner. `row` is the key of the row that gave it.
    """

    user_id: str
    name: str
    role: str
    scope: str
    proposed_by: str
    approved_by: str
    began: datetime
    ended: datetime | None
    row: int
    kind: Literal["role", "class", "program"] = "role"

    @property
    def keys(self) -> tuple[str, str, int]:
        """What an access list is sorted by: nothing that changes, unlike the printed name."""
        return self.user_id, self.kind, self.row


@dataclass(frozen=True, slots=True)
class GrantOutcome:
    """What became of a wish for a role: the grant's id and `proposed` (waits for a second person) or `active`."""

    id: int
    state: Literal["proposed", "active", "refused", "ended"]


@dataclass(frozen=True, slots=True)
class Proven:
    """By what a person proved themselves: `by` names it by its row (`password 12, one-time code 3`, `passkey 7`, `provider 3`; `password`
    alone where it was signed before rows were named), `component` its kind,
    `since` when it became theirs; `evidence` is what anybody needs to check it again, empty for a password."""

    by: str
    component: Literal["password", "passkey", "provider"]
    since: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)


LOSSES: Final = {
    "lost": "Lost",
    "stolen": "Stolen",
    "suspect": "Somebody else may have used it",
    "replaced": "Replaced by another",
    "left behind": "Not used any more",
}
"""Why a passkey or an authenticator is ended, by code and title (URS-CRD-04); the first three put what was signed with it up for review."""
PASSWORD_LOSSES: Final = {
    "suspect": "Somebody else may know it",
    "stolen": "Stolen, or typed into a false page",
    "lost": "Lost, where it was written down",
}
"""Why a password is reported, by code and title; for anything else it is changed."""
