"""The secrets of an installation: made once by `init`, kept as files of mode 0600 that only its account reads."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from indelible.home import key_lock
from indelible.home.layout import Home, HomeProblem, write_once

ACTOR_KEY: Final = "actor-token.pem"
SEALER_KEY: Final = "sealer.pem"
SEALER: Final = "sealer"
SERVICE: Final = "service"
KEY_FILES: Final = {SEALER: SEALER_KEY, SERVICE: ACTOR_KEY}
"""The file of each signing key, by its use."""
_NEXT: Final = "sealer-next.pem"
_PROPOSED_SECRET: Final = "django-secret-proposed"  # noqa: S105  (a file name)
TRAIL_SECRET: Final = "trail-secret"  # noqa: S105  (a file name)
DJANGO_SECRET: Final = "django-secret"  # noqa: S105  (a file name)
DATABASE_ROLES: Final = ("postgres", "indelible_owner", "indelible_app", "indelible_seal", "indelible_verify")


def create(home: Home) -> None:
    """Make every secret that is not there yet; one that is there is never touched."""
    for name in (ACTOR_KEY, SEALER_KEY):
        _keep(home, name, _new_signing_key())
    for name in (TRAIL_SECRET, DJANGO_SECRET, *(_role_file(role) for role in DATABASE_ROLES)):
        _keep(home, name, secrets.token_hex(32).encode())


def lock_all(home: Home) -> int:
    """Puts every secret under the lock named now, from the clear or the former lock (home.key_lock); how many were not yet.

    Each file whole or not at all: one that was broken off is run again. Raises HomeProblem, and changes no further file.
    """
    changed = 0
    for path in secret_files(home):
        if (content := key_lock.relocked(home, path, _raw(path))) is not None:
            staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            write_once(staged, content)
            _replace(staged, path)
            changed += 1
    return changed


def is_lock_begun(home: Home) -> bool:
    """Whether some secret is under the lock named now already."""
    return any(key_lock.fits(home, _raw(path)) for path in secret_files(home))


def secret_files(home: Home) -> list[Path]:
    """Every file of this home that holds a secret, in order of name."""
    wanted = {ACTOR_KEY, SEALER_KEY, _NEXT, TRAIL_SECRET, DJANGO_SECRET, _PROPOSED_SECRET}
    found = [path for path in home.keys.iterdir() if not path.name.startswith(".")]
    return sorted(
        path
        for path in found
        if path.name in wanted or path.name.startswith("database-") or path.name.endswith("-proposed.pem")
    )


def app_signing_key(home: Home) -> Ed25519PrivateKey:
    """The service's key for actor tokens (ledger.md 3.1)."""
    return _signing_key(home, ACTOR_KEY)


def sealer_key(home: Home) -> Ed25519PrivateKey:
    """The key that signs checkpoints of the ledger (ledger.md 3.4)."""
    return _signing_key(home, SEALER_KEY)


def sealer_key_beside(home: Home) -> Ed25519PrivateKey | None:
    """The sealer's new key while its change is under way: both sign (an overlap); None at other times."""
    return _signing_key(home, _NEXT) if (home.keys / _NEXT).exists() else None


def former_keys(home: Home, use: str) -> list[bytes]:
    """The public halves (32 bytes each) of keys of this use that no longer sign, oldest first; kept for ever."""
    path = home.keys / f"{use}-former"
    return [bytes.fromhex(line) for line in path.read_text().split()] if path.exists() else []


def proposed_key(home: Home, use: str) -> Ed25519PrivateKey | None:
    """A new key of this use that is on disk and counts for nothing yet; None where there is none."""
    name = f"{use}-proposed.pem"
    return _signing_key(home, name) if (home.keys / name).exists() else None


def propose_key(home: Home, use: str) -> Ed25519PrivateKey:
    """Makes one; one that is there already, of a change that was broken off, is made anew."""
    path = home.keys / f"{use}-proposed.pem"
    path.unlink(missing_ok=True)
    write_once(path, key_lock.locked(home, _new_signing_key()))
    return _signing_key(home, path.name)


