"""What an identifier looks like to the eye, so that no second one can be taken for it (URS-UNQ-01, URS-MAN-02).

After Unicode UTS #39 (skeletons by the confusables table), made stricter for identifiers: letter case, accents,
spaces, invisible characters and punctuation do not tell two identifiers apart, nor do i, l, 1, I and |.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Final

_ALSO_ALIKE: Final = {"i": "l", "w": "vv", "ı": "l"}
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\u034f")


@lru_cache(maxsize=1)
def _prototypes() -> dict[str, str]:
    """Single character to the one it stands for. The package's table pairs alike characters in both directions:
    the prototype is the side that has more of them, else the ASCII or lower one."""
    table = json.loads((files("confusable_homoglyphs") / "confusables.json").read_text("utf-8"))
    alike = {key: [entry["c"] for entry in entries] for key, entries in table.items()}
    found: dict[str, str] = {}
    for character, others in alike.items():
        if len(character) == 1 and len(others) == 1 and _stands_for(character, others[0], alike):
            found[character] = others[0]
    return found


def _stands_for(character: str, other: str, alike: dict[str, list[str]]) -> bool:
    if len(alike.get(other, ())) > 1 or len(other) > 1:
        return True
    return (not other.isascii(), other) < (not character.isascii(), character)


def skeleton(text: str) -> str:
    """The look of an identifier as a key; empty when nothing in it leaves a mark."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    once = _mapped(_mapped(_visible(plain)).casefold())
    return "".join(c for c in once if unicodedata.category(c)[0] in "LNM")


def _mapped(text: str) -> str:
    prototypes = _prototypes()
    through = "".join(prototypes.get(c, c) for c in text)
    return "".join(_ALSO_ALIKE.get(c, c) for c in unicodedata.normalize("NFD", through))


def _visible(text: str) -> str:
    return "".join(c for c in text if not _leaves_no_mark(c))


def _leaves_no_mark(c: str) -> bool:
    combining_accent = "\u0300" <= c <= "\u036f" or "\ufe00" <= c <= "\ufe0f"
    return combining_accent or c in _BLANK_LETTERS or unicodedata.category(c)[0] in "CZ"


def email_key(email: str) -> str:
    """One mailbox, one key: case and a +tag before the @ do not make another (URS-UNQ-03)."""
    local, _, domain = unicodedata.normalize("NFKC", email.strip()).casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain.rstrip('.')}"


def staff_key(number: str) -> str:
    """The look of a staff number; only between two digits a separator tells two apart: 1-23 is not 12-3 (URS-UNQ-03)."""
    parts = re.split(r"(?<=\d)[^\w]+(?=\d)", unicodedata.normalize("NFKC", number))
    return "-".join(filter(None, map(skeleton, parts)))


def same_id(typed: str, user_id: str) -> bool:
    """Whether what was typed is this id: letter case and surrounding space apart, exactly it."""
    return _id_key(typed) == _id_key(user_id)


def _id_key(text: str) -> str:
    return unicodedata.normalize("NFKC", text.strip()).casefold()
