"""The operating-system account of the embedded database: an unprivileged one, also where the product runs as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from indelible.home.layout import HomeProblem

ACCOUNT_VARIABLE: Final = "INDELIBLE_DATABASE_ACCOUNT"
DEFAULT_ACCOUNT: Final = "nobody"
_ENVIRONMENT: Final[Mapping[str, str]] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """Who the server process is. `switch`: we are root and become this account by setuid."""

    uid: int
    gid: int
    switch: bool

    def run(self, command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this account, from `/`, without our environment."""
        return subprocess.run(  # noqa: S603  (our own fixed commands)
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=dict(_ENVIRONMENT),
            **self._identity(),
            **options,
        )

    def start(self, command: Sequence[str | Path], *, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a server as this account in a session of its own, so that a terminal's Ctrl-C is not its own."""
        return subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=dict(_ENVIRONMENT),
            start_new_session=True,
            **self._identity(),
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can pass through the folder and all above it; asked of the system, not computed."""
        return not self.switch or self.run(["test", "-x", folder]).returncode == 0

    def can_run(self, program: Path) -> bool:
        """Whether this account can reach the program and it runs here; tried with `--version`."""
        try:
            return self.run([program, "--version"]).returncode == 0
        except OSError:
            return False

    def make_folder(self, folder: Path) -> None:
        """A new or existing folder of this account's own, mode 0700."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != self.uid:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    def write_file(self, path: Path, content: str) -> None:
        """A file of this account's own, mode 0600; replaces what is there."""
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def _identity(self) -> dict[str, Any]:
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account() -> Account:
    """Our own account, or, as root, `nobody` (or INDELIBLE_DATABASE_ACCOUNT); raises HomeProblem when unknown."""
    if os.geteuid() != 0:
        return _own_account()
    name = os.environ.get(ACCOUNT_VARIABLE) or DEFAULT_ACCOUNT
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise HomeProblem(
            f"There is no account {name!r} to run the database as. Set {ACCOUNT_VARIABLE}."
        ) from None
    if entry.pw_uid == 0:
        raise HomeProblem(
            f"PostgreSQL does not run as root. Set {ACCOUNT_VARIABLE} to an unprivileged account."
        )
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def _own_account() -> Account:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise HomeProblem(
            f"User id {os.geteuid()} has no name in this system's account list, which PostgreSQL needs. "
            "Run as an account that has one, or set INDELIBLE_DATABASE_URL to a server of your own."
        ) from None
    return Account(os.geteuid(), os.getegid(), switch=False)
