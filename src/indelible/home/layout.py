"""Where an installation keeps what: one folder, named by INDELIBLE_HOME, with the same inner names everywhere."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOME_VARIABLE: Final = "INDELIBLE_HOME"
DEFAULT_HOME: Final = "var"


class HomeProblem(Exception):  # noqa: N818  (it is read aloud to the operator: one sentence, what to do)
    """Something about the installation's folder or its database that the operator must put right."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one installation; nothing is created before `create()`.

    `keys` and `sealer` are for the service's own account alone (mode 0700). `database` may lie outside the
    home, where a pointer file says so: an unprivileged server cannot live below a closed folder.
    """

    root: Path

    @property
    def keys(self) -> Path:
        """Secrets of this installation, each a file of mode 0600."""
        return self.root / "keys"

    @property
    def files(self) -> Path:
        """Attachments by their SHA-256."""
        return self.root / "files"

    @property
    def logs(self) -> Path:
        """Structured logs of the service and the log of the embedded database."""
        return self.root / "logs"

    @property
    def sealer(self) -> Path:
        """The sealer's own state: its last checkpoint and the right edge of the tree."""
        return self.root / "sealer"

    @property
    def places(self) -> Path:
        """Lock files of what only a few processes may do at once."""
        return self.root / "places"

    @property
    def pointer(self) -> Path:
        """File that names the database's folder where that lies outside the home."""
        return self.root / "database.path"

    @property
    def database(self) -> Path:
        """Folder of the embedded database: `data`, and `socket` where its path is short enough."""
        if self.pointer.exists():
            return Path(self.pointer.read_text(encoding="utf-8").strip())
        return self.root / "database"

    @property
    def socket_record(self) -> Path:
        """File that names the folder of the database's socket while a server runs or last ran."""
        return self.root / "socket.path"

    @property
    def lock(self) -> Path:
        """File whose lock the one running service of this home holds."""
        return self.root / "lock"

    @property
    def configuration(self) -> Path:
        """The operator's settings: addresses, paths, secrets; never a rule (decision D8)."""
        return self.root / "indelible.toml"

    @property
    def id(self) -> str:
        """Random name of this installation, made once by `create()`; raises HomeProblem before that."""
        try:
            return (self.root / "id").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise HomeProblem(
                f"{self.root} holds no installation yet. Run `indelible init` first, or name another folder "
                f"with --home or {HOME_VARIABLE}."
            ) from None

    def exists(self) -> bool:
        """Whether an installation was created here."""
        return (self.root / "id").exists()

    def create(self) -> None:
        """Make the folder and its closed parts; leaves the mode of what is already there alone."""
        try:
            _make(self.root, 0o711 if os.geteuid() == 0 else 0o700)
            for folder in (self.keys, self.files, self.logs, self.sealer, self.places):
                _make(folder, 0o700)
            if not self.exists():
                write_once(self.root / "id", secrets.token_hex(8).encode())
        except PermissionError as error:
            raise HomeProblem(
                f"{error.filename} cannot be written by this account. Choose a folder of your own with "
                f"--home or {HOME_VARIABLE}."
            ) from None


def find_home() -> Home:
    """The home named by INDELIBLE_HOME, else `var` in the current folder; as an absolute path."""
    return Home(Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME).absolute())


def write_once(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600, whole or not at all; raises FileExistsError when it is there."""
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(staged, path)
    finally:
        staged.unlink()


def _make(folder: Path, mode: int) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
