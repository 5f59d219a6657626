"""Names that are no single person's: those of departments, functions and shifts, and of two people at once (URS-ACC-02)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from indelible.kernel.identity import skeletons

_NOT_A_PERSON: Final = frozenset(
    skeletons.skeleton(word)
    for word in [
        "admin",
        "administrator",
        "root",
        "system",
        "installation",
        "nobody",
        "job",
        "demo",
        "service",
        "robot",
        "bot",
        "guest",
        "user",
        "test",
        "tester",
        "shared",
        "account",
        "team",
        "group",
        "department",
        "dept",
        "lab",
        "laboratory",
        "shift",
        "kiosk",
        "station",
        "terminal",
        "office",
        "desk",
        "qa",
        "qc",
        "quality",
        "operator",
        "operators",
        "reviewer",
        "approver",
        "inspector",
        "everyone",
        "anonymous",
        "unknown",
    ]
)
_LAST: Final = frozenset(
    skeletons.skeleton(word)
    for word in [
        "team",
        "shift",
        "lab",
        "labs",
        "laboratory",
        "group",
        "department",
        "division",
        "unit",
        "receiving",
        "production",
        "warehouse",
        "schicht",
        "labor",
        "abteilung",
    ]
)
"""What a name of a place of work ends with; as a last name none of them is known to us."""
_LINES: Final = frozenset(
    skeletons.skeleton(word)
    for word in [
        "packaging",
        "packing",
        "filling",
        "bottling",
        "assembly",
        "production",
        "blister",
        "labelling",
    ]
)
"""What a production line is called by: Line alone is a surname."""
_JOINING: Final = frozenset(skeletons.skeleton(word) for word in ["and", "und", "et"])
_OF_AND_AT: Final = skeletons.skeleton("zu")
"""`Maria von und zu Hohenlohe` is one."""
_LINE: Final = skeletons.skeleton("line")
_ONE: Final = "Name the one individual who uses the account"


def why_shared(user_id: str, name: str) -> str:
    """Why an account of this id and printed name would be no single person's, as help to who opens it; "" where it is."""
    names, ids = words(name), words(user_id)
    if _impersonal(names, most=1) or _impersonal(ids, most=len(ids)):
        return f"{_ONE}; departments have none."
    if _is_of_two(name, names):
        return f"{_ONE}: this reads like two people. Each of them gets an account of their own."
    if names and (names[-1] in _LAST or (names[-1] == _LINE and _LINES.intersection(names))):
        return f"{_ONE}: this reads like a place of work, not like a person."
    return ""


def words(text: str) -> list[str]:
    """The words of an id or a printed name, as they look (identity.skeletons)."""
    return [skeletons.skeleton(word) for word in re.split(r"[\s\-_/.,&+@0-9]+", text) if word]


def _is_of_two(name: str, names: list[str]) -> bool:
    """`Ana Alvarez and Raj Rao`, or two full names with a comma between; `Diaz, Maria` and `Davis, Jr.` are one."""
    full = [part for part in name.split(",") if len(words(part)) > 1]
    joined = any(word in _JOINING and after != _OF_AND_AT for word, after in pairwise(names[1:]))
    return len(full) > 1 or joined


def _impersonal(found: list[str], *, most: int) -> bool:
    """Whether all words are of departments and functions, or more than `most` of them (Ms Root and Mr Guest exist)."""
    count = sum(word in _NOT_A_PERSON for word in found)
    return count > most or (0 < count == len(found))
