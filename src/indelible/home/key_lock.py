"""The lock of the keys: every secret of a home encrypted under one secret that lies elsewhere (URS-OPN-04, 21 CFR 11.30).

The lock is named by INDELIBLE_KEY_LOCK_FILE (or INDELIBLE_KEY_LOCK, its text), never in the home's own settings. Where one is
named no secret is read or written in the clear; where none is, a locked one is not read. Keys are derived by scrypt
(RFC 7914), files are Fernet tokens (AES-128-CBC with HMAC-SHA-256).
"""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from indelible.home.layout import Home, HomeProblem

VARIABLE: Final = "INDELIBLE_KEY_LOCK"
FORMER: Final = "INDELIBLE_KEY_LOCK_FORMER"
"""Names the lock that was in force before, while the files are put under another."""
FEWEST: Final = 20
"""Characters that a lock has at least."""
_HEAD: Final = b"indelible locked 1\n"


def is_named() -> bool:
    """Whether a lock is named for this process."""
    return bool(os.environ.get(VARIABLE) or os.environ.get(f"{VARIABLE}_FILE"))


def is_locked(content: bytes) -> bool:
    """Whether a file's bytes are a locked secret."""
    return content.startswith(_HEAD)


def locked(home: Home, content: bytes) -> bytes:
    """The secret as it goes to disk: under the lock where one is named. Raises HomeProblem for a lock that cannot be used."""
    lock = _lock(home, VARIABLE)
    return content if lock is None else _HEAD + lock.encrypt(content)


def opened(home: Home, path: Path, content: bytes) -> bytes:
    """The secret in a file's bytes; HomeProblem where it lies in the clear under a named lock, or the lock does not fit."""
    lock = _lock(home, VARIABLE)
    if lock is None and is_locked(content):
        raise HomeProblem(
            f"The key {path} is locked. Name the file that holds the lock in {VARIABLE}_FILE; without it nothing starts."
        )
    if lock is None:
        return content
    if not is_locked(content):
        raise HomeProblem(
            f"The key {path} lies in the clear though a lock is named. Run `indelible keys lock` with the service stopped."
        )
    found = _unlocked(lock, content)
    if found is None:
        raise HomeProblem(
            f"The lock named by {VARIABLE} does not open {path}: it is another one, or the file was changed. "
            "Nothing starts and nothing is written until the right one is named."
        )
    return found


def fits(home: Home, content: bytes) -> bool:
    """Whether a file's bytes are a secret under the lock named now."""
    lock = _lock(home, VARIABLE)
    return lock is not None and is_locked(content) and _unlocked(lock, content) is not None


def relocked(home: Home, path: Path, content: bytes) -> bytes | None:
    """The same secret under the lock named now, from the clear or from under the former lock; None where it is already."""
    lock, former = _lock(home, VARIABLE), _lock(home, FORMER)
    if lock is None:
        raise HomeProblem(f"Name the file that shall be the lock in {VARIABLE}_FILE.")
    if not is_locked(content):
        return _HEAD + lock.encrypt(content)
    if _unlocked(lock, content) is not None:
        return None
    found = _unlocked(former, content) if former else None
    if found is None:
        raise HomeProblem(
            f"{path} is under another lock. Name that one in {FORMER}_FILE, so that it can be opened a last time."
        )
    return _HEAD + lock.encrypt(found)


def _unlocked(lock: Fernet, content: bytes) -> bytes | None:
    try:
        return lock.decrypt(content.removeprefix(_HEAD))
    except InvalidToken:
        return None


@contextmanager
def as_before() -> Iterator[None]:
    """Inside it the former lock is in force, or none where none is named: the keys are read as they still are."""
    kept = {name: os.environ.pop(name, None) for name in (VARIABLE, f"{VARIABLE}_FILE")}
    for name, former in ((VARIABLE, FORMER), (f"{VARIABLE}_FILE", f"{FORMER}_FILE")):
        if value := os.environ.get(former):
            os.environ[name] = value
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _lock(home: Home, variable: str) -> Fernet | None:
    secret = os.environ.get(variable, "")
    if path := os.environ.get(f"{variable}_FILE"):
        secret = _from_file(home, Path(path), f"{variable}_FILE")
    if not secret:
        return None
    if len(secret) < FEWEST:
        raise HomeProblem(f"The lock named by {variable} is too short: {FEWEST} characters at least.")
    return _derived(secret, home.id)


def _from_file(home: Home, path: Path, variable: str) -> str:
    """The lock's text; HomeProblem where it lies in the home it locks, or others can read it."""
    if path.resolve().is_relative_to(home.root.resolve()):
        raise HomeProblem(f"{variable} names {path}, inside the home it locks. Keep it elsewhere.")
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise HomeProblem(f"{variable} names {path}, which cannot be read: {error}.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise HomeProblem(f"{path} can be read by other accounts. Close it with: chmod 600 {path}")
    if not text:
        raise HomeProblem(f"{variable} names {path}, which is empty.")
    return text


@lru_cache(maxsize=8)
def _derived(secret: str, salt: str) -> Fernet:
    raw = Scrypt(salt=salt.encode(), length=32, n=2**15, r=8, p=1).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(raw))
