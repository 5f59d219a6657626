"""The folder of the database's socket: ours alone (0700), short enough for the system's limit of 107 bytes."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from indelible.home.account import Account
from indelible.home.layout import Home

_LONGEST: Final = 107 - len("/.s.PGSQL.5432.lock")


def recorded(home: Home) -> Path:
    """The folder in use, or last used; before the first start the one inside the database's folder."""
    try:
        return Path(home.socket_record.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return home.database / "socket"


def prepare(home: Home, account: Account) -> Path:
    """A folder for the socket that only the server's account (and root) can enter, noted in the home.

    Inside the database's folder where that path is short enough; else a folder with a random name below
    XDG_RUNTIME_DIR or the system's temporary folder, the same one again as long as it is still ours.
    """
    inside = home.database / "socket"
    if len(os.fsencode(inside)) <= _LONGEST:
        account.make_folder(inside)
        return _record(home, inside)
    before = recorded(home)
    if before != inside and _is_ours(before, account):
        return before
    return _record(home, _short_folder(account))


def _short_folder(account: Account) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = (
        bool(runtime) and not account.switch and Path(runtime).is_dir() and len(os.fsencode(runtime)) < 60
    )
    folder = Path(tempfile.mkdtemp(prefix="indelible-", dir=runtime if usable else "/tmp"))  # noqa: S108
    account.make_folder(folder)
    return folder


def _is_ours(folder: Path, account: Account) -> bool:
    """Whether the noted folder is still a real folder, closed, of the server's account: names can be squatted."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return (
        stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and stat.S_IMODE(found.st_mode) == 0o700
    )


def _record(home: Home, folder: Path) -> Path:
    home.socket_record.write_text(f"{folder}\n", encoding="utf-8")
    return folder
