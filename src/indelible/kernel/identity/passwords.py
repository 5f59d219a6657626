"""Passwords: the slow salted digest, at most two at once, and what makes a password too easy (URS-CRD-01, -03)."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from importlib.resources import files
from typing import Final

from django.contrib.auth.hashers import Argon2PasswordHasher

from indelible.home.layout import find_home
from indelible.home.places import NoneFree, Places
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity.events import BUSY, PASSWORD_REPEATED, PASSWORD_WEAK

MINIMUM: Final = 15
MINIMUM_WITH_SECOND_FACTOR: Final = 12
MAXIMUM: Final = 256
HISTORY: Final = 10
HASHES_AT_ONCE: Final = 2
WAIT_SECONDS: Final = 5.0

_WORDS: Final = (files("indelible.kernel.identity") / "blocklist.txt").read_text("utf-8").splitlines()
_COMMON: Final = frozenset(" ".join(line for line in _WORDS if not line.startswith("#")).split())
_LEET: Final = str.maketrans("013457$@!", "oieastsai")
_SEQUENCES: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


class _Argon2id(Argon2PasswordHasher):
    """The cost is a constant of the kernel, never a setting (decision D8): OWASP's 19 MiB, two passes, one lane."""

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1


_BOUND: Final = "of-id$"
"""What a digest begins with into which its person's id went."""
_hasher: Final = _Argon2id()
_places: Final = Places("hash", HASHES_AT_ONCE)


@contextmanager
def _place() -> Iterator[None]:
    """One of the few places at the mill, over all processes of the installation; Refusal BUSY (429) when none is free in time."""
    with ExitStack() as held:
        try:
            held.enter_context(_places.taken(find_home(), wait=WAIT_SECONDS))
        except NoneFree:
            raise Refusal(
                BUSY,
                "Many passwords are being checked at this moment. Nothing was counted; try again shortly.",
            ) from None
        yield


def digest(password: str, *, of: str) -> str:
    """The salted Argon2id digest of the password of the person with this id; equal passwords have different digests (URS-CRD-01).

    The id goes into it: copied to another person's row it matches nothing (URS-SIG-06).
    """
    with _place():
        return _BOUND + str(_hasher.encode(_own(password, of), _hasher.salt()))


def matches(password: str, kept: str | None, *, of: str) -> bool:
    """Whether the password is the one kept of this person; without a kept digest the same time is spent and the answer is no.

    Digests from before ids went into them match until their password is changed.
    """
    bound = kept is None or kept.startswith(_BOUND)
    held = _own(password, of) if bound else _canonical(password)
    with _place():
        found = bool(_hasher.verify(held, (kept or _decoy()).removeprefix(_BOUND)))
    return found and kept is not None


@lru_cache(maxsize=1)
def _decoy() -> str:
    """A digest nobody has the password of: what an unknown id is compared with."""
    return str(_hasher.encode(secrets.token_urlsafe(32), _hasher.salt()))


_decoy()  # made at start: the first unknown id must not take longer than the next


def temporary_secret() -> str:
    """A one-time secret of 100 bits, in groups that can be read aloud."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def check_strength(password: str, *, own: Iterable[str], second_factor: bool = False) -> None:
    """Refusal PASSWORD_WEAK where the password is short, common, or made of the person's own name or id.

    `own` are the person's id, printed name and mailbox. Spaces and phrases of any length up to 256 are fine.
    """
    least = MINIMUM_WITH_SECOND_FACTOR if second_factor else MINIMUM
    why = _unreadable(password) or _wrong_length(password, least) or _guessable(password, own)
    if why:
        raise Refusal(PASSWORD_WEAK, why, {"password": why})


def check_history(password: str, kept: Iterable[str], *, of: str) -> None:
    """Refusal PASSWORD_REPEATED where the password is one of the last ten."""
    for digest_kept in kept:
        if matches(password, digest_kept, of=of):
            raise Refusal(PASSWORD_REPEATED, f"It is one of your last {HISTORY} passwords; choose a new one.")


def _own(password: str, user_id: str) -> str:
    """The password as its person's: an id holds no such separator, so no two pairs read the same."""
    return f"{user_id}\0{_canonical(password)}"


def _canonical(password: str) -> str:
    """One form for one password, however a keyboard composes it (SP 800-63B); half a surrogate cannot be encoded."""
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode("utf-8"))


def _unreadable(password: str) -> str:
    if any(unicodedata.category(c) in {"Cc", "Cs", "Cn"} for c in password):
        return "It has characters that no keyboard makes."
    return ""


def _wrong_length(password: str, least: int) -> str:
    length = len(_canonical(password))
    if length < least:
        return (
            f"It has {length} characters; at least {least} are needed. A few words in a row are easy to keep."
        )
    if length > MAXIMUM:
        return f"It has {length} characters; at most {MAXIMUM} can be kept."
    return ""


def _guessable(password: str, own: Iterable[str]) -> str:
    folded = _canonical(password).casefold()
    letters = _letters(folded.translate(_LEET))
    for part in _parts(own):
        if part in _letters(folded) or part in letters:
            return "It contains your own name or id."
    if len(set(folded)) < 6 or _is_sequence(folded):
        return "It repeats a few characters or follows the keyboard."
    if any(_only_common(_letters(form)) for form in (folded, folded.translate(_LEET))):
        return "Take the words everybody tries out of it and little is left."
    return ""


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalpha())


def _parts(own: Iterable[str]) -> set[str]:
    """The words of four letters and more in a person's id, name and mailbox, and each of them whole."""
    words: set[str] = set()
    for text in own:
        folded = unicodedata.normalize("NFKC", text).casefold()
        words |= {_letters(folded)} | {_letters(word) for word in folded.replace("@", " ").split()}
    return {word for word in words if len(word) >= 4}


def _is_sequence(folded: str) -> bool:
    runs = [run + run for run in _SEQUENCES] + [(run + run)[::-1] for run in _SEQUENCES]
    return any(folded in run or (folded[:10] in run and folded[-5:] in run) for run in runs)


def _only_common(letters: str) -> bool:
    """Whether at most four letters are left when common words are cut out, the longest first."""
    if not letters:
        return True  # digits and signs alone
    left = letters
    for word in sorted(_COMMON, key=len, reverse=True):
        left = left.replace(word, " ")
    return left != letters and len(left.replace(" ", "")) <= 4