def take_up(home: Home, use: str) -> None:
    """The proposed key counts from now on: the sealer's beside the present one, the service's in its place."""
    proposed = home.keys / f"{use}-proposed.pem"
    if use == SEALER:
        _replace(proposed, home.keys / _NEXT)
        return
    _remember(home, use)
    _replace(proposed, home.keys / KEY_FILES[use])


def end_overlap(home: Home) -> None:
    """The sealer's new key alone signs from now on; of the old one the public half is kept and the private one destroyed."""
    _remember(home, SEALER)
    _replace(home.keys / _NEXT, home.keys / SEALER_KEY)


def _remember(home: Home, use: str) -> None:
    """The public half of the present key among the former ones, once, on disk before anything else happens."""
    public = _signing_key(home, KEY_FILES[use]).public_key().public_bytes_raw()
    known = former_keys(home, use)
    if public not in known:
        staged = home.keys / f".{use}-former.{secrets.token_hex(4)}"
        write_once(staged, "".join(f"{one.hex()}\n" for one in [*known, public]).encode())
        _replace(staged, home.keys / f"{use}-former")


def _replace(old: Path, new: Path) -> None:
    """Renames durably."""
    old.replace(new)
    folder = os.open(new.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def trail_secret(home: Home) -> bytes:
    """32 bytes that key the digests of secret columns in the trail."""
    return bytes.fromhex(_read(home, TRAIL_SECRET).decode())


def django_secret(home: Home) -> str:
    """The service's secret: Django's SECRET_KEY, and what secrets kept in the database are encrypted under."""
    return _read(home, DJANGO_SECRET).decode()


def proposed_secret(home: Home) -> str | None:
    """A new secret of the service that is on disk and counts for nothing yet; None where there is none."""
    return _read(home, _PROPOSED_SECRET).decode() if (home.keys / _PROPOSED_SECRET).exists() else None


def propose_secret(home: Home) -> str:
    """Makes one; one that is there already, of a change that was broken off, is made anew."""
    (home.keys / _PROPOSED_SECRET).unlink(missing_ok=True)
    _keep(home, _PROPOSED_SECRET, secrets.token_hex(32).encode())
    return _read(home, _PROPOSED_SECRET).decode()


def take_up_secret(home: Home) -> None:
    """The proposed secret counts from now on, in the place of the old one, which is destroyed."""
    _replace(home.keys / _PROPOSED_SECRET, home.keys / DJANGO_SECRET)


def database_secret(home: Home, role: str) -> str:
    """The password of one database role of the embedded server."""
    return _read(home, _role_file(role)).decode()


def _role_file(role: str) -> str:
    return f"database-{role}"


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _signing_key(home: Home, name: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(_read(home, name), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise HomeProblem(f"{home.keys / name} is not an Ed25519 key. Put back the file that `init` made.")
    return key


def _keep(home: Home, name: str, content: bytes) -> None:
    with suppress(FileExistsError):
        write_once(home.keys / name, key_lock.locked(home, content))


def _read(home: Home, name: str) -> bytes:
    """The secret in a file of the home; raises HomeProblem as `_raw`, or where its lock does not fit."""
    path = home.keys / name
    return key_lock.opened(home, path, _raw(path)).strip()


def _raw(path: Path) -> bytes:
    """The file's bytes; raises HomeProblem when it is missing, closed to us or open to others."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except FileNotFoundError:
        raise HomeProblem(
            f"The key {path} is missing. Put back the file from a copy of this home; `indelible init` makes it on a new one."
        ) from None
    except PermissionError:
        raise HomeProblem(
            f"The key {path} belongs to another account; run as the one that made it."
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise HomeProblem(f"The key {path} can be read by other accounts. Close it with: chmod 600 {path}")
    return content
